import { archiveSource } from "./archive_source.ts";
import type { HostFile, HostSource } from "./host_source.ts";
import { gunzip, logText } from "../../_log_text.ts";
import { BLOCK, isHeader } from "./_tar.ts";

/** A text of a CPU is looked for in so much of the beginning; 400 logical processors fit. */
const HEAD_BYTES = 2 ** 20;

/** A line of `/proc/cpuinfo`, of `lscpu`, of `lscpu -J`. */
const CPU_LINE = /^\s*(?:vendor_id\s*|Vendor ID):|"field":\s*"Vendor ID:"/m;

/**
 * Reads what is at hand of a machine, recognised by its content: a snapshot archive, or a text, packed
 * with gzip or not. A text is the kernel log, or something around one, such as canonical's system report; it may be
 * `lscpu` or `/proc/cpuinfo` too.
 *
 * @param bytes The file, read once.
 * @returns The source. Its `files` throws a SyntaxError if the file is binary or cut,
 * and a RangeError if it is empty or the archive holds nothing of a machine.
 *
 * @example
 * ```ts
 * import { audit, fileSource } from "@tdx/host";
 * import { emr } from "@tdx/platform-emr";
 * import { assertEquals } from "@std/assert";
 *
 * const log = `[    0.000000] Linux version 6.17.2 (made up for an example)
 * [    0.300000] smpboot: CPU0: INTEL(R) XEON(R) (family: 0x6, model: 0xcf, stepping: 0x2)
 * [    5.200000] virt/tdx: BIOS enabled: private KeyID range [64, 128)
 * [   29.800000] virt/tdx: module initialized
 * `;
 * const { verdict } = await audit(fileSource(new Blob([log]).stream()), [emr]);
 * assertEquals(verdict, "pays-rightly");
 * ```
 */
export function fileSource(bytes: AsyncIterable<Uint8Array>): HostSource {
  return {
    async *files(paths: readonly string[]): AsyncGenerator<HostFile> {
      const packed = await peek(bytes, BLOCK);
      if (packed.head.length === 0) {
        throw new RangeError("Expected a snapshot archive or a kernel log, got nothing");
      }
      const gzip = packed.head[0] === 0x1f && packed.head[1] === 0x8b;
      const { head, whole } = gzip ? await peek(unpacked(packed.whole), BLOCK) : packed;
      if (isHeader(head.subarray(0, BLOCK))) yield* archiveSource(whole).files(paths);
      else yield* textFiles(whole, paths);
    },
  };
}

async function* textFiles(
  bytes: AsyncIterable<Uint8Array>,
  paths: readonly string[],
): AsyncGenerator<HostFile> {
  const encoder = new TextEncoder();
  async function* decoded(): AsyncGenerator<Uint8Array> {
    const text = logText(bytes, "the file", (message) => {
      throw new SyntaxError(message);
    });
    for await (const piece of text) yield encoder.encode(piece);
  }
  // Where it is no text, that is said now.
  const { head, whole } = await peek(decoded(), HEAD_BYTES);
  const start = lines(head);
  for (const path of paths) {
    if (path === "proc/cpuinfo" && CPU_LINE.test(start)) {
      yield { path, state: "present", bytes: new Blob([start]).stream() };
    } else if (path === "dmesg") yield { path, state: "present", bytes: whole };
    else yield { path, state: "unreadable", reason: "it is not in the text" };
  }
}

async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* gunzip(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`Expected whole gzip data, got data that breaks off: ${reason}`);
  }
}

/** Looks at the first bytes, `size` or more where there are so many, without losing them. */
async function peek(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
): Promise<{ readonly head: Uint8Array; readonly whole: AsyncIterable<Uint8Array> }> {
  const chunks = bytes[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  for (let left = size; left > 0;) {
    const { value, done } = await chunks.next();
    if (done) break;
    taken.push(value);
    left -= value.length;
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield* taken;
    for (let step = await chunks.next(); !step.done; step = await chunks.next()) yield step.value;
  }
  const head = await new Blob(taken as BlobPart[]).arrayBuffer();
  return { head: new Uint8Array(head), whole: whole() };
}

/** The text up to the last line end, where it is not all: the line behind it may be cut. */
function lines(head: Uint8Array): string {
  const text = new TextDecoder().decode(head);
  return head.length < HEAD_BYTES ? text : text.slice(0, text.lastIndexOf("\n") + 1);
}

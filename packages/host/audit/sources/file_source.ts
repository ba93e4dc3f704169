import { archiveSource } from "./archive_source.ts";
import type { HostFile, HostSource } from "./host_source.ts";
import { BLOCK, isHeader } from "./_tar.ts";

/** A text of a CPU is looked for in so much of the beginning; 400 logical processors fit. */
const HEAD_BYTES = 2 ** 20;

/** A line of `/proc/cpuinfo`, of `lscpu`, of `lscpu -J`. */
const CPU_LINE = /^\s*(?:vendor_id\s*|Vendor ID):|"field":\s*"Vendor ID:"/m;

/**
 * Reads what is at hand of a machine, recognised by its content: a snapshot archive, or a text. A
 * text is the kernel log, or something around one, such as canonical's system report; it may be
 * `lscpu` or `/proc/cpuinfo` too.
 *
 * @param bytes The file, read once.
 * @returns The source. Its `files` throws a SyntaxError if the file is binary or the archive is cut,
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
      const chunks = bytes[Symbol.asyncIterator]();
      const head = await takeHead(chunks);
      const whole = joined(head, chunks);
      if (isArchive(head)) return yield* archiveSource(whole).files(paths);
      if (head.length === 0) {
        throw new RangeError("Expected a snapshot archive or a kernel log, got nothing");
      }
      const start = lines(head);
      if (start.includes("\0")) {
        throw new SyntaxError("Expected a snapshot archive or a kernel log, got binary data");
      }
      for (const path of paths) {
        if (path === "proc/cpuinfo" && CPU_LINE.test(start)) {
          yield { path, state: "present", bytes: new Blob([start]).stream() };
        } else if (path === "dmesg") yield { path, state: "present", bytes: whole };
        else yield { path, state: "unreadable", reason: "it is not in the text" };
      }
    },
  };
}

async function takeHead(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for (let size = 0; size < HEAD_BYTES;) {
    const { value, done } = await chunks.next();
    if (done) break;
    pieces.push(value);
    size += value.length;
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

async function* joined(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let step = await chunks.next(); !step.done; step = await chunks.next()) yield step.value;
}

/** gzip data is for the archive to refuse. */
function isArchive(head: Uint8Array): boolean {
  return isHeader(head.subarray(0, BLOCK)) || (head[0] === 0x1f && head[1] === 0x8b);
}

/** The text up to the last line end: the line behind it may be cut. */
function lines(head: Uint8Array): string {
  const text = new TextDecoder().decode(head);
  return head.length < HEAD_BYTES ? text : text.slice(0, text.lastIndexOf("\n") + 1);
}

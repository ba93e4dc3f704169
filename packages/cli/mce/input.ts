import { showSize } from "@tdx/core";
import {
  folderSource,
  type LoggedMachineCheck,
  type LogListener,
  type MachineCheckFormat,
  readMachineChecks,
  readRasdaemon,
} from "@tdx/host";
import { openInput } from "../shell/input.ts";
import type { Output, Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";
import { DATABASE } from "./options.ts";

type Bytes = AsyncIterable<Uint8Array>;

/** How every SQLite database begins. */
const SQLITE = "SQLite format 3\0";
const PROGRESS_BYTES = 64 * 2 ** 20;

/**
 * Reads the records of a file as they come.
 *
 * @param name What messages call the file.
 * @param format Its form; `undefined` to tell it by the content.
 * @throws {UsageError} If it cannot be read, saying why.
 */
export async function* readRecords(
  path: string,
  name: string,
  format: MachineCheckFormat | typeof DATABASE | undefined,
  stdio: Stdio,
  listener: LogListener,
): AsyncGenerator<LoggedMachineCheck> {
  if (format === DATABASE) return yield* readDatabase(path);
  const [head, bytes] = await beginning(await openInput(path, stdio));
  if (format === undefined && head.startsWith(SQLITE)) return yield* readDatabase(path);
  const options = { name, ...listener, ...(format !== undefined && { format }) };
  yield* readMachineChecks(counted(bytes, stdio), options);
}

/**
 * Reads the kernel log of an audit snapshot.
 *
 * @throws {UsageError} If the snapshot has none.
 */
export async function* readSnapshot(
  root: string,
  output: Output,
  listener: LogListener,
): AsyncGenerator<LoggedMachineCheck> {
  for await (const file of folderSource(root).files(["dmesg"])) {
    if (file.state !== "present") {
      const reason = file.state === "absent" ? "it has no file dmesg" : file.reason;
      throw new UsageError(`Expected a kernel log in ${root}: ${reason}`);
    }
    yield* readMachineChecks(counted(file.bytes, output), { name: `${root}/dmesg`, ...listener });
  }
}

async function* readDatabase(path: string): AsyncGenerator<LoggedMachineCheck> {
  if (path === "-") {
    throw new UsageError("Expected the file of the database, got standard input");
  }
  try {
    yield* readRasdaemon(path);
  } catch (error) {
    const sqlite = error instanceof Error && error.cause !== undefined;
    throw sqlite ? new UsageError(error.message) : error;
  }
}

/** Looks at the first piece without losing it. */
async function beginning(bytes: ReadableStream<Uint8Array>): Promise<[string, Bytes]> {
  const pieces = bytes[Symbol.asyncIterator]();
  const first = await pieces.next();
  const head = first.done ? "" : new TextDecoder("latin1").decode(first.value.subarray(0, 16));
  return [
    head,
    (async function* () {
      if (!first.done) yield first.value;
      for (;;) {
        const next = await pieces.next();
        if (next.done) return;
        yield next.value;
      }
    })(),
  ];
}

/** Shows on the terminal how much has been read. */
async function* counted(bytes: Bytes, output: Output): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const piece of bytes) {
    yield piece;
    const before = Math.floor(read / PROGRESS_BYTES);
    read += piece.length;
    if (Math.floor(read / PROGRESS_BYTES) > before) output.progress(`${showSize(read)} read`);
  }
}

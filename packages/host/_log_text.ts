import type { TextChunks } from "./_line_batches.ts";
import { unzstd } from "./_zstd.ts";

/** A log: a text, whole or in pieces of any size, or its bytes, packed or not. */
export type LogChunks = TextChunks | AsyncIterable<Uint8Array>;

/** Notes what is wrong with a log as a whole, as `name: Expected …`. */
export type NoteDamage = (message: string) => void;

type Bytes = AsyncIterable<Uint8Array>;

/** So many bytes are looked at to tell what a file is. */
const HEAD_BYTES = 512;

/** What a file begins with that is not the text itself. */
interface Container {
  readonly magic: string;
  readonly called: string;
  /** Unpacks it; absent where another program has to. */
  readonly unpack?: (bytes: Bytes) => Bytes;
  /** What to run, where another program has to unpack it. */
  readonly run?: string;
}

const CONTAINERS: readonly Container[] = [
  { magic: "\x1f\x8b", called: "gzip", unpack: gunzip },
  { magic: "\x28\xb5\x2f\xfd", called: "zstd", unpack: unzstd },
  { magic: "\xfd7zXZ\0", called: "an xz file", run: "xz -dc" },
  { magic: "BZh", called: "a bzip2 file", run: "bzip2 -dc" },
  { magic: "\x04\x22\x4d\x18", called: "an lz4 file", run: "lz4 -dc" },
  { magic: "PK\x03\x04", called: "a zip file", run: "unzip -p" },
  { magic: "LPKSHHRH", called: "a file of the journal", run: "journalctl -k -o short --file" },
  { magic: "\x17\x08\x44tracing", called: "a file of trace-cmd", run: "trace-cmd report -i" },
  { magic: "PERFILE2", called: "a file of perf", run: "perf script -i" },
  { magic: "SQLite format 3\0", called: "a database" },
  { magic: "\x7fELF", called: "a program or a core dump" },
  { magic: "KDUMP   ", called: "a crash dump" },
];

/**
 * Reads a log as a text, whatever it is packed in: gzip, zstd, UTF-8 or UTF-16.
 *
 * What it is, its first bytes tell. What is packed and ends early is read as far as it goes, and
 * `damaged` is told. Memory is bounded by what one piece unpacks to.
 *
 * @throws {SyntaxError} `name: Expected a text, got …` if it is binary, or packed in a way that
 * another program has to unpack, which is named.
 */
export async function* logText(
  chunks: LogChunks,
  name: string,
  damaged: NoteDamage,
): AsyncGenerator<string> {
  if (typeof chunks === "string") return yield chunks;
  const { head, whole } = await beginning(iterate(chunks));
  if (head === undefined) return yield* whole as AsyncIterable<string>;
  const start = latin1(head);
  const container = CONTAINERS.find(({ magic }) => start.startsWith(magic));
  if (container === undefined) return yield* decoded(whole as Bytes, decoderFor(head, name));
  const { called, unpack, run } = container;
  if (unpack === undefined) {
    throw new SyntaxError(
      `${name}: Expected a text, got ${called}${run && `: give - instead, and pipe ${run} in`}`,
    );
  }
  try {
    // What is packed twice is no log.
    const unpacked = await beginning(unpack(whole as Bytes)[Symbol.asyncIterator]());
    yield* decoded(unpacked.whole as Bytes, decoderFor(unpacked.head!, name));
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    damaged(`${name}: Expected all of the packed text, got ${called} that breaks off: ${reason}`);
  }
}

/** Looks at the first bytes without losing them; pieces of a text have no `head`. */
async function beginning(
  pieces: AsyncIterator<string | Uint8Array>,
): Promise<{ head?: Uint8Array; whole: AsyncIterable<string | Uint8Array> }> {
  const taken: Uint8Array[] = [];
  for (let size = 0; size < HEAD_BYTES;) {
    const next = await pieces.next();
    if (next.done) break;
    if (typeof next.value === "string") return { whole: rest(pieces, [next.value]) };
    taken.push(next.value);
    size += next.value.length;
  }
  return { head: joined(taken).subarray(0, HEAD_BYTES), whole: rest(pieces, taken) };
}

/** Goes on with an iteration, after what was taken from it. */
async function* rest<T>(iterator: AsyncIterator<T>, taken: readonly T[]): AsyncGenerator<T> {
  yield* taken;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}

async function* iterate(chunks: Exclude<LogChunks, string>): AsyncGenerator<string | Uint8Array> {
  yield* chunks as AsyncIterable<string | Uint8Array>;
}

async function* decoded(bytes: Bytes, decoder: TextDecoder): AsyncGenerator<string> {
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

/** More control characters than one in so many bytes, and it is no text. */
const CONTROL_SHARE = 20;

/** What is not valid becomes U+FFFD. */
function decoderFor(head: Uint8Array, name: string): TextDecoder {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le");
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be");
  // Half of the bytes of UTF-16 are 0 in a text that is mostly ASCII.
  const zeros = [0, 0];
  head.forEach((byte, i) => byte === 0 && zeros[i & 1]!++);
  const [even, odd] = zeros as [number, number];
  if (odd > head.length / 4 && even * 8 < odd) return new TextDecoder("utf-16le");
  if (even > head.length / 4 && odd * 8 < even) return new TextDecoder("utf-16be");
  const controls = head.filter((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
  if (controls.length * CONTROL_SHARE <= head.length) return new TextDecoder();
  throw new SyntaxError(`${name}: Expected a text, got binary data`);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** `TextDecoder("latin1")` would decode Windows-1252. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** `DecompressionStream` loses all of a file that holds more than one part, as rotated logs do. */
export async function* gunzip(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  const { pipeline } = await import("node:stream");
  const unpacked = createGunzip();
  // The error comes out of the iteration too.
  pipeline(bytes, unpacked, () => {});
  yield* unpacked;
}

import { quote } from "../../_text_lines.ts";

/** A regular file in a tar archive. */
export interface TarEntry {
  readonly name: string;
  /** To be read before the next entry is asked for; what is left over is skipped. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Everything in a tar archive is a multiple of this many bytes (POSIX.1-1988, ustar). */
export const BLOCK = 512;
const REGULAR = ["0", ""];

/**
 * Reads the regular files of a tar archive, one after the other, without holding any of them.
 *
 * Folders, links and extended headers are skipped, so names over 255 bytes are not known.
 *
 * @throws {SyntaxError} If it is not a tar archive, or is cut.
 */
export async function* tarEntries(archive: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(archive);
  for (let first = true;; first = false) {
    const header = await reader.take(BLOCK);
    if (first) refuseOther(header);
    if (header.length < BLOCK) throw cut(`${BLOCK} bytes of a header`);
    if (header.every((byte) => byte === 0)) break;
    const { name, size, type } = decodeHeader(header);
    let left = size;
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      while (left > 0) {
        const chunk = await reader.some(left);
        if (chunk.length === 0) throw cut(`${left} more bytes of ${quote(name)}`);
        left -= chunk.length;
        yield chunk;
      }
    };
    if (REGULAR.includes(type)) yield { name, bytes: bytes() };
    // A fresh walk, because a reader that stopped early has ended the one it was given.
    for await (const _ of bytes());
    await reader.take((BLOCK - size % BLOCK) % BLOCK);
  }
  // The writer at the other end of a pipe pads the archive and must be able to finish.
  while ((await reader.some(2 ** 20)).length > 0);
}

function decodeHeader(header: Uint8Array): { name: string; size: number; type: string } {
  const text = (start: number, length: number) => textAt(header, start, length);
  const size = octalAt(header, 124, 12);
  if (!isHeader(header) || Number.isNaN(size)) {
    throw new SyntaxError(`Expected a tar header, got ${quote(text(0, 100))}`);
  }
  const prefix = text(257, 6) === "ustar" ? text(345, 155) : "";
  return {
    name: prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    size,
    type: text(156, 1),
  };
}

/** Whether a block is a tar header: it holds the sum of its bytes. */
export function isHeader(block: Uint8Array): boolean {
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return block.length === BLOCK && octalAt(block, 148, 8) === sum;
}

function textAt(header: Uint8Array, start: number, length: number): string {
  return new TextDecoder().decode(header.subarray(start, start + length)).split("\0", 1)[0]!;
}

function octalAt(header: Uint8Array, start: number, length: number): number {
  const digits = textAt(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number.NaN;
}

function refuseOther(start: Uint8Array): void {
  const gzip = start[0] === 0x1f && start[1] === 0x8b;
  if (!gzip && start.length > 0) return;
  throw new SyntaxError(
    `Expected a tar archive, got ${gzip ? "gzip data: unpack it first, with gzip -dc" : "nothing"}`,
  );
}

function cut(expected: string): SyntaxError {
  return new SyntaxError(`Expected ${expected}, got the end of the archive: it is cut`);
}

/** Takes pieces of a wished size out of a stream of bytes. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** The next bytes, between 1 and `max`, and 0 at the end. */
  async some(max: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done) return this.#rest;
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** The next `size` bytes, fewer at the end. */
  async take(size: number): Promise<Uint8Array> {
    const all = new Uint8Array(size);
    let taken = 0;
    while (taken < size) {
      const piece = await this.some(size - taken);
      if (piece.length === 0) break;
      all.set(piece, taken);
      taken += piece.length;
    }
    return all.subarray(0, taken);
  }
}

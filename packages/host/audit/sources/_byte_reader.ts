import { requireInstance } from "@tdx/core/arguments";

/** Takes pieces of a wished size out of a stream of bytes. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** The next bytes, between 1 and `max`; none at the end. */
  async some(max: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done) return this.#rest;
      requireInstance("a piece of bytes", value, Uint8Array);
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

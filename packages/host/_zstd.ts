/** Begins a frame, and one that is to be skipped (RFC 8878, 3.1). */
const MAGIC = 0xfd2fb528;
const SKIPPED = 0x184d2a50;

/**
 * Unpacks zstd, all frames of it, through `node:zlib`.
 *
 * The frames are taken apart here, because `node:zlib` drops all but the first one, and does not tell
 * where one is cut.
 *
 * @throws {Error} If it is damaged or ends early, or the runtime's `node:zlib` has no zstd.
 */
export async function* unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createZstdDecompress } = await import("node:zlib");
  const { pipeline } = await import("node:stream");
  const input = new Input(bytes);
  while (await input.fill(1)) {
    const unpacked = createZstdDecompress();
    // Errors come out of the iteration too.
    pipeline(frame(input), unpacked, () => {});
    yield* unpacked;
    if (input.cut) throw new Error("unexpected end of file");
  }
}

/** The bytes of one frame, as far as they are there. */
async function* frame(input: Input): AsyncGenerator<Uint8Array> {
  const magic = await input.take(4);
  if (magic === undefined) return;
  const number = littleEndian(magic);
  if ((number & 0xfffffff0) >>> 0 === SKIPPED) {
    const size = await input.take(4);
    for (let left = size === undefined ? 0 : littleEndian(size); left > 0; left -= 65_536) {
      if (await input.take(Math.min(left, 65_536)) === undefined) return;
    }
    return;
  }
  if (number !== MAGIC) throw new Error("no frame where one should begin");
  const [descriptor] = await input.take(1) ?? [];
  if (descriptor === undefined) return;
  const single = descriptor >> 5 & 1;
  const contentSize = descriptor >> 6 === 0 ? single : 1 << (descriptor >> 6);
  const header = await input.take(1 - single + [0, 1, 2, 4][descriptor & 3]! + contentSize);
  if (header === undefined) return;
  yield* [magic, Uint8Array.of(descriptor), header];
  for (let last = false; !last;) {
    const head = await input.take(3);
    if (head === undefined) return;
    const block = littleEndian(head);
    last = (block & 1) === 1;
    // A block of one byte that repeats holds that byte only.
    const content = await input.take((block >> 1 & 3) === 1 ? 1 : block >> 3);
    if (content === undefined) return;
    yield* [head, content];
  }
  const checksum = (descriptor >> 2 & 1) === 1 ? await input.take(4) : undefined;
  if (checksum !== undefined) yield checksum;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((number, byte) => number * 256 + byte, 0);
}

/** Bytes taken as many at a time as are wanted. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held = new Uint8Array();
  /** Whether there were fewer than were wanted. */
  cut = false;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  /** Whether there are so many. */
  async fill(count: number): Promise<boolean> {
    while (this.#held.length < count) {
      const next = await this.#pieces.next();
      if (next.done) return false;
      const all = new Uint8Array(this.#held.length + next.value.length);
      all.set(this.#held);
      all.set(next.value, this.#held.length);
      this.#held = all;
    }
    return true;
  }

  /** Takes the next ones. */
  async take(count: number): Promise<Uint8Array | undefined> {
    if (!await this.fill(count)) {
      this.cut = true;
      return undefined;
    }
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }
}

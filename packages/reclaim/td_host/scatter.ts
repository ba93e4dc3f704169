import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  CHUNK_BLOCKS,
  chunksOf,
  countBits,
  type FrameChunk,
} from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import { randomWords } from "./random.ts";

/** As many frames as scattered ones are picked from: 16 TiB. Their numbers are words of 32 bits. */
export const MOST_SCATTERED_FRAMES: number = 2 ** 32;

/**
 * Picks frames at random, every set of that size equally likely.
 *
 * @param frames How many there are to pick from, a multiple of 512 up to 2^32, which are 16 TiB.
 * @param count How many to pick.
 * @param seed A whole number; the same seed picks the same frames.
 * @returns The frames, ascending.
 * @throws {RangeError} If there are too many frames, or more are to be picked than there are.
 *
 * @example
 * ```ts
 * import { scatterFrames } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * const chunks = scatterFrames(2 ** 20, 1000, 7);
 * assertEquals(chunks.reduce((sum, { count }) => sum + count, 0), 1000);
 * ```
 */
export function scatterFrames(frames: number, count: number, seed: number): FrameChunk[] {
  requireWhole("count", count, 0);
  const random = randomWords(seed);
  if (!(frames % BLOCK_FRAMES === 0 && frames >= 0 && frames <= MOST_SCATTERED_FRAMES)) {
    throw new RangeError(
      `Expected a multiple of ${BLOCK_FRAMES} frames up to 2^32 to pick from, got ${frames}`,
    );
  }
  if (count > frames) {
    throw new RangeError(`Expected at most ${frames} frames to pick, got ${count}`);
  }
  // Where fewer than two are in a block of 2 MiB a list of them is less than a bitmap of all.
  if (count < frames / 256) return [...chunksOf(drawFew(frames, count, random))];
  // Of many frames, those that are left out are drawn.
  const many = count > frames / 2;
  const words = draw(frames, many ? frames - count : count, random);
  if (many) { for (let i = 0; i < words.length; i++) words[i] = ~words[i]!; }
  return chunksOfBitmap(words);
}

/** Bits of the share that coins are tossed for. */
const SHARE_BITS = 8;

/**
 * A bitmap in which `count` frames are set, at most half of them.
 *
 * A coin is tossed for each frame, 32 at a time, whose share of heads is about as wanted. Whatever
 * number comes up, every set of that size is equally likely; it stays so when one frame after the
 * other is drawn to be set or cleared until the number is right.
 */
function draw(frames: number, count: number, random: () => number): Uint32Array {
  const words = new Uint32Array(frames / 32);
  const share = Math.floor(count / frames * 2 ** SHARE_BITS);
  let set = 0;
  if (share > 0) {
    for (let i = 0; i < words.length; i++) words[i] = toss(share, random);
    for (let at = 0; at < words.length; at += BLOCK_WORDS) set += countBits(words, at);
  }
  const wanted = set < count ? 0 : 1;
  for (let left = Math.abs(count - set); left > 0;) {
    const frame = drawOne(frames, random);
    const word = words[frame >>> 5]!;
    if (((word >>> (frame & 31)) & 1) !== wanted) continue;
    words[frame >>> 5] = word ^ (1 << (frame & 31));
    left--;
  }
  return words;
}

/** Different frames, ascending: as many as are missing are drawn until no two are the same. */
function drawFew(frames: number, count: number, random: () => number): Uint32Array {
  const drawn = new Uint32Array(count);
  for (let different = 0; different < count;) {
    for (let i = different; i < count; i++) drawn[i] = drawOne(frames, random);
    drawn.sort();
    different = 1;
    for (let i = 1; i < count; i++) if (drawn[i] !== drawn[i - 1]) drawn[different++] = drawn[i]!;
  }
  return drawn;
}

function drawOne(frames: number, random: () => number): number {
  // The product is exact: a 32-bit number times one of at most 2^32, whose lowest 9 bits are 0.
  return Math.floor(random() * frames / 2 ** 32);
}

/** 32 coins, each heads with probability `share` / 2^{@link SHARE_BITS}. */
function toss(share: number, random: () => number): number {
  let heads = 0;
  // From the lowest bit that is set on, each halves what is so far and adds a half if it is set.
  for (let bit = share & -share; bit < 2 ** SHARE_BITS; bit *= 2) {
    heads = (share & bit) === 0 ? heads & random() : heads | random();
  }
  return heads;
}

/** Blocks without a frame are left out; what follows them in `words` takes their place. */
function chunksOfBitmap(words: Uint32Array): FrameChunk[] {
  const chunks: FrameChunk[] = [];
  let [frame, count, at, kept] = [0, 0, 0, 0];
  let places = new Uint32Array(CHUNK_BLOCKS);
  const end = () => {
    const blocks = (kept - at) / BLOCK_WORDS;
    if (blocks > 0) {
      chunks.push({ frame, count, value: 0, words, at, blocks, places, lasting: true });
    }
    [count, at, places] = [0, kept, new Uint32Array(CHUNK_BLOCKS)];
  };
  for (let from = 0; from < words.length; from += BLOCK_WORDS) {
    const held = countBits(words, from);
    if (held === 0) continue;
    if (kept === at) frame = from * 32;
    places[(kept - at) / BLOCK_WORDS] = (from * 32 - frame) / BLOCK_FRAMES;
    if (kept !== from) words.copyWithin(kept, from, from + BLOCK_WORDS);
    kept += BLOCK_WORDS;
    count += held;
    if (kept - at === CHUNK_BLOCKS * BLOCK_WORDS) end();
  }
  end();
  return chunks;
}

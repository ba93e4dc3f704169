import { BLOCK_FRAMES, BLOCK_WORDS, countBits, type FrameChunk } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import { randomNumbers } from "./random.ts";

/** Frame numbers are taken apart as 32-bit words. */
const MOST_FRAMES = 2 ** 32;
/** A block with scattered frames takes about 850 bytes to simulate, so these take about 3.5 GiB. */
const MOST_BLOCKS = 2 ** 22;

/**
 * Picks frames at random, every set of that size equally likely.
 *
 * @param frames How many there are to pick from, a multiple of 512 up to 2^32, which are 16 TiB.
 * @param count How many to pick.
 * @param seed A whole number; the same seed picks the same frames.
 * @returns The frames, a chunk for every 2 MiB block that has any, ascending.
 * @throws {RangeError} If there are too many frames, or too many blocks to simulate, or more are to
 * be picked than there are.
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
  const random = randomNumbers(seed);
  if (!(frames % BLOCK_FRAMES === 0 && frames >= 0 && frames <= MOST_FRAMES)) {
    throw new RangeError(
      `Expected a multiple of ${BLOCK_FRAMES} frames up to 2^32 to pick from, got ${frames}`,
    );
  }
  if (count > frames) {
    throw new RangeError(`Expected at most ${frames} frames to pick, got ${count}`);
  }
  if (Math.min(count, frames / BLOCK_FRAMES) > MOST_BLOCKS) {
    throw new RangeError(
      `Expected scattered frames in at most ${MOST_BLOCKS} blocks of 2 MiB, which take about ` +
        `3.5 GiB to simulate, got ${frames / BLOCK_FRAMES}: scatter over at most 8 TiB`,
    );
  }
  const words = new Uint32Array(frames / 32);
  // Few are struck one by one; of many, those that are left out.
  const many = count > frames / 2;
  strike(words, frames, many ? frames - count : count, random);
  if (many) { for (let i = 0; i < words.length; i++) words[i] = ~words[i]!; }
  return chunksOfBitmap(words);
}

function strike(words: Uint32Array, frames: number, count: number, random: () => number): void {
  for (let struck = 0; struck < count;) {
    const frame = Math.floor(random() * frames);
    const bit = 1 << (frame & 31);
    const before = words[frame >>> 5]!;
    if ((before & bit) !== 0) continue;
    words[frame >>> 5] = before | bit;
    struck++;
  }
}

function chunksOfBitmap(words: Uint32Array): FrameChunk[] {
  const chunks: FrameChunk[] = [];
  for (let at = 0; at < words.length; at += BLOCK_WORDS) {
    const count = countBits(words, at);
    if (count > 0) {
      const frame = (at / BLOCK_WORDS) * BLOCK_FRAMES;
      chunks.push({ frame, count, value: 0, words, at });
    }
  }
  return chunks;
}

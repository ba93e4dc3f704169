import { outOfRange, requireWhole } from "@tdx/core/arguments";

/**
 * Numbers that look random and are the same for the same seed (Mulberry32).
 *
 * @param seed A whole number.
 * @returns A source of numbers from 0 up to, not including, 1.
 * @throws {RangeError} If the seed is not whole.
 *
 * @example
 * ```ts
 * import { randomNumbers } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(randomNumbers(7)(), randomNumbers(7)());
 * ```
 */
export function randomNumbers(seed: number): () => number {
  const random = randomWords(seed);
  return () => random() / 2 ** 32;
}

/** The same as whole numbers of 32 bits. */
export function randomWords(seed: number): () => number {
  requireWhole("seed", seed, Number.MIN_SAFE_INTEGER);
  let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/**
 * Gaps between events that strike each place with one probability, geometrically distributed: one
 * draw an event, not one a place.
 *
 * @param rate The probability, from 0 to 1.
 * @param random A source of numbers from 0 up to, not including, 1.
 * @returns A source of gaps: whole numbers from 0, or `Infinity`.
 * @throws {RangeError} If the rate is not a share.
 *
 * @example
 * ```ts
 * import { gaps, randomNumbers } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gaps(1, randomNumbers(7))(), 0);
 * assertEquals(gaps(0, randomNumbers(7))(), Infinity);
 * assertEquals(gaps(0.5, () => 0.9)(), 3); // 0.5^4 <= 0.1 < 0.5^3
 * ```
 */
export function gaps(rate: number, random: () => number): () => number {
  if (!(rate >= 0 && rate <= 1)) throw outOfRange("rate", "from 0 to 1", rate);
  if (rate === 0) return () => Infinity;
  if (rate === 1) return () => 0;
  return () => {
    const gap = Math.floor(Math.log1p(-random()) / Math.log1p(-rate));
    return Number.isSafeInteger(gap) ? gap : Infinity;
  };
}

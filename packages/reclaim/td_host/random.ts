import { requireWhole } from "@tdx/core/arguments";

/**
 * Numbers that look random and are the same for the same seed (Mulberry32).
 *
 * @param seed A whole number.
 * @returns A source of numbers from 0 up to, not including, 1.
 * @throws {TypeError} Where the seed is no number.
 * @throws {RangeError} Where it is no whole one.
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
  requireWhole("seed", seed, Number.MIN_SAFE_INTEGER);
  let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Bitmaps of the frames of a 2 MiB block: {@link BLOCK_WORDS} words from an index `at` of an array.
 * These run in the innermost loops and check nothing.
 *
 * @module
 */

/** Frames in a 2 MiB block. */
export const BLOCK_FRAMES = 512;

/** 32-bit words in the bitmap of a 2 MiB block. */
export const BLOCK_WORDS: number = BLOCK_FRAMES / 32;

/** Whether a frame, given by its place in the block, is in the bitmap. */
export function hasBit(words: Uint32Array, at: number, place: number): boolean {
  return (words[at + (place >>> 5)]! >>> (place & 31) & 1) === 1;
}

/** Puts a frame into the bitmap. */
export function setBit(words: Uint32Array, at: number, place: number): void {
  words[at + (place >>> 5)]! |= 1 << (place & 31);
}

/** Takes a frame out of the bitmap. */
export function clearBit(words: Uint32Array, at: number, place: number): void {
  words[at + (place >>> 5)]! &= ~(1 << (place & 31));
}

/** Calls back with every place in the bitmap, ascending, counted from `first`. */
export function forEachBit(
  words: Uint32Array,
  at: number,
  first: number,
  visit: (place: number) => void,
): void {
  for (let i = 0; i < BLOCK_WORDS; i++) {
    for (let word = words[at + i]!; word !== 0; word &= word - 1) {
      visit(first + 32 * i + lowestBit(word));
    }
  }
}

/** The place of the frame that has `rank` of the bitmap's frames below it. */
export function nthBit(words: Uint32Array, at: number, rank: number): number {
  for (let i = 0, left = rank; i < BLOCK_WORDS; i++) {
    for (let word = words[at + i]!; word !== 0; word &= word - 1) {
      if (left-- === 0) return 32 * i + lowestBit(word);
    }
  }
  return BLOCK_FRAMES;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/**
 * Counts the frames of a bitmap.
 *
 * @param words Where the bitmap is.
 * @param at Index of its first word. The bitmap is {@link BLOCK_WORDS} words long.
 * @returns How many bits are set, 0 to 512.
 *
 * @example
 * ```ts
 * import { BLOCK_WORDS, countBits } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const words = new Uint32Array(2 * BLOCK_WORDS);
 * words[BLOCK_WORDS] = 0b1011;
 * assertEquals([countBits(words, 0), countBits(words, BLOCK_WORDS)], [0, 3]);
 * ```
 */
export function countBits(words: Uint32Array, at: number): number {
  let sums = 0;
  for (let i = 0; i < BLOCK_WORDS; i++) sums = addBits(sums, words[at + i]!);
  return sumOfBytes(sums);
}

/** Whether no frame is in the bitmap; sooner told than counted where some are. */
export function isEmpty(words: Uint32Array, at: number): boolean {
  for (let i = 0; i < BLOCK_WORDS; i++) if (words[at + i] !== 0) return false;
  return true;
}

/** Counts the frames of a bitmap whose place is below a number, at most 512. */
export function countBitsBelow(words: Uint32Array, at: number, place: number): number {
  const whole = place >>> 5;
  let sums = 0;
  for (let i = 0; i < whole; i++) sums = addBits(sums, words[at + i]!);
  const rest = place & 31;
  return sumOfBytes(rest === 0 ? sums : addBits(sums, words[at + whole]! & ((1 << rest) - 1)));
}

/**
 * Adds the set bits of a word to four byte-wide sums, without carrying them together: a bitmap of
 * 16 words adds at most 128 to a byte, so {@link sumOfBytes} is needed only once a bitmap.
 */
function addBits(sums: number, word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (sums + ((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f)) | 0;
}

function sumOfBytes(sums: number): number {
  const halves = (sums & 0x00ff00ff) + ((sums >>> 8) & 0x00ff00ff);
  return (halves + (halves >>> 16)) & 0xffff;
}

/** Makes the bitmap at `at` hold exactly the frames `from` (inclusive) to `to` (exclusive). */
export function setBitRange(words: Uint32Array, at: number, from: number, to: number): void {
  words.fill(-1, at, at + BLOCK_WORDS);
  keepBits(words, at, from, to);
}

/** Takes all frames out of the bitmap but those `from` (inclusive) to `to` (exclusive). */
export function keepBits(words: Uint32Array, at: number, from: number, to: number): void {
  for (let i = 0; i < BLOCK_WORDS; i++) {
    const low = Math.max(from - 32 * i, 0);
    const high = Math.min(to - 32 * i, 32);
    // Not (1 << n) - 1: a shift by 32 is a shift by 0 in JavaScript.
    words[at + i]! &= low < high ? (-1 >>> (32 - (high - low))) << low : 0;
  }
}

/** Writes the frames that two bitmaps share to `common` and counts them. */
export function commonBits(
  a: Uint32Array,
  aAt: number,
  b: Uint32Array,
  bAt: number,
  common: Uint32Array,
): number {
  let sums = 0;
  for (let i = 0; i < BLOCK_WORDS; i++) {
    const word = a[aAt + i]! & b[bAt + i]!;
    common[i] = word;
    sums = addBits(sums, word);
  }
  return sumOfBytes(sums);
}

/** Writes the frames of the first bitmap that the second has not, and tells whether there are any. */
export function exceptBits(
  a: Uint32Array,
  aAt: number,
  b: Uint32Array,
  bAt: number,
  left: Uint32Array,
): boolean {
  let any = 0;
  for (let i = 0; i < BLOCK_WORDS; i++) {
    const word = a[aAt + i]! & ~b[bAt + i]!;
    left[i] = word;
    any |= word;
  }
  return any !== 0;
}

/** How two bitmaps relate, as bits to be tested: see {@link relateBits}. */
export const Relation = {
  /** They share a frame. */
  shared: 1,
  /** The first has a frame that the second has not. */
  onlyFirst: 2,
  /** The second has a frame that the first has not. */
  onlySecond: 4,
} as const;

/** Compares two bitmaps; much cheaper than counting what they share. */
export function relateBits(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): number {
  if (a === b && aAt === bAt) return Relation.shared; // it has frames, as every class has
  let shared = 0;
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let i = 0; i < BLOCK_WORDS; i++) {
    const first = a[aAt + i]!;
    const second = b[bAt + i]!;
    shared |= first & second;
    onlyFirst |= first & ~second;
    onlySecond |= second & ~first;
  }
  return (shared !== 0 ? Relation.shared : 0) |
    (onlyFirst !== 0 ? Relation.onlyFirst : 0) |
    (onlySecond !== 0 ? Relation.onlySecond : 0);
}

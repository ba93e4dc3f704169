import { requireWhole } from "../arguments.ts";
import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  countBits,
  countBitsBelow,
  forEachBit,
  hasBit,
  nthBit,
  setBit,
} from "./frame_bits.ts";

/**
 * Frames of one value in a {@link FrameMap}: a contiguous run, or those frames of some consecutive
 * 2 MiB blocks whose bits are set.
 *
 * A map hands its callbacks one reused object, whose bitmap is of one block and may be the map's own
 * storage: read it during the call, do not keep it and do not write to it. {@link copyChunk} makes
 * one to keep. What goes together best
 * in one call is about {@link CHUNK_BLOCKS} blocks.
 */
export interface FrameChunk {
  /** First frame of the run, or first frame of the blocks that the bitmap covers. */
  readonly frame: number;
  /** How many frames the chunk holds, at least 1. */
  readonly count: number;
  /** The value they have. */
  readonly value: number;
  /**
   * The bitmap, 16 words for each block from index {@link FrameChunk.at}: frame `frame + 32 * i + b`
   * is in the chunk when bit `b` of word `at + i` is set. `null` for a contiguous run.
   */
  readonly words: Uint32Array | null;
  /** Index of the first bitmap word in `words`; 0 for a contiguous run. */
  readonly at: number;
  /** How many 2 MiB blocks the bitmap covers; 0 for a contiguous run. */
  readonly blocks: number;
  /**
   * Whether the bitmap is never written to again, so that who needs it later may keep it without a
   * copy; `false` where that is not known, and for a contiguous run.
   */
  readonly lasting: boolean;
}

/**
 * Says what the frames of a chunk become: takes their value and the chunk, returns the new value.
 *
 * It may read any map, but must not change the map that calls it.
 */
export type FrameChange = (value: number, chunk: FrameChunk) => number;

/**
 * Blocks that a chunk of scattered frames covers at most, 256 MiB: enough to make one call cheap,
 * few enough to be taken apart where their frames do not go alike.
 */
export const CHUNK_BLOCKS = 128;

/** A frame number shifted by this says which frames go into one chunk. */
const CHUNK_SHIFT: number = Math.log2(CHUNK_BLOCKS * BLOCK_FRAMES);

/**
 * A contiguous run of frames as a chunk.
 *
 * @param frame First frame of 4 KiB: an address in bytes divided by 4096.
 * @param count How many frames, at least 1.
 * @returns The chunk, for the leaves that take pages.
 * @throws {RangeError} If the frame is negative, the count below 1, or one of them a fraction.
 *
 * @example
 * ```ts
 * import { GiB, PAGE_BYTES, runOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(runOf(4 * GiB / PAGE_BYTES, GiB / PAGE_BYTES).count, 262144);
 * ```
 */
export function runOf(frame: number, count: number): FrameChunk {
  requireWhole("frame", frame, 0);
  requireWhole("count", count, 1);
  return { frame, count, value: 0, words: null, at: 0, blocks: 0, lasting: false };
}

/**
 * The lowest frame of a chunk.
 *
 * @param chunk The frames.
 * @returns Its number.
 *
 * @example
 * ```ts
 * import { chunksOf, firstFrame } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const [chunk] = chunksOf(Uint32Array.of(6, 9));
 * assertEquals(firstFrame(chunk!), 6);
 * ```
 */
export function firstFrame(chunk: FrameChunk): number {
  return nthFrame(chunk, 0);
}

/**
 * The frame of a chunk that has a number of its frames below it.
 *
 * @param chunk The frames.
 * @param rank How many are below, from 0.
 * @returns Its number.
 *
 * @example
 * ```ts
 * import { chunksOf, nthFrame } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const [chunk] = chunksOf(Uint32Array.of(6, 9));
 * assertEquals(nthFrame(chunk!, 1), 9);
 * ```
 */
export function nthFrame({ frame, words, at, blocks }: FrameChunk, rank: number): number {
  return words === null ? frame + rank : frame + nthBit(words, at, rank, blocks);
}

/**
 * Counts the frames of a chunk that are below a frame.
 *
 * @param chunk The frames.
 * @param below Number of a frame, of the chunk or not.
 * @returns How many, from 0.
 *
 * @example
 * ```ts
 * import { chunksOf, rankOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const [chunk] = chunksOf(Uint32Array.of(6, 9));
 * assertEquals(rankOf(chunk!, 8), 1);
 * ```
 */
export function rankOf(chunk: FrameChunk, below: number): number {
  const { frame, count, words, at, blocks } = chunk;
  const places = words === null ? count : blocks * BLOCK_FRAMES;
  if (below >= frame + places) return count;
  const place = Math.max(below - frame, 0);
  return words === null ? place : countBitsBelow(words, at, place);
}

/**
 * Calls back with every frame of a chunk, ascending.
 *
 * @param chunk The frames.
 * @param visit Called with each frame number.
 *
 * @example
 * ```ts
 * import { forEachFrame, runOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const frames: number[] = [];
 * forEachFrame(runOf(7, 2), (frame) => frames.push(frame));
 * assertEquals(frames, [7, 8]);
 * ```
 */
export function forEachFrame(chunk: FrameChunk, visit: (frame: number) => void): void {
  const { frame, count, words, at, blocks } = chunk;
  if (words !== null) return forEachBit(words, at, frame, visit, blocks);
  for (let i = 0; i < count; i++) visit(frame + i);
}

/**
 * Finds frames of a chunk one after the other, without counting from its beginning each time.
 *
 * @param chunk The frames.
 * @returns A function that takes ranks as {@link nthFrame} does, which must not descend.
 *
 * @example
 * ```ts
 * import { ascendingFrames, chunksOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const [chunk] = chunksOf(Uint32Array.of(6, 9, 520));
 * const frameAt = ascendingFrames(chunk!);
 * assertEquals([frameAt(0), frameAt(2)], [6, 520]);
 * ```
 */
export function ascendingFrames({ frame, words, at }: FrameChunk): (rank: number) => number {
  if (words === null) return (rank) => frame + rank;
  let below = 0;
  let held = countBits(words, at);
  return (rank) => {
    for (; rank - below >= held; held = countBits(words, at)) {
      below += held;
      frame += BLOCK_FRAMES;
      at += BLOCK_WORDS;
    }
    return frame + nthBit(words, at, rank - below, 1);
  };
}

/**
 * Tells whether a chunk holds a frame.
 *
 * @param chunk The frames.
 * @param wanted Number of the frame.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import { chunkHolds, runOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([chunkHolds(runOf(7, 2), 8), chunkHolds(runOf(7, 2), 9)], [true, false]);
 * ```
 */
export function chunkHolds(chunk: FrameChunk, wanted: number): boolean {
  const { frame, count, words, at, blocks } = chunk;
  const place = wanted - frame;
  if (words === null) return place >= 0 && place < count;
  return place >= 0 && place < blocks * BLOCK_FRAMES && hasBit(words, at, place);
}

/**
 * Cuts a chunk after some of its frames.
 *
 * @param chunk The frames.
 * @param count How many come first, from 1.
 * @returns The first ones, and what is left of the chunk, if anything.
 *
 * @example
 * ```ts
 * import { runOf, splitChunk } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(splitChunk(runOf(7, 3), 1), [runOf(7, 1), runOf(8, 2)]);
 * assertEquals(splitChunk(runOf(7, 3), 3), [runOf(7, 3), null]);
 * ```
 */
export function splitChunk(chunk: FrameChunk, count: number): [FrameChunk, FrameChunk | null] {
  if (count === chunk.count) return [chunk, null];
  return [sliceChunk(chunk, 0, count), sliceChunk(chunk, count, chunk.count - count)];
}

/**
 * Takes frames out of the middle of a chunk.
 *
 * @param chunk The frames.
 * @param rank How many to leave out before them, from 0.
 * @param count How many to take, from 1.
 * @returns A chunk of them; a single one is a run.
 *
 * @example
 * ```ts
 * import { chunksOf, runOf, sliceChunk } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const [chunk] = chunksOf(Uint32Array.of(6, 9, 11));
 * assertEquals(sliceChunk(chunk!, 1, 1), runOf(9, 1));
 * ```
 */
export function sliceChunk(chunk: FrameChunk, rank: number, count: number): FrameChunk {
  if (count === chunk.count) return chunk;
  const { frame, words, at, blocks } = chunk;
  if (words === null) return runOf(frame + rank, count);
  const first = nthFrame(chunk, rank);
  if (count === 1) return runOf(first, 1);
  // All from the place of the first to that of the last, and only the blocks that these are in.
  const low = first - frame;
  const isTail = rank + count === chunk.count;
  const high = isTail ? blocks * BLOCK_FRAMES - 1 : nthFrame(chunk, rank + count - 1) - frame;
  const skipped = Math.floor(low / BLOCK_FRAMES);
  const taken = Math.floor(high / BLOCK_FRAMES) + 1 - skipped;
  const slice = copyBitmap(words, at + skipped * BLOCK_WORDS, taken);
  const lowWord = slice.at + (low >>> 5) - skipped * BLOCK_WORDS;
  const highWord = slice.at + (high >>> 5) - skipped * BLOCK_WORDS;
  slice.words.fill(0, slice.at, lowWord);
  slice.words[lowWord]! &= -1 << (low & 31);
  slice.words[highWord]! &= -1 >>> (31 - (high & 31));
  slice.words.fill(0, highWord + 1, slice.at + taken * BLOCK_WORDS);
  return { frame: frame + skipped * BLOCK_FRAMES, count, value: 0, ...slice };
}

/**
 * Copies a chunk, so that it may be kept; a bitmap that lasts is not copied.
 *
 * @param chunk The frames.
 * @returns A chunk of the same frames.
 *
 * @example
 * ```ts
 * import { copyChunk, runOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(copyChunk(runOf(7, 2)), runOf(7, 2));
 * ```
 */
export function copyChunk(chunk: FrameChunk): FrameChunk {
  const { frame, count, words, at, blocks, lasting } = chunk;
  if (words === null) return runOf(frame, count);
  if (lasting) return { ...chunk };
  return { frame, count, value: 0, ...copyBitmap(words, at, blocks), lasting: true };
}

type Bitmap = Pick<FrameChunk, "at" | "blocks" | "lasting"> & { readonly words: Uint32Array };

function copyBitmap(words: Uint32Array, at: number, blocks: number): Bitmap {
  const copy = takeBitmap(blocks);
  for (let i = 0; i < blocks * BLOCK_WORDS; i++) copy.words[copy.at + i] = words[at + i]!;
  return copy;
}

/** Room for the bitmap of some blocks, all clear, where nobody else writes. */
function takeBitmap(blocks: number): Bitmap {
  const needed = blocks * BLOCK_WORDS;
  if (slabUsed + needed > slab.length) {
    slab = new Uint32Array(Math.max(SLAB_WORDS, needed));
    slabUsed = 0;
  }
  slabUsed += needed;
  return { words: slab, at: slabUsed - needed, blocks, lasting: false };
}

// Bitmaps share arrays: to make an array of its own for each takes five times as long as to fill it.
const SLAB_WORDS = 512 * BLOCK_WORDS;
let slab = new Uint32Array(0);
let slabUsed = 0;

/**
 * Groups frames into chunks: a contiguous run, or a bitmap, within aligned {@link CHUNK_BLOCKS}.
 *
 * For memory that is scattered: give the chunks to the leaves that take pages.
 *
 * @param frames Frame numbers of 4 KiB, ascending.
 * @returns The chunks in ascending order; every chunk is its own object.
 * @throws {RangeError} If the frames do not ascend, once the walk gets there.
 *
 * @example
 * ```ts
 * import { chunksOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const chunks = [...chunksOf(Uint32Array.of(600, 700, 70000, 70001))];
 * assertEquals(chunks.map(({ frame, count }) => [frame, count]), [[512, 2], [70000, 2]]);
 * ```
 */
export function* chunksOf(frames: Uint32Array): Generator<FrameChunk> {
  for (let i = 0; i < frames.length;) {
    const count = sameChunk(frames, i, frames.length - i);
    if (i + count < frames.length && frames[i + count]! <= frames[i + count - 1]!) {
      throw new RangeError(
        `Expected frames in ascending order, got ${frames[i + count]} after ${
          frames[i + count - 1]
        }`,
      );
    }
    yield chunkOf(frames, i, count);
    i += count;
  }
}

/**
 * Counts the frames of a list that can go into one chunk: they ascend, within 256 MiB.
 *
 * @param frames Frame numbers.
 * @param start Index of the first.
 * @param limit How many are looked at.
 * @returns How many ascend, from 1.
 *
 * @example
 * ```ts
 * import { sameChunk } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sameChunk(Uint32Array.of(3, 65535, 65536), 0, 3), 2);
 * ```
 */
export function sameChunk(frames: Uint32Array, start: number, limit: number): number {
  const place = frames[start]! >>> CHUNK_SHIFT;
  const end = start + limit;
  let i = start + 1;
  while (i < end && frames[i]! >>> CHUNK_SHIFT === place && frames[i]! > frames[i - 1]!) i++;
  return i - start;
}

/**
 * Makes a chunk of frames that can go into one.
 *
 * @param frames Frame numbers.
 * @param start Index of the first.
 * @param count How many, as {@link sameChunk} counts them.
 * @returns The chunk: a run where they are contiguous.
 *
 * @example
 * ```ts
 * import { chunkOf, runOf } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(chunkOf(Uint32Array.of(3, 4), 0, 2), runOf(3, 2));
 * ```
 */
export function chunkOf(frames: Uint32Array, start: number, count: number): FrameChunk {
  const first = frames[start]!;
  const last = frames[start + count - 1]!;
  if (last - first === count - 1) return runOf(first, count);
  // Not %, which is several times slower for numbers of 32 bits.
  const frame = first - (first & (BLOCK_FRAMES - 1));
  const bitmap = takeBitmap(Math.ceil((last + 1 - frame) / BLOCK_FRAMES));
  for (let i = start; i < start + count; i++) setBit(bitmap.words, bitmap.at, frames[i]! - frame);
  return { frame, count, value: 0, ...bitmap, lasting: true };
}

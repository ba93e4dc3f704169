import { requireWhole } from "../arguments.ts";
import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  countBits,
  countBitsBelow,
  forEachBit,
  hasBit,
  keepBits,
  nthBit,
  setBit,
} from "./frame_bits.ts";

/**
 * Frames of one value in a {@link FrameMap}: a contiguous run, or those frames of some 2 MiB blocks
 * whose bits are set.
 *
 * A map hands its callbacks one reused object, whose bitmap is of one block and may be the map's own
 * storage: read it during the call, do not keep it and do not write to it. {@link copyChunk} makes
 * one to keep. What goes together best
 * in one call is about {@link CHUNK_BLOCKS} blocks.
 */
export interface FrameChunk {
  /** First frame of the run, or first frame of the block that {@link FrameChunk.places} count from. */
  readonly frame: number;
  /** How many frames the chunk holds, at least 1. */
  readonly count: number;
  /** The value they have. */
  readonly value: number;
  /**
   * The bitmaps, 16 words for each block from index {@link FrameChunk.at}: frame
   * `frame + 512 * places[k] + 32 * i + b` is in the chunk when bit `b` of word `at + 16 * k + i` is
   * set. `null` for a contiguous run.
   */
  readonly words: Uint32Array | null;
  /** Index of the first bitmap word in `words`; 0 for a contiguous run. */
  readonly at: number;
  /** How many 2 MiB blocks have a bitmap; 0 for a contiguous run. */
  readonly blocks: number;
  /** How many blocks each one is after that of `frame`, ascending: {@link IN_A_ROW}, or others. */
  readonly places: Uint32Array;
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
 * Blocks that a chunk of scattered frames has at most: enough to make one call cheap, few enough to
 * be taken apart where their frames do not go alike.
 */
export const CHUNK_BLOCKS = 512;

/** The places of up to {@link CHUNK_BLOCKS} blocks that follow each other. */
export const IN_A_ROW: Uint32Array = Uint32Array.from({ length: CHUNK_BLOCKS }, (_, i) => i);

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
  return {
    frame,
    count,
    value: 0,
    words: null,
    at: 0,
    blocks: 0,
    places: IN_A_ROW,
    lasting: false,
  };
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
export function nthFrame(chunk: FrameChunk, rank: number): number {
  const { frame, words, at } = chunk;
  if (words === null) return frame + rank;
  const [block, place] = find(words, at, rank);
  return blockFrame(chunk, block) + place;
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
  if (words === null) return Math.min(Math.max(below - frame, 0), count);
  let rank = 0;
  for (let k = 0; k < blocks; k++) {
    const place = below - blockFrame(chunk, k);
    if (place <= 0) break;
    rank += countBitsBelow(words, at + k * BLOCK_WORDS, Math.min(place, BLOCK_FRAMES));
  }
  return rank;
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
  if (words === null) { for (let i = 0; i < count; i++) visit(frame + i); }
  else {
    for (let k = 0; k < blocks; k++) {
      forEachBit(words, at + k * BLOCK_WORDS, blockFrame(chunk, k), visit);
    }
  }
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
export function ascendingFrames(chunk: FrameChunk): (rank: number) => number {
  const { frame, words } = chunk;
  if (words === null) return (rank) => frame + rank;
  let { at } = chunk;
  let [k, below, held] = [0, 0, countBits(words, at)];
  return (rank) => {
    for (; rank - below >= held; held = countBits(words, at)) {
      below += held;
      k++;
      at += BLOCK_WORDS;
    }
    return blockFrame(chunk, k) + nthBit(words, at, rank - below);
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
  if (words === null) return wanted >= frame && wanted < frame + count;
  for (let k = 0; k < blocks; k++) {
    const place = wanted - blockFrame(chunk, k);
    if (place >= 0 && place < BLOCK_FRAMES) return hasBit(words, at + k * BLOCK_WORDS, place);
  }
  return false;
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
  const rest = chunk.count - count;
  return [sliceChunk(chunk, 0, count), rest === 0 ? null : sliceChunk(chunk, count, rest)];
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
  const { frame, words, at, blocks, places } = chunk;
  if (words === null) return count === chunk.count ? chunk : runOf(frame + rank, count);
  if (count === 1) return runOf(nthFrame(chunk, rank), 1);
  if (count === chunk.count) return chunk;
  // All from the place of the first to that of the last, and only the blocks that these are in.
  const [head, low] = find(words, at, rank);
  const isTail = rank + count === chunk.count;
  const [tail, high] = isTail ? [blocks - 1, BLOCK_FRAMES - 1] : find(words, at, rank + count - 1);
  const taken = tail + 1 - head;
  const slice = copyBitmaps(words, at + head * BLOCK_WORDS, taken);
  keepBits(slice.words, slice.at, low, BLOCK_FRAMES);
  keepBits(slice.words, slice.at + (taken - 1) * BLOCK_WORDS, 0, high + 1);
  return { frame, count, value: 0, ...slice, places: places.subarray(head), lasting: false };
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
  const { frame, count, words, at, blocks, places, lasting } = chunk;
  if (words === null) return runOf(frame, count);
  if (lasting) return { ...chunk };
  return { frame, count, value: 0, ...copyBitmaps(words, at, blocks), places, lasting: true };
}

type Bitmaps = Pick<FrameChunk, "at" | "blocks"> & { readonly words: Uint32Array };

function copyBitmaps(words: Uint32Array, at: number, blocks: number): Bitmaps {
  const copy = takeBitmaps(blocks);
  copy.words.set(words.subarray(at, at + blocks * BLOCK_WORDS), copy.at);
  return copy;
}

/** Room for the bitmaps of some blocks, all clear, where nobody else writes. */
function takeBitmaps(blocks: number): Bitmaps {
  const needed = blocks * BLOCK_WORDS;
  if (slabUsed + needed > slab.length) {
    slab = new Uint32Array(Math.max(SLAB_WORDS, needed));
    slabUsed = 0;
  }
  slabUsed += needed;
  return { words: slab, at: slabUsed - needed, blocks };
}

/** The first frame of a block that has a bitmap. */
function blockFrame({ frame, places }: FrameChunk, block: number): number {
  return frame + BLOCK_FRAMES * places[block]!;
}

/** Which bitmap the frame is in that has `rank` frames below it, and its place there. */
function find(words: Uint32Array, at: number, rank: number): [block: number, place: number] {
  for (let block = 0;; block++, at += BLOCK_WORDS) {
    const held = countBits(words, at);
    if (rank < held) return [block, nthBit(words, at, rank)];
    rank -= held;
  }
}

// Bitmaps share arrays: to make an array of its own for each takes five times as long as to fill it.
const SLAB_WORDS = 2048 * BLOCK_WORDS;
let slab = new Uint32Array(0);
let slabUsed = 0;

/**
 * Groups frames into chunks: contiguous runs, or bitmaps of at most {@link CHUNK_BLOCKS} blocks.
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
 * const chunks = [...chunksOf(Uint32Array.of(600, 700, 70000))];
 * assertEquals(chunks.map(({ count, blocks }) => [count, blocks]), [[3, 2]]);
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
 * Counts the frames of a list that can go into one chunk: they ascend, in at most
 * {@link CHUNK_BLOCKS} blocks.
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
 * assertEquals(sameChunk(Uint32Array.of(3, 65535, 65534), 0, 3), 2);
 * ```
 */
export function sameChunk(frames: Uint32Array, start: number, limit: number): number {
  const end = start + limit;
  let i = start + 1;
  for (let blocks = 1; i < end && frames[i]! > frames[i - 1]!; i++) {
    if (blockOf(frames[i]!) !== blockOf(frames[i - 1]!) && ++blocks > CHUNK_BLOCKS) break;
  }
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
  const places = new Uint32Array(Math.min(count, CHUNK_BLOCKS));
  let blocks = 1;
  for (let i = start + 1; i < start + count; i++) {
    const place = blockOf(frames[i]!) - blockOf(first);
    if (place !== places[blocks - 1]) places[blocks++] = place;
  }
  const { words, at } = takeBitmaps(blocks);
  for (let i = start, block = 0; i < start + count; i++) {
    if (blockOf(frames[i]!) - blockOf(first) !== places[block]) block++;
    setBit(words, at + block * BLOCK_WORDS, frames[i]! & (BLOCK_FRAMES - 1));
  }
  const frame = first - (first & (BLOCK_FRAMES - 1));
  return { frame, count, value: 0, words, at, blocks, places, lasting: true };
}

/** The number of a frame's block; not by /, which is several times slower. */
function blockOf(frame: number): number {
  return frame >>> BLOCK_SHIFT;
}

const BLOCK_SHIFT: number = Math.log2(BLOCK_FRAMES);

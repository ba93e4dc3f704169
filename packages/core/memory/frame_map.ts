import { requireWhole } from "../arguments.ts";
import { BLOCK_FRAMES, BLOCK_WORDS, hasBit, isEmpty } from "./frame_bits.ts";
import type { FrameChange, FrameChunk } from "./frame_chunk.ts";
import { requireValue } from "./_frame_partition.ts";
import { FrameTree } from "./_frame_tree.ts";

/** 2^52 bytes, the widest physical address, in frames of 4 KiB. */
const FRAMES_LIMIT = 2 ** 40;

/** What a {@link FrameMap} holds in memory. */
export interface FrameMapStats {
  /** 1 GiB regions whose frames differ: each has a table of 512 entries. */
  readonly tables: number;
  /** Values in 2 MiB blocks whose frames differ, less one a block: each has a bitmap. */
  readonly records: number;
  /** Memory held for both and for the top level, with what is free for reuse, in bytes. */
  readonly bytes: number;
}

/**
 * A map from 4 KiB frame numbers to small integers, shaped like a page table: 1 GiB, 2 MiB, 4 KiB.
 *
 * A 1 GiB region or 2 MiB block whose frames all have one value is one number; any other block is
 * a bitmap for each value but one. So memory and work grow with the variety in the map, not with its
 * size: 16 TiB of one value are 64 KiB, and 1 TiB whose every block mixes three values are 98 MiB.
 * Equal content has equal shape, whatever the history; storage that falls free is reused.
 *
 * Frames are numbered from 0, and the last region and block may be cut short by the end of the map.
 * Callbacks get a {@link FrameChunk} that is one reused object. A callback may read the map that
 * calls it, but an attempt to change that map throws an `Error`. Chunks come in the order of their
 * blocks, and within a block by ascending value.
 *
 * When `change` throws, nothing of the piece it was asked about is changed: of that run, or of that
 * block, with every class of it. The runs and blocks before have their new values, those after their
 * old ones, and the shape is that of the content.
 *
 * @example Change memory wherever its owners say so
 * ```ts
 * import { FrameMap } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const TIB = 2 ** 28; // in frames
 * const owner = new FrameMap(TIB, 0);
 * owner.set(1000, 3, 7);
 *
 * const memory = new FrameMap(TIB, 0);
 * owner.forEach(0, TIB, (chunk) => {
 *   if (chunk.value === 7) memory.updateChunk(chunk, () => 1);
 * });
 * assertEquals(memory.get(1002), 1);
 * assertEquals(memory.count((value) => value === 1), 3);
 * ```
 */
export class FrameMap {
  /** How many frames the map has. */
  readonly frames: number;
  readonly #tree: FrameTree;
  /** Calls in progress that may be inside a callback. */
  #walks = 0;

  /**
   * Makes a map whose frames all have one value.
   *
   * @param frames How many frames of 4 KiB, from 1 to 2^40.
   * @param value Their value, from 0 to 2^30 - 1.
   * @throws {RangeError} If one of them is not an integer in its range.
   */
  constructor(frames: number, value: number) {
    requireWhole("frames", frames, 1, FRAMES_LIMIT);
    requireValue(value);
    this.frames = frames;
    this.#tree = new FrameTree(frames, value);
  }

  /**
   * Gives the value of a frame.
   *
   * @param frame The frame number.
   * @returns Its value.
   * @throws {RangeError} If the map has no such frame.
   */
  get(frame: number): number {
    requireWhole("frame", frame, 0, this.frames - 1);
    return this.#tree.get(frame);
  }

  /**
   * Gives contiguous frames a value.
   *
   * @param frame The first frame.
   * @param count How many frames, 0 or more.
   * @param value Their new value, from 0 to 2^30 - 1.
   * @throws {RangeError} If a frame is outside the map or the value out of range.
   * @throws {Error} From within a callback of this map.
   */
  set(frame: number, count: number, value: number): void {
    requireValue(value);
    this.update(frame, count, () => value);
  }

  /**
   * Changes contiguous frames, asking once for every piece of one value: a run of uniform regions
   * or of uniform blocks within a region, or a class of a mixed block.
   *
   * @param frame The first frame.
   * @param count How many frames, 0 or more.
   * @param change Says what each piece becomes.
   * @throws {RangeError} If a frame is outside the map, with nothing changed, or if `change`
   * returns a value out of range, as if it had thrown that error itself.
   * @throws {Error} From within a callback of this map.
   */
  update(frame: number, count: number, change: FrameChange): void {
    this.#checkRange(frame, count);
    this.#checkIdle();
    this.#walks++;
    try {
      this.#tree.update(frame, frame + count, change);
    } finally {
      this.#walks--;
    }
  }

  /**
   * Changes the frames of a chunk that another map of the same size gave, or that was made by hand.
   * The values and the `count` beside a bitmap are not looked at.
   *
   * @param chunk The frames.
   * @param change Says what each piece of them becomes, as for {@link FrameMap.update}.
   * @throws {RangeError} As {@link FrameMap.update}, or if a bitmap does not begin at a block.
   * @throws {Error} From within a callback of this map.
   */
  updateChunk(chunk: FrameChunk, change: FrameChange): void {
    const { frame, words, at, blocks, places, lasting } = chunk;
    if (words === null) return this.update(frame, chunk.count, change);
    this.#checkBitmaps(frame, words, at, blocks, places);
    this.#checkIdle();
    this.#walks++;
    try {
      for (let block = 0; block < blocks; block++) {
        const first = at + block * BLOCK_WORDS;
        if (isEmpty(words, first)) continue;
        const start = frame + places[block]! * BLOCK_FRAMES;
        this.#tree.updateBitmap(start, words, first, lasting, change);
      }
    } finally {
      this.#walks--;
    }
  }

  /**
   * Visits contiguous frames, piece by piece as {@link FrameMap.update} does.
   *
   * @param frame The first frame.
   * @param count How many frames, 0 or more.
   * @param visit Called with every piece.
   * @param wanted Tells which values are visited; others cost next to nothing. Default: all.
   * @throws {RangeError} If a frame is outside the map.
   */
  forEach(
    frame: number,
    count: number,
    visit: (chunk: FrameChunk) => void,
    wanted: (value: number) => boolean = () => true,
  ): void {
    this.#checkRange(frame, count);
    this.#walks++;
    try {
      this.#tree.forEach(frame, frame + count, visit, wanted);
    } finally {
      this.#walks--;
    }
  }

  /**
   * Counts frames by their value.
   *
   * @param predicate Tells whether frames of a value count; called once for every piece.
   * @param frame The first frame.
   * @param count How many frames, by default all from there on.
   * @returns The number of frames.
   * @throws {RangeError} If a frame is outside the map.
   */
  count(
    predicate: (value: number) => boolean,
    frame: number = 0,
    count: number = this.frames - frame,
  ): number {
    let sum = 0;
    this.forEach(frame, count, (chunk) => sum += chunk.count, predicate);
    return sum;
  }

  /**
   * Tells what the map holds in memory.
   *
   * @returns Counts, and their size in bytes.
   */
  stats(): FrameMapStats {
    return this.#tree.stats();
  }

  #checkIdle(): void {
    if (this.#walks > 0) throw new Error("Expected no change to a map from its own callback");
  }

  #checkRange(frame: number, count: number): void {
    const exists = Number.isInteger(frame) && Number.isInteger(count) &&
      frame >= 0 && count >= 0 && frame + count <= this.frames;
    if (exists) return;
    throw new RangeError(`Expected frames from 0 to ${this.frames - 1}, got ${count} at ${frame}`);
  }

  #checkBitmaps(
    frame: number,
    words: Uint32Array,
    at: number,
    blocks: number,
    places: Uint32Array,
  ): void {
    this.#checkRange(frame, 1);
    // Not %, which is slow for numbers over 2^31.
    if (Math.floor(frame / BLOCK_FRAMES) * BLOCK_FRAMES !== frame) {
      throw new RangeError(`Expected the first frame of a 2 MiB block, got ${frame}`);
    }
    const needed = blocks * BLOCK_WORDS;
    if (!Number.isInteger(at) || at < 0 || !(at + needed <= words.length)) {
      throw new RangeError(
        `Expected ${needed} words in a bitmap of ${words.length}, got them at ${at}`,
      );
    }
    if (!(blocks <= places.length)) {
      throw new RangeError(`Expected the places of ${blocks} blocks, got ${places.length}`);
    }
    for (let block = 0; block < blocks; block++) {
      const start = frame + BLOCK_FRAMES * places[block]!;
      for (let place = Math.max(this.frames - start, 0); place < BLOCK_FRAMES; place++) {
        if (hasBit(words, at + block * BLOCK_WORDS, place)) this.#checkRange(start + place, 1);
      }
    }
  }
}

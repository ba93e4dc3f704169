/**
 * Frames of one value in a {@link FrameMap}: a contiguous run, or those frames of one 2 MiB block
 * whose bits are set.
 *
 * A map hands its callbacks one reused object, and `words` may be the map's own storage: read it
 * during the call, do not keep it and do not write to it.
 *
 * @example The frames of a chunk
 * ```ts
 * import { FrameMap } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const map = new FrameMap(1000, 0);
 * map.set(2, 1, 1);
 * map.set(40, 1, 1);
 *
 * const frames: number[] = [];
 * map.forEach(0, 512, ({ frame, value, words, at }) => {
 *   if (value !== 1 || words === null) return;
 *   for (let place = 0; place < 512; place++) {
 *     if ((words[at + (place >>> 5)]! >>> (place & 31)) & 1) frames.push(frame + place);
 *   }
 * });
 * assertEquals(frames, [2, 40]);
 * ```
 */
export interface FrameChunk {
  /** First frame of the run, or first frame of the block that the bitmap covers. */
  readonly frame: number;
  /** How many frames the chunk holds, at least 1. */
  readonly count: number;
  /** The value they have. */
  readonly value: number;
  /**
   * The bitmap of the block, 16 words from index {@link FrameChunk.at}: frame `frame + 32 * i + b`
   * is in the chunk when bit `b` of word `at + i` is set. `null` for a contiguous run.
   */
  readonly words: Uint32Array | null;
  /** Index of the first bitmap word in `words`; 0 for a contiguous run. */
  readonly at: number;
}

/**
 * Says what the frames of a chunk become: takes their value and the chunk, returns the new value.
 *
 * It may read any map, but must not change the map that calls it.
 *
 * @example
 * ```ts
 * import { type FrameChange, FrameMap } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const map = new FrameMap(1000, 0);
 * map.set(10, 5, 3);
 * const pagesByValue = new Map<number, number>();
 * const clear: FrameChange = (value, { count }) => {
 *   pagesByValue.set(value, (pagesByValue.get(value) ?? 0) + count);
 *   return 0;
 * };
 * map.update(0, 20, clear);
 * assertEquals([...pagesByValue], [[0, 15], [3, 5]]);
 * assertEquals(map.count((value) => value === 0), 1000);
 * ```
 */
export type FrameChange = (value: number, chunk: FrameChunk) => number;

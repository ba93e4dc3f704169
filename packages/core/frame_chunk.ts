/**
 * Frames of one value in a {@link FrameMap}: a contiguous run, or those frames of one 2 MiB block
 * whose bits are set.
 *
 * A map hands its callbacks one reused object, and `words` may be the map's own storage: read it
 * during the call, do not keep it and do not write to it.
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
 */
export type FrameChange = (value: number, chunk: FrameChunk) => number;

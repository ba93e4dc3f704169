import { BLOCK_FRAMES, type FrameChunk } from "@tdx/core";
import { requireInstance } from "@tdx/core/arguments";
import { run, takeBitmap } from "./frame_slices.ts";

/** A frame number shifted by this is the number of its block. */
const BLOCK_SHIFT: number = Math.log2(BLOCK_FRAMES);

/**
 * Groups frames into chunks: a contiguous run within a 2 MiB block, or a bitmap of the block.
 *
 * For memory that is scattered: give the chunks to the leaves that take pages.
 *
 * @param frames Frame numbers of 4 KiB, ascending.
 * @returns The chunks in ascending order; every chunk is its own object.
 * @throws {TypeError} Where they are no Uint32Array.
 * @throws {RangeError} Where the frames do not ascend, once the walk gets there.
 *
 * @example
 * ```ts
 * import { chunksOf } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const chunks = [...chunksOf(Uint32Array.of(3, 4, 5, 600, 700))];
 * assertEquals(chunks.map(({ frame, count }) => [frame, count]), [[3, 3], [512, 2]]);
 * ```
 */
export function chunksOf(frames: Uint32Array): Generator<FrameChunk> {
  // Not within the walk, which begins when the first chunk is asked for.
  requireInstance("frames", frames, Uint32Array);
  return walk(frames);
}

function* walk(frames: Uint32Array): Generator<FrameChunk> {
  for (let i = 0; i < frames.length;) {
    const count = sameBlock(frames, i, frames.length - i);
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

/** How many frames from `start`, at most `limit`, ascend within one block. */
export function sameBlock(frames: Uint32Array, start: number, limit: number): number {
  const block = frames[start]! >>> BLOCK_SHIFT;
  const end = start + limit;
  let i = start + 1;
  while (i < end && frames[i]! >>> BLOCK_SHIFT === block && frames[i]! > frames[i - 1]!) i++;
  return i - start;
}

/** The chunk of `count` frames that ascend within one block. */
export function chunkOf(frames: Uint32Array, start: number, count: number): FrameChunk {
  const first = frames[start]!;
  const end = start + count;
  if (frames[end - 1]! - first === count - 1) return run(first, count);
  const { words, at } = takeBitmap();
  for (let i = start; i < end; i++) {
    // Not %, which is several times slower for numbers of 32 bits.
    const place = frames[i]! & (BLOCK_FRAMES - 1);
    words[at + (place >>> 5)]! |= 1 << (place & 31);
  }
  return { frame: first - (first & (BLOCK_FRAMES - 1)), count, value: 0, words, at };
}

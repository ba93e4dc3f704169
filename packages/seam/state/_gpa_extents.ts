import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  chunkOf,
  copyChunk,
  countBits,
  type FrameChunk,
  runOf,
  sameChunk,
  sliceChunk,
} from "@tdx/core";

/** Consecutive guest pages. */
interface Extent {
  page: number;
  count: number;
  /** A run of their frames, or a bitmap that has them, ascending; `null` where they are listed. */
  frames: FrameChunk | null;
  /** The first frame of each, where they lie here and there. */
  list: Uint32Array | null;
  /**
   * How many pages of the bitmap or the list come before the extent. Extents that were one share it;
   * every page keeps its place in a list, so none can write where another one reads.
   */
  at: number;
}

/** Lists hold frames below this: 16 TiB. Above, every run is an extent of its own. */
const LIST_LIMIT = 2 ** 32;

/** The frames of some consecutive guest pages. */
export interface Translation {
  /** How many pages. */
  readonly count: number;
  readonly frames: FrameChunk;
}

/**
 * The pages of one level of a Secure EPT: guest page number to frame.
 *
 * Contiguous memory is one extent; what was added as a bitmap stays one; single pages here and there
 * are a list of frame numbers. So a terabyte takes a few numbers, or at most four bytes per page.
 */
export class GpaExtents {
  readonly #extents: Extent[] = [];
  /** Frames per page. */
  readonly #step: number;

  constructor(step: number) {
    this.#step = step;
  }

  /** How many consecutive pages from `page` on are there, at most `limit`. */
  present(page: number, limit: number): number {
    let count = 0;
    for (let i = this.#find(page); i >= 0 && count < limit; i++) {
      const extent = this.#extents[i];
      if (extent === undefined || extent.page > page + count) break;
      count = extent.page + extent.count - page;
    }
    return Math.min(Math.max(count, 0), limit);
  }

  /** How many consecutive pages from `page` on are not there, at most `limit`. */
  absent(page: number, limit: number): number {
    const i = this.#find(page);
    const extent = this.#extents[i];
    if (extent !== undefined && page < extent.page + extent.count) return 0;
    const next = this.#extents[i + 1];
    return next === undefined ? limit : Math.min(next.page - page, limit);
  }

  /** The frames of at most `limit` pages from `page` on, which is there, as one chunk. */
  translate(page: number, limit: number): Translation {
    const { page: start, count, frames, list, at } = this.#extents[this.#find(page)]!;
    const skip = page - start;
    const most = Math.min(limit, count - skip);
    const step = this.#step;
    if (frames !== null) {
      return { count: most, frames: sliceChunk(frames, (at + skip) * step, most * step) };
    }
    if (step === 1) {
      const taken = sameChunk(list!, at + skip, most);
      return { count: taken, frames: chunkOf(list!, at + skip, taken) };
    }
    const frame = list![at + skip]!;
    let taken = 1;
    while (taken < most && list![at + skip + taken] === frame + taken * step) taken++;
    return { count: taken, frames: runOf(frame, taken * step) };
  }

  /** Every run of pages, ascending: first page and how many. */
  runs(): { page: number; count: number }[] {
    const runs: { page: number; count: number }[] = [];
    for (const { page, count } of this.#extents) {
      const last = runs.at(-1);
      if (last !== undefined && last.page + last.count === page) last.count += count;
      else runs.push({ page, count });
    }
    return runs;
  }

  /** Maps consecutive pages that are not there to the frames of a chunk, in ascending order. */
  insert(page: number, frames: FrameChunk): void {
    const count = frames.count / this.#step;
    const i = this.#find(page);
    const before = this.#extents[i];
    if (before !== undefined && before.page + before.count === page) {
      const { frames: run } = before;
      if (run !== null && isRun(run) && isRun(frames) && run.frame + run.count === frames.frame) {
        before.frames = runOf(run.frame, run.count + frames.count);
        before.count += count;
        return;
      }
      if ((before.list !== null || isSmall(run!)) && isSmall(frames)) {
        return this.#append(before, frames.frame, count);
      }
    }
    const extent = { page, count, frames: copyChunk(frames), list: null, at: 0 };
    this.#extents.splice(i + 1, 0, extent);
  }

  /** Takes out consecutive pages that are there. */
  remove(page: number, count: number): void {
    while (count > 0) {
      const i = this.#find(page);
      const extent = this.#extents[i]!;
      const skip = page - extent.page;
      const taken = Math.min(count, extent.count - skip);
      const after = extent.count - skip - taken;
      const parts = [this.#cut(extent, 0, skip), this.#cut(extent, skip + taken, after)];
      this.#extents.splice(i, 1, ...parts.filter(({ count }) => count > 0));
      page += taken;
      count -= taken;
    }
  }

  #cut({ page, frames, list, at }: Extent, skip: number, count: number): Extent {
    page += skip;
    if (frames === null || count === 0) return { page, count, frames, list, at: at + skip };
    if (isRun(frames)) {
      const run = sliceChunk(frames, skip * this.#step, count * this.#step);
      return { page, count, frames: run, list, at };
    }
    // Blocks that are done with are left out, so that what is next is found at once.
    let rest = frames;
    at += skip;
    for (let held; at >= (held = countBits(rest.words!, rest.at)); at -= held) {
      rest = {
        ...rest,
        count: rest.count - held,
        at: rest.at + BLOCK_WORDS,
        blocks: rest.blocks - 1,
        places: rest.places.subarray(1),
      };
    }
    return { page, count, frames: rest, list, at };
  }

  #append(extent: Extent, first: number, count: number): void {
    if (extent.list === null || extent.list.length < extent.at + extent.count + count) {
      this.#grow(extent, 2 * (extent.count + count));
    }
    const end = extent.at + extent.count;
    for (let i = 0; i < count; i++) extent.list![end + i] = first + i * this.#step;
    extent.count += count;
  }

  /** Gives an extent a list of its own, with room to grow. */
  #grow(extent: Extent, room: number): void {
    const { list, at, count, frames } = extent;
    const own = new Uint32Array(room);
    if (list !== null) own.set(list.subarray(at, at + count));
    else for (let i = 0; i < count; i++) own[i] = frames!.frame + i * this.#step;
    extent.list = own;
    extent.frames = null;
    extent.at = 0;
  }

  /** Index of the last extent that begins at or before a page, -1 for none. */
  #find(page: number): number {
    let low = 0;
    let high = this.#extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#extents[middle]!.page <= page) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function isRun({ words }: FrameChunk): boolean {
  return words === null;
}

/** Whether frames are better listed when what follows does not continue them. */
function isSmall(frames: FrameChunk): boolean {
  return isRun(frames) && frames.count <= BLOCK_FRAMES && frames.frame < LIST_LIMIT;
}

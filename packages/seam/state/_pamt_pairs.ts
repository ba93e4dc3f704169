import { BLOCK_FRAMES, firstFrame, type FrameChunk, nthFrame, rankOf } from "@tdx/core";

/** The pair of pages that holds the PAMT entries of the 4 KiB pages of a 2 MiB region. */
export interface Pair {
  /** Frames of the two pages. */
  readonly pages: readonly [number, number];
  /** How many pages of the region are in use. */
  used: number;
}

/**
 * The pairs of Dynamic PAMT, by the number of their region: frame number by 512. What counts is pages
 * of 4 KiB: one of 2 MiB or 1 GiB has no pair.
 */
export class PamtPairs {
  readonly #pairs = new Map<number, Pair>();

  get(region: number): Pair | undefined {
    return this.#pairs.get(region);
  }

  add(region: number, pages: readonly [number, number], used: number): void {
    this.#pairs.set(region, { pages, used });
  }

  remove(region: number): void {
    this.#pairs.delete(region);
  }

  list(): [number, Pair][] {
    return [...this.#pairs].sort(([a], [b]) => a - b);
  }

  /** How many frames at the beginning of a chunk lie in regions that have a pair, or that have none. */
  alike(chunk: FrameChunk, hasPair: boolean): number {
    for (const [region] of regionsOf(chunk)) {
      if (this.#pairs.has(region) !== hasPair) return rankOf(chunk, region * BLOCK_FRAMES);
    }
    return chunk.count;
  }

  /** Counts pages that are in use from now on; gives the pairs of which they are the first. */
  take(chunk: FrameChunk): Pair[] {
    const begun: Pair[] = [];
    for (const [region, count] of regionsOf(chunk)) {
      const pair = this.#pairs.get(region)!;
      if (pair.used === 0) begun.push(pair);
      pair.used += count;
    }
    return begun;
  }

  /** Counts pages that are in use no more; gives the regions of which they were the last. */
  release(chunk: FrameChunk): number[] {
    const emptied: number[] = [];
    for (const [region, count] of regionsOf(chunk)) {
      const pair = this.#pairs.get(region)!;
      pair.used -= count;
      if (pair.used === 0) emptied.push(region);
    }
    return emptied;
  }
}

/** The regions that have frames of a chunk, ascending, with how many. */
export function* regionsOf(chunk: FrameChunk): Generator<[region: number, count: number]> {
  const last = Math.floor(nthFrame(chunk, chunk.count - 1) / BLOCK_FRAMES);
  let before = 0;
  for (let region = Math.floor(firstFrame(chunk) / BLOCK_FRAMES); region <= last; region++) {
    const rank = region === last ? chunk.count : rankOf(chunk, (region + 1) * BLOCK_FRAMES);
    if (rank > before) yield [region, rank - before];
    before = rank;
  }
}

import { chunkHolds, type FrameChunk, rankOf } from "@tdx/core";

/** A lock is wanted alone, or together with others that share it. */
export type LockMode = "exclusive" | "shared";

/** The locks of PAMT entries that someone else holds right now: few at any time. */
export class PageLocks {
  readonly #exclusive = new Set<number>();
  /** Frames of running vCPUs and their TDRs, with how many hold them. */
  readonly #shared = new Map<number, number>();

  lock(frame: number): void {
    if (!this.isFree(frame, 1, "exclusive")) {
      throw new RangeError(`Expected a page that nobody has locked, got frame ${frame}`);
    }
    this.#exclusive.add(frame);
  }

  unlock(frame: number): void {
    if (!this.#exclusive.delete(frame)) {
      throw new RangeError(`Expected a page that was locked, got frame ${frame}`);
    }
  }

  share(frame: number): void {
    this.#shared.set(frame, (this.#shared.get(frame) ?? 0) + 1);
  }

  unshare(frame: number): void {
    const holders = this.#shared.get(frame)! - 1;
    if (holders === 0) this.#shared.delete(frame);
    else this.#shared.set(frame, holders);
  }

  /** Whether the lock of the page at `frame`, as long as `span`, can be had. */
  isFree(frame: number, span: number, mode: LockMode): boolean {
    return !this.#held(mode).some((held) => held >= frame && held < frame + span);
  }

  /** How many pages of `span` frames at the beginning of a chunk have free locks. */
  freePages(chunk: FrameChunk, span: number, mode: LockMode): number {
    const ranks = this.#held(mode).filter((frame) => chunkHolds(chunk, frame))
      .map((frame) => Math.floor(rankOf(chunk, frame) / span));
    return Math.min(chunk.count / span, ...ranks);
  }

  #held(mode: LockMode): readonly number[] {
    const shared = mode === "shared" ? NOBODY : this.#shared;
    if (this.#exclusive.size + shared.size === 0) return NONE;
    return [...this.#exclusive, ...shared.keys()];
  }
}

const NOBODY: ReadonlyMap<number, number> = new Map();
/** Almost always: so that nothing is made for it. */
const NONE: readonly number[] = [];

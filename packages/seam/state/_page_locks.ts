import { chunkHolds, type FrameChunk, rankOf } from "@tdx/core";

/** A lock is wanted alone, or together with others that share it. */
export type LockMode = "exclusive" | "shared";

/** The locks of PAMT entries that someone else holds right now: few at any time. */
export class PageLocks {
  /** Pages that the SEAMCALL in progress has locked, as first frame and count. */
  readonly #own: [number, number][] = [];
  readonly #exclusive = new Set<number>();
  /** Frames of the TDVPRs of running vCPUs: a walk locks the larger pages that they lie in, too. */
  readonly #walked = new Set<number>();
  /** Frames of their TDRs, with how many hold them: the lock of no more than the entry. */
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

  /** A vCPU with its TDVPR and TDR goes inside, and shares their locks. */
  share(tdvpr: number, tdr: number): void {
    this.#walked.add(tdvpr);
    this.#shared.set(tdr, (this.#shared.get(tdr) ?? 0) + 1);
  }

  unshare(tdvpr: number, tdr: number): void {
    this.#walked.delete(tdvpr);
    const holders = this.#shared.get(tdr)! - 1;
    if (holders === 0) this.#shared.delete(tdr);
    else this.#shared.set(tdr, holders);
  }

  /** Forgets what the SEAMCALL before had locked. */
  begin(): void {
    this.#own.length = 0;
  }

  /**
   * Takes the lock of a page for the SEAMCALL in progress, unless someone holds it: that SEAMCALL
   * too, for it may not lock a page twice, nor a page within one (M5).
   */
  take(frame: number, span: number, mode: LockMode): boolean {
    const isOwn = this.#own.some(([own, count]) => own < frame + span && frame < own + count);
    if (isOwn || !this.isFree(frame, span, mode)) return false;
    this.#own.push([frame, span]);
    return true;
  }

  /** Whether nobody else holds the lock of the page at `frame`, as long as `span`. */
  isFree(frame: number, span: number, mode: LockMode): boolean {
    return !this.#held(span, mode).some((held) => held >= frame && held < frame + span);
  }

  /** How many pages of `span` frames at the beginning of a chunk have free locks. */
  freePages(chunk: FrameChunk, span: number, mode: LockMode): number {
    const ranks = this.#held(span, mode).filter((frame) => chunkHolds(chunk, frame))
      .map((frame) => Math.floor(rankOf(chunk, frame) / span));
    return Math.min(chunk.count / span, ...ranks);
  }

  #held(span: number, mode: LockMode): readonly number[] {
    if (mode === "shared" || this.#walked.size === 0) {
      return this.#exclusive.size === 0 ? NONE : [...this.#exclusive];
    }
    return [...this.#exclusive, ...this.#walked, ...span === 1 ? this.#shared.keys() : NONE];
  }
}

/** Almost always: so that nothing is made for it. */
const NONE: readonly number[] = [];

/** A part of a TD that has a lock of its own. */
export interface TdPart {
  /** Address of the TDR in bytes. */
  readonly tdr: number;
  /** The part, by the name of its operand. */
  readonly part: "SEPT_TREE" | "TD_EPOCH" | "OP_STATE";
}

/** What has a lock besides the pages: the key ownership table, and parts of each TD (M10). */
export type LockedPart = "KOT" | TdPart;

/** The locks that someone else holds on parts. */
export class PartLocks {
  readonly #held: { readonly name: string; readonly mode: LockMode }[] = [];

  lock(part: LockedPart, mode: LockMode): void {
    const name = partName(part);
    if (!this.isFree(part, mode)) {
      throw new RangeError(`Expected a lock that nobody holds, got that of ${name}`);
    }
    this.#held.push({ name, mode });
  }

  unlock(part: LockedPart): void {
    const name = partName(part);
    const at = this.#held.findIndex((held) => held.name === name);
    if (at < 0) throw new RangeError(`Expected a lock that was taken, got that of ${name}`);
    this.#held.splice(at, 1);
  }

  /** Whether the lock of a part can be had. */
  isFree(part: LockedPart, mode: LockMode): boolean {
    if (this.#held.length === 0) return true;
    const name = partName(part);
    return !this.#held.some((held) =>
      held.name === name && (mode === "exclusive" || held.mode === "exclusive")
    );
  }
}

function partName(part: LockedPart): string {
  return part === "KOT" ? part : `${part.part} of 0x${part.tdr.toString(16)}`;
}

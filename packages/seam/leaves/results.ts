import type { FrameChunk } from "@tdx/core";
import type { PageLevel, PageType } from "../state/page_type.ts";

/**
 * Pages that a leaf takes: the address of one page in bytes, or many 4 KiB frames, as a `FrameMap`
 * or `chunksOf` of `@tdx/core` gives them.
 */
export type Pages = number | FrameChunk;

/** What a SEAMCALL gives back. */
export interface SeamcallResult {
  /** The completion status; see {@link decodeStatus}. */
  readonly status: bigint;
}

/**
 * What became of pages given to a leaf that takes one page per SEAMCALL.
 *
 * The pages are taken in ascending order, one SEAMCALL each. `pages` are the first ones, as far as
 * they had the same fate: on success all of them were done; a refusal concerns one page. Go on
 * with `rest` as the host sees fit, until it is `null`.
 */
export interface PagesResult extends SeamcallResult {
  /** The frames the status is about. */
  readonly pages: FrameChunk;
  /** The frames that no SEAMCALL was issued for yet; `null` if there are none. */
  readonly rest: FrameChunk | null;
}

/** What became of pages that were to be reclaimed, and what they were. */
export interface ReclaimResult extends PagesResult {
  /** What the pages were used for; `null` where the refusal came before that was known. */
  readonly type: PageType | null;
  /** Address of the owner's TDR in bytes; `null` for a TDR, or as above. */
  readonly owner: number | null;
  /** Size of the pages; `null` as above. */
  readonly level: PageLevel | null;
  /** R9: bit 62 where one of the pages was the last of its region, whose PAMT pair can go now. */
  readonly r9: bigint;
  /** These regions of 2 MiB, by their address in bytes; none without Dynamic PAMT. */
  readonly removable: readonly number[];
}

/**
 * What became of consecutive SEAMCALLs of one leaf: the first `count` of them had the same fate.
 * On success they were done; a refusal concerns one, but TD_FATAL all of them. Go on behind them.
 */
export interface CountResult extends SeamcallResult {
  /** How many SEAMCALLs, and so how many pages, the status is about. */
  readonly count: number;
}

/** What became of guest pages that were to be removed. */
export interface RemoveResult extends CountResult {
  /** The frames that were removed; `null` where the removal was refused. */
  readonly pages: FrameChunk | null;
  /**
   * RCX: the address of the first page, with bit 62 where one of the pages was the last of its
   * region, whose PAMT pair can go now; or the Secure EPT entry that the refusal is about, as the
   * host sees it; else 0.
   */
  readonly rcx: bigint;
  /** These regions of 2 MiB, by their address in bytes; none without Dynamic PAMT. */
  readonly removable: readonly number[];
}

/** A Secure EPT page that a larger page took the place of, and its pair of Dynamic PAMT. */
export interface PromoteResult extends RemoveResult {
  /** R12 and R13: addresses of the PAMT pair of a region that became one page; else `null`. */
  readonly pair: readonly [number, number] | null;
}

/** A pair of Dynamic PAMT that the host has back. */
export interface PamtRemoveResult extends SeamcallResult {
  /** RDX and R8: addresses of the two pages in bytes, uncleared; `null` where it was refused. */
  readonly pair: readonly [number, number] | null;
}

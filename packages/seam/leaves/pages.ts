import { type FrameChunk, PAGE_BYTES } from "@tdx/core";
import { runOf, splitChunk } from "@tdx/core";
import type { Pages } from "./_checks.ts";
import type { LockMode } from "../state/_page_locks.ts";
import type { SeamcallResult } from "../state/seamcalls.ts";
import type { SeamState } from "../state/_seam_state.ts";

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
  /** The frames that no SEAMCALL was issued for yet; `null` for none. */
  readonly rest: FrameChunk | null;
}

/** The result of a refusal, which concerns the first page. */
export function refused(status: bigint, pages: Pages, span: number = 1): PagesResult {
  const chunk = typeof pages === "number" ? runOf(Math.floor(pages / PAGE_BYTES), span) : pages;
  const [page, rest] = splitChunk(chunk, span);
  return { status, pages: page, rest };
}

/** The result of a success for the first pages of a chunk. */
export function done(status: bigint, chunk: FrameChunk, frames: number): PagesResult {
  const [pages, rest] = splitChunk(chunk, frames);
  return { status, pages, rest };
}

/**
 * How many pages at the beginning of a chunk go like the first one, which passed: up to a lock, or
 * to the SEAMCALL that meets an injected fault.
 */
export function alike(
  { calls, locks }: SeamState,
  chunk: FrameChunk,
  span: number,
  mode: LockMode,
): number {
  return Math.min(1 + calls.quiet, locks.freePages(chunk, span, mode));
}

/** Refuses a chunk that is no row of whole pages of `span` frames. */
export function requireWholePages(pages: Pages, span: number): void {
  if (typeof pages === "number" || span === 1) return;
  if (pages.words !== null || pages.count % span !== 0) {
    throw new RangeError(
      `Expected a contiguous chunk of whole pages of ${span} frames, got ${pages.count} frames`,
    );
  }
}

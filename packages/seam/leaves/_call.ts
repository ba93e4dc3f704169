import { type FrameChunk, PAGE_BYTES, rankOf, runOf, splitChunk } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import type { SeamState } from "../state/_seam_state.ts";
import type { LeafName } from "../state/seamcalls.ts";
import { status } from "../status/seamcall_status.ts";
import type { CountResult, Pages, PagesResult, SeamcallResult } from "./results.ts";

/** What goes into registers, by name: whole numbers from 0. */
type Operands = Readonly<Record<string, number>>;

/** The first frames of a chunk, and those that are left. */
export type Split = readonly [FrameChunk, FrameChunk | null];

/** Bit 62, which hints that a pair of Dynamic PAMT has become removable. */
const REMOVAL_HINT = 1n << 62n;

/** The hint that a register has where regions have become empty. */
export function removalHint(removable: readonly number[]): bigint {
  return removable.length > 0 ? REMOVAL_HINT : 0n;
}

/** The status that every leaf hopes for. */
export const SUCCESS: bigint = status("SUCCESS");
const TD_FATAL = status("TD_FATAL");

/**
 * Issues a SEAMCALL and counts it; one that ends in an error was not issued.
 *
 * `body` is the leaf: its checks in the module's order, then what it does. It gives the status.
 */
export function call(
  state: SeamState,
  leaf: LeafName,
  operands: Operands,
  body: () => bigint,
): SeamcallResult {
  begin(state, operands);
  const status = body();
  state.calls.end(leaf, 1);
  return { status };
}

/**
 * Issues a SEAMCALL up to `times` times, as long as they have the same fate. A TD that is fatal
 * refuses all of them (M9); any other refusal is of one.
 *
 * `body` is the leaf, as for {@link call}; where it succeeds it gives how many SEAMCALLs did.
 */
export function callTimes(
  state: SeamState,
  leaf: LeafName,
  operands: Operands,
  times: number,
  body: () => bigint | number,
): CountResult {
  begin(state, operands);
  const outcome = body();
  const isRefused = typeof outcome === "bigint";
  const refused = outcome === TD_FATAL ? Math.min(times, state.calls.quiet) : 1;
  const count = isRefused ? refused : outcome;
  state.calls.end(leaf, count);
  return { status: isRefused ? outcome : SUCCESS, count };
}

/**
 * Issues a SEAMCALL for each page of `span` frames, in ascending order, as long as they have the
 * same fate.
 *
 * `body` is the leaf: it checks the first page, then deals with all that go like it. It gives the
 * status of a refusal, or the frames that it dealt with and those that are left.
 */
export function callForPages(
  state: SeamState,
  leaf: LeafName,
  operands: Operands,
  pages: Pages,
  span: number,
  body: () => bigint | Split,
): PagesResult {
  requirePages(pages, state.pamt.frames);
  begin(state, operands);
  const outcome = body();
  const isRefused = typeof outcome === "bigint";
  const [done, rest] = isRefused ? splitChunk(chunkFrom(pages, span), span) : outcome;
  state.calls.end(leaf, done.count / span);
  return { status: isRefused ? outcome : SUCCESS, pages: done, rest };
}

function begin({ calls, locks }: SeamState, operands: Operands): void {
  for (const name in operands) requireWhole(name, operands[name], 0);
  calls.begin();
  locks.begin();
}

/** The frames of a chunk, or of the page of `span` frames that an address is in. */
export function chunkFrom(pages: Pages, span: number): FrameChunk {
  return typeof pages === "number" ? runOf(Math.floor(pages / PAGE_BYTES), span) : pages;
}

function requirePages(pages: Pages, frames: number): void {
  if (typeof pages === "number") return requireWhole("pages", pages, 0);
  const { frame, count } = pages;
  if (rankOf(pages, frames) === count) return;
  throw new RangeError(`Expected frames from 0 to ${frames - 1}, got ${count} from ${frame} on`);
}

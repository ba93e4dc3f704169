import { type FrameChunk, PAGE_BYTES, rankOf, runOf, splitChunk } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import type { SeamState } from "../state/_seam_state.ts";
import type { LeafName } from "../state/seamcalls.ts";
import { status } from "../status/seamcall_status.ts";
import type { OperandName, StatusName } from "../status/status_codes.ts";
import type { Pages, PagesResult, SeamcallResult } from "./results.ts";

/** What goes into registers, by name: whole numbers from 0. */
type Operands = Readonly<Record<string, number>>;

/** The first frames of a chunk, and those that are left. */
export type Split = readonly [FrameChunk, FrameChunk | null];

/** Ends a SEAMCALL early. It never leaves {@link call}: to the host a refusal is a status. */
class Refusal {
  constructor(readonly status: bigint) {}
}

const SUCCESS = status("SUCCESS");

/** Ends the SEAMCALL in progress with a status. */
export function refuse(name: StatusName, operand?: OperandName): never {
  throw new Refusal(status(name, operand));
}

/**
 * Issues a SEAMCALL and counts it; one that ends in an error was not issued.
 *
 * `body` is the leaf: its checks in the module's order, then what it does. It gives how many
 * SEAMCALLs went the same way, where that can be more than one.
 */
export function call(
  state: SeamState,
  leaf: LeafName,
  operands: Operands,
  body: () => number | void,
): SeamcallResult {
  for (const [name, value] of Object.entries(operands)) requireWhole(name, value, 0);
  state.calls.begin();
  const { status, times } = outcome(body);
  state.calls.end(leaf, times);
  return { status };
}

function outcome(body: () => number | void): { status: bigint; times: number } {
  try {
    return { status: SUCCESS, times: body() ?? 1 };
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, times: 1 };
    throw error;
  }
}

/**
 * Issues a SEAMCALL for each page of `span` frames, in ascending order, as long as they have the
 * same fate.
 *
 * `body` is the leaf: it checks the first page, then deals with all that go like it. It gives their
 * frames, and those that are left.
 */
export function callForPages(
  state: SeamState,
  leaf: LeafName,
  operands: Operands,
  pages: Pages,
  span: number,
  body: () => Split,
): PagesResult {
  requirePages(pages, state.pamt.frames);
  let split: Split | undefined;
  const result = call(state, leaf, operands, () => {
    split = body();
    return split[0].count / span;
  });
  const [done, rest] = split ?? splitChunk(chunkFrom(pages, span), span);
  return { ...result, pages: done, rest };
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

import { type FrameChunk, splitChunk } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import { hex } from "../_hex.ts";
import type { SeamState } from "../state/_seam_state.ts";
import { pageBytes } from "../state/page_type.ts";
import type { Piece } from "../state/pamt.ts";
import type { Td } from "../state/td.ts";

/**
 * TDG.MEM.PAGE.ACCEPT for consecutive pages: all of them, or an error. An interrupt ends it within a
 * larger page, whose first lines are zeroed then; the page stays pending (M11).
 */
export function acceptPages(
  state: SeamState,
  tdr: number,
  gpa: number,
  level: number,
  pages: number,
): boolean {
  requireWhole("pages", pages, 1);
  const td = state.tds.get(tdr);
  if (td?.lifeCycle !== "KEYS_CONFIGURED") {
    throw new RangeError(`Expected the TDR of a live TD, got ${hex(tdr)}`);
  }
  const page = gpa / pageBytes(level);
  const isPending = Number.isInteger(page) &&
    td.sept.leaves[level]?.present(page, pages) === pages &&
    td.sept.unblocked(page, level, pages) === pages &&
    [...pieces(state, td, page, level, pages)].every(({ entry }) => entry?.mapping === "pending");
  if (!isPending) {
    throw new RangeError(`Expected ${pages} pending pages of level ${level} at GPA ${hex(gpa)}`);
  }
  const interrupt = level > 0 ? state.calls.takeAcceptInterrupt() : undefined;
  if (interrupt !== undefined) {
    const { frames } = td.sept.leaves[level]!.translate(page, 1);
    state.write(splitChunk(frames, interrupt)[0], td.key!);
    return false;
  }
  for (const { pages: frames, entry } of pieces(state, td, page, level, pages)) {
    state.write(frames, td.key!);
    state.pamt.change(frames, entry!, { ...entry!, mapping: "mapped" });
  }
  return true;
}

/** The frames of guest pages that are there, by what the PAMT says of them. */
function* pieces(
  { pamt }: SeamState,
  { sept }: Td,
  page: number,
  level: number,
  pages: number,
): Generator<Piece> {
  for (let done = 0; done < pages;) {
    const { count, frames } = sept.leaves[level]!.translate(page + done, pages - done);
    for (let rest: FrameChunk | null = frames; rest !== null;) {
      const piece: Piece = pamt.piece(rest);
      yield piece;
      rest = piece.rest;
    }
    done += count;
  }
}

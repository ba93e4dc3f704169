import type { SeamState } from "../state/_seam_state.ts";
import { pageBytes, type Td } from "../state/td.ts";

/** TDG.MEM.PAGE.ACCEPT for consecutive pages: all of them, or an error. */
export function acceptPages(
  state: SeamState,
  tdr: number,
  gpa: number,
  level: number,
  pages: number,
): void {
  const td = state.tds.get(tdr);
  const bytes = pageBytes(level);
  if (td === undefined || td.lifeCycle !== "KEYS_CONFIGURED") {
    throw new RangeError(`Expected the TDR of a live TD, got 0x${tdr.toString(16)}`);
  }
  const page = gpa / bytes;
  if (!isPending(state, td, page, level, pages)) {
    throw new RangeError(
      `Expected ${pages} pending pages of ${bytes} bytes at GPA 0x${gpa.toString(16)}`,
    );
  }
  for (let done = 0; done < pages;) {
    const { count, frames } = td.leaves[level]!.translate(page + done, pages - done);
    for (let rest: typeof frames | null = frames; rest !== null;) {
      const piece = state.pamt.piece(rest);
      state.write(piece.pages, td.key!);
      state.pamt.change(piece.pages, piece.entry!, { ...piece.entry!, mapping: "mapped" });
      rest = piece.rest;
    }
    done += count;
  }
}

function isPending(
  { pamt }: SeamState,
  td: Td,
  page: number,
  level: number,
  pages: number,
): boolean {
  const extents = td.leaves[level];
  if (extents === undefined || !Number.isInteger(page)) return false;
  if (extents.present(page, pages) < pages) return false;
  for (let done = 0; done < pages;) {
    const { count, frames } = extents.translate(page + done, pages - done);
    for (let rest: typeof frames | null = frames; rest !== null;) {
      const piece = pamt.piece(rest);
      if (piece.entry?.mapping !== "pending") return false;
      rest = piece.rest;
    }
    done += count;
  }
  return true;
}

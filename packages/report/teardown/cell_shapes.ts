import { PAGE_BYTES } from "@tdx/core";
import { BAD_FATES, type CellCounts, type MemoryMap } from "./map_memory.ts";
import type { PageFate } from "@tdx/reclaim";

/** Width of a cell in the drawing. */
export const CELL = 16;

/** The worst fate in a cell, `null` where none is bad. */
export function worstOf(counts: CellCounts): PageFate | null {
  return BAD_FATES.find((fate) => counts[fate] > 0) ?? null;
}

/** Width of a cell's mark: it grows with the logarithm of the pages, so that one page shows too. */
export function markWidth(pages: number, { cellBytes }: Pick<MemoryMap, "cellBytes">): number {
  const share = Math.log(Math.max(pages, 1)) / Math.log(Math.max(cellBytes / PAGE_BYTES, 2));
  return (0.36 + 0.54 * Math.min(share, 1)) * CELL;
}

/** The outline of a mark around a point: each fate has a shape of its own. */
export function markPath(fate: PageFate, x: number, y: number, width: number): string {
  const half = round(width / 2);
  if (fate === "poisoned") {
    return `M${x} ${round(y - half)}l${half} ${half}l${-half} ${half}l${-half} ${-half}z`;
  }
  return `M${round(x - half)} ${round(y - half)}h${round(width)}v${round(width)}h${-round(width)}z`;
}

/** The corner of a cell around a point, for what is in it besides. */
export function cornerPath(x: number, y: number): string {
  return `M${x + CELL / 2 - 0.5} ${y - CELL / 2 + 0.5}v7l-7-7z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

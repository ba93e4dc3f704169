import { PAGE_BYTES } from "@tdx/core";
import type { PageFate } from "@tdx/reclaim";
import type { MemoryMap } from "./map_memory.ts";

/** Width of a cell in the drawing. */
export const CELL = 16;

/** Width of a cell's mark: it grows with the logarithm of the pages, so that one page shows too. */
export function markWidth(pages: number, { cellBytes }: Pick<MemoryMap, "cellBytes">): number {
  const share = Math.log(Math.max(pages, 1)) / Math.log(Math.max(cellBytes / PAGE_BYTES, 2));
  return (0.36 + 0.54 * Math.min(share, 1)) * CELL;
}

/** The outline of a mark around a point: poison that waits has a shape of its own. */
export function markPath(fate: PageFate, x: number, y: number, width: number): string {
  const half = round(width / 2);
  if (fate === "poisoned") {
    return `M${x} ${round(y - half)}l${half} ${half}l${-half} ${half}l${-half} ${-half}z`;
  }
  return `M${round(x - half)} ${round(y - half)}h${round(width)}v${round(width)}h${-round(width)}z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

import {
  forEachFrame,
  type FrameChunk,
  FrameMap,
  LINE_BYTES,
  PAGE_BYTES,
  type PhysicalMemory,
  type Poison,
} from "@tdx/core";
import { requireOptions, requireWhole } from "@tdx/core/arguments";
import { PAGE_FATES, type PageFate, type TdHost } from "@tdx/reclaim";
import type { PageType } from "@tdx/seam";

/** Pages by what became of them. */
export type CellCounts = Readonly<Record<PageFate, number>>;

/** A page that is listed by its address. */
export interface ListedPage {
  /** Its address in bytes. */
  readonly pa: number;
  /** What became of it. */
  readonly fate: PageFate;
  /** What the PAMT says of it now; `null` outside every TDMR. */
  readonly type: PageType | null;
  /** How many of its 64 lines are poisoned. */
  readonly poisonedLines: number;
  /** Where their poison came from. */
  readonly origins: readonly Poison[];
}

/** The memory of a host after a teardown, in equal stretches. */
export interface MemoryMap {
  /** Memory of the host in bytes. */
  readonly bytes: number;
  /** What a cell stands for, in bytes; the last one may be cut short. */
  readonly cellBytes: number;
  /** The cells, ascending. */
  readonly cells: readonly CellCounts[];
  /** All of them together. */
  readonly total: CellCounts;
  /**
   * The retired pages of each cell by where the poison in them came from; one with two origins
   * counts twice.
   */
  readonly retiredBy: Readonly<Record<Poison, readonly number[]>>;
  /** The first pages of each fate that is bad for the host, the worst fate first. */
  readonly listed: readonly ListedPage[];
}

/** How fine a map is. */
export interface MapOptions {
  /** Into how many cells memory is cut; default 1024. */
  readonly cells?: number;
  /** How many pages of each fate are listed; default 10. */
  readonly list?: number;
}

const OPTIONS: readonly (keyof MapOptions)[] = ["cells", "list"];

/** The fates that are bad for a host, the worst first. */
export const BAD_FATES: readonly PageFate[] = ["retired", "poisoned", "leaked"];

const RETIRED = PAGE_FATES.indexOf("retired");

/**
 * Draws a host's memory together into a map.
 *
 * @param host The host after the teardown.
 * @param fates What became of its pages, as `followPages` tells.
 * @param options Cells, and pages to list.
 * @returns The map.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If cells are not a positive whole number, or the fates are not of this memory.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, followPages } from "@tdx/reclaim";
 * import { mapMemory } from "@tdx/report";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const host = createTdHost({ platform: spr, guestBytes: 4 * MiB, vcpus: 1 });
 * const { onBack, fates } = followPages(host);
 * await createReclaimer({ memory: host.memory, policy: "never" })
 *   .teardown(host.module, host.tdr, { reuse: true, onBack });
 * const { cellBytes, cells } = mapMemory(host, fates(), { cells: 256 });
 * assertEquals([cellBytes, cells[0]?.retired, cells[1]?.retired], [4 * MiB, 1024, 0]);
 * ```
 */
export function mapMemory(
  host: Pick<TdHost, "memory" | "module">,
  fates: FrameMap,
  options: MapOptions = {},
): MemoryMap {
  requireOptions("options", options, OPTIONS);
  const { cells = 1024, list = 10 } = options;
  requireWhole("cells", cells, 1);
  requireWhole("list", list, 0);
  const { bytes } = host.memory;
  if (fates.frames * PAGE_BYTES !== bytes) {
    throw new RangeError(
      `Expected the fates of ${bytes} bytes, got those of ${fates.frames} pages`,
    );
  }
  const frames = Math.ceil(fates.frames / cells);
  const found = new Map(BAD_FATES.map((fate): [PageFate, number[]] => [fate, []]));
  const counted = cellsOf(fates, frames, noPages, (counts, chunk) => {
    const fate = PAGE_FATES[chunk.value]!;
    counts[fate] += chunk.count;
    takeFirst(chunk, found.get(fate), list);
  });
  return {
    bytes,
    cellBytes: frames * PAGE_BYTES,
    cells: counted,
    total: sum(counted),
    retiredBy: retiredBy(host.memory, fates, frames),
    listed: [...found].flatMap(([fate, pages]) =>
      pages.map((frame) => pageAt(host, frame * PAGE_BYTES, fate))
    ),
  };
}

/** Draws a map of frames together, cell by cell of as many frames. */
function cellsOf<Cell>(
  map: FrameMap,
  frames: number,
  empty: () => Cell,
  add: (cell: Cell, chunk: FrameChunk) => void,
): Cell[] {
  return Array.from({ length: Math.ceil(map.frames / frames) }, (_, i) => {
    const cell = empty();
    const start = i * frames;
    map.forEach(start, Math.min(frames, map.frames - start), (chunk) => add(cell, chunk));
    return cell;
  });
}

function noPages(): Record<PageFate, number> {
  return { other: 0, free: 0, used: 0, leaked: 0, poisoned: 0, retired: 0 };
}

function sum(cells: readonly CellCounts[]): CellCounts {
  const total = noPages();
  for (const counts of cells) {
    for (const fate of PAGE_FATES) total[fate] += counts[fate];
  }
  return total;
}

/** Chunk by chunk, for a terabyte can be retired; the fates stay as they are. */
function retiredBy(
  memory: PhysicalMemory,
  fates: FrameMap,
  frames: number,
): MemoryMap["retiredBy"] {
  const cells = (origin: Poison) => {
    const struck = new FrameMap(fates.frames, 0);
    memory.forEachPagesWith((state) => state.memory.poison === origin, (pages) => {
      fates.updateChunk(pages, (fate, chunk) => {
        if (fate === RETIRED) struck.updateChunk(chunk, () => 1);
        return fate;
      });
    });
    return cellsOf(struck, frames, () => ({ pages: 0 }), (cell, { value, count }) => {
      cell.pages += value * count;
    }).map(({ pages }) => pages);
  };
  return {
    "integrity": cells("integrity"),
    "partial-write": cells("partial-write"),
    "hardware-transient": cells("hardware-transient"),
    "hardware-stuck": cells("hardware-stuck"),
  };
}

/** Keeps the first frames, as long as there are not enough. */
function takeFirst(chunk: FrameChunk, kept: number[] | undefined, most: number): void {
  if (kept === undefined || kept.length >= most) return;
  const room = most - kept.length;
  const first = chunk.words === null ? { ...chunk, count: Math.min(chunk.count, room) } : chunk;
  forEachFrame(first, (frame) => {
    if (kept.length < most) kept.push(frame);
  });
}

function pageAt(
  { memory, module }: Pick<TdHost, "memory" | "module">,
  pa: number,
  fate: PageFate,
): ListedPage {
  const origins: Poison[] = [];
  for (let line = pa; line < pa + PAGE_BYTES; line += LINE_BYTES) {
    const { poison } = memory.state(line).memory;
    if (poison !== null) origins.push(poison);
  }
  return {
    pa,
    fate,
    type: module.page(pa)?.type ?? null,
    poisonedLines: origins.length,
    origins: [...new Set(origins)],
  };
}

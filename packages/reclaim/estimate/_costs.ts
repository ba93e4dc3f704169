import { GiB, type Known } from "@tdx/core";
import { tdPages } from "../td_host/_td_pages.ts";
import { TEARDOWN_PATHS, type TeardownPath } from "../teardown/options.ts";
import { exactly } from "./_interval.ts";
import { type ClearOrigin, clearOrigin, type ClearReading, givenNsPerPage } from "./clear.ts";
import {
  MEASURED_CLEAR,
  PACKAGES,
  PUBLISHED_SAVING,
  PUBLISHED_SHUTDOWNS,
  type PublishedShutdown,
} from "./figures.ts";

/** The TD, how it is shut down, and which cost of a clear to reckon with. */
export interface CostOptions {
  /** Guest memory in bytes, a multiple of 4 KiB. */
  readonly guestBytes: number;
  /** Virtual CPUs, 1 to 65535. */
  readonly vcpus: number;
  /** The path. */
  readonly path: TeardownPath;
  /** Which cost of a clear. */
  readonly clear: ClearReading;
}

/** What a shutdown does, as far as it takes time. */
export interface Work {
  readonly vcpuFlushes: number;
  readonly cacheWriteBacks: number;
  /** Pages of 4 KiB that come back, control pages included. */
  readonly pages: number;
  /** Those of them that are cleared. */
  readonly pagesCleared: number;
}

/** One reading of the published table, and what a clear costs by it. */
export interface CostCase {
  /** Seconds of the whole shutdown with every page cleared. */
  readonly total: Known;
  readonly clearNsPerPage: Known;
}

/** What each piece of work costs. */
export interface Costs {
  readonly path: TeardownPath;
  readonly clear: ClearOrigin;
  /** A whole shutdown with every page cleared, which is what the published table timed. */
  readonly whole: Work;
  /**
   * One for a memory size that is in the published table; two between its points, by the two
   * straight lines (E2); one without a total outside it.
   */
  readonly cases: readonly CostCase[];
  /** The points of the table they come from, one or two; outside it the first and the last. */
  readonly points: readonly PublishedShutdown[];
  /** Whether the table reaches this memory size. */
  readonly insideTable: boolean;
}

/**
 * Finds out what a shutdown's pieces of work cost.
 *
 * @throws {RangeError} If no TD has this memory or these vCPUs, there is no such clear, or it takes
 * longer than the whole published shutdown.
 */
export function costsOf({ guestBytes, vcpus, path, clear }: CostOptions): Costs {
  const origin = clearOrigin(clear);
  const { guest, control } = tdPages(guestBytes, vcpus);
  const pages = guest + control;
  const { totals, points } = readPublished(guestBytes);
  const mostNs = Math.min(...totals.map((seconds) => seconds[path] * 1e9 / pages));
  const ns = givenNsPerPage(clear)?.high ?? 0;
  if (ns > mostNs) {
    throw new RangeError(
      `Expected clear as at most ${Math.floor(mostNs)} ns a page, which is the whole published ` +
        `shutdown on the ${path} path, got ${ns}`,
    );
  }
  const insideTable = totals.length > 0;
  const cases = (insideTable ? totals : [null]).map((seconds) => ({
    total: seconds && exactly(seconds[path]),
    clearNsPerPage: clearNsPerPage(clear, seconds, pages),
  }));
  const whole = { vcpuFlushes: vcpus, cacheWriteBacks: PACKAGES, pages, pagesCleared: pages };
  return { path, clear: origin, whole, cases, points, insideTable };
}

/** Seconds of a shutdown with every page cleared, by path. */
type Totals = Readonly<Record<TeardownPath, number>>;

/**
 * Nanoseconds that clearing a page takes. The published bound is a share of the terminate path's
 * time: on the dynamic path the same pages are cleared the same way (E6), in a longer shutdown.
 */
function clearNsPerPage(clear: ClearReading, totals: Totals | null, pages: number): Known {
  const given = givenNsPerPage(clear);
  if (given !== null) return given;
  if (clear === "measured") return exactly(MEASURED_CLEAR.value);
  return totals && { low: 0, high: PUBLISHED_SAVING.value * totals.terminate * 1e9 / pages };
}

/** Reads the published table, whose GB are taken as GiB (E1); nothing is extrapolated. */
function readPublished(guestBytes: number): { totals: Totals[]; points: PublishedShutdown[] } {
  const first = PUBLISHED_SHUTDOWNS[0]!;
  const last = PUBLISHED_SHUTDOWNS.at(-1)!;
  const above = PUBLISHED_SHUTDOWNS.find((point) => bytesOf(point) >= guestBytes);
  if (guestBytes < bytesOf(first) || above === undefined) {
    return { totals: [], points: [first, last] };
  }
  if (bytesOf(above) === guestBytes) return { totals: [above.seconds], points: [above] };
  const below = PUBLISHED_SHUTDOWNS[PUBLISHED_SHUTDOWNS.indexOf(above) - 1]!;
  const way = (guestBytes - bytesOf(below)) / (bytesOf(above) - bytesOf(below));
  const between = (scale: (point: PublishedShutdown) => number) =>
    Object.fromEntries(TEARDOWN_PATHS.map((path) => [
      path,
      below.seconds[path] * scale(below) * (1 - way) + above.seconds[path] * scale(above) * way,
    ])) as Totals;
  return {
    totals: [between(() => 1), between((point) => guestBytes / bytesOf(point))],
    points: [below, above],
  };
}

function bytesOf({ memoryGb }: PublishedShutdown): number {
  return memoryGb * GiB;
}

import { GiB, type Interval } from "@tdx/core";
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
  readonly total: Interval;
  readonly clearNsPerPage: Interval;
}

/** What each piece of work costs. */
export interface Costs {
  readonly path: TeardownPath;
  readonly clear: ClearOrigin;
  /** A whole shutdown with every page cleared, which is what the published table timed. */
  readonly whole: Work;
  /**
   * One for a memory size that is in the published table; two between its points, by the two
   * straight lines (E2); some outside it, by what may go on from its last two points (E8).
   */
  readonly cases: readonly CostCase[];
  /** The points of the table they come from, one or two. */
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
  const { totals, points, insideTable } = readPublished(guestBytes);
  // Outside the table nothing speaks against a slow clear.
  const mostNs = !insideTable
    ? Infinity
    : Math.min(...totals.map((seconds) => seconds[path] * 1e9 / pages));
  const ns = givenNsPerPage(clear)?.high ?? 0;
  if (ns > mostNs) {
    throw new RangeError(
      `Expected clear as at most ${Math.floor(mostNs)} ns a page, which is the whole published ` +
        `shutdown on the ${path} path, got ${ns}`,
    );
  }
  const cases = totals.map((seconds) => ({
    total: exactly(seconds[path]),
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
function clearNsPerPage(clear: ClearReading, totals: Totals, pages: number): Interval {
  const given = givenNsPerPage(clear);
  if (given !== null) return given;
  if (clear === "measured") return exactly(MEASURED_CLEAR.value);
  return { low: 0, high: PUBLISHED_SAVING.value * totals.terminate * 1e9 / pages };
}

/** What the published table says of a memory size. */
interface Published {
  readonly totals: readonly Totals[];
  readonly points: readonly PublishedShutdown[];
  readonly insideTable: boolean;
}

/** Reads the published table, whose GB are taken as GiB (E1). */
function readPublished(guestBytes: number): Published {
  const first = PUBLISHED_SHUTDOWNS[0]!;
  const at = PUBLISHED_SHUTDOWNS.findIndex((point) => bytesOf(point) >= guestBytes);
  if (at < 0) {
    const [below, last] = PUBLISHED_SHUTDOWNS.slice(-2) as [PublishedShutdown, PublishedShutdown];
    return outside(guestBytes, last, below);
  }
  const above = PUBLISHED_SHUTDOWNS[at]!;
  if (bytesOf(above) === guestBytes) {
    return { totals: [above.seconds], points: [above], insideTable: true };
  }
  if (above === first) return outside(guestBytes, first, PUBLISHED_SHUTDOWNS[1]!);
  const below = PUBLISHED_SHUTDOWNS[at - 1]!;
  const totals = [
    secondsBy((path) => lineOf(guestBytes, below, above, (point) => point.seconds[path])),
    secondsBy((path) => guestBytes * lineOf(guestBytes, below, above, perByte(path))),
  ];
  return { totals, points: [below, above], insideTable: true };
}

/** What may go on from the nearest point of the table and the next one (E8). */
function outside(
  guestBytes: number,
  nearest: PublishedShutdown,
  next: PublishedShutdown,
): Published {
  const beyond = guestBytes > bytesOf(nearest);
  const ways = (path: TeardownPath): number[] => {
    const rate = perByte(path);
    const asNearest = guestBytes * rate(nearest);
    const asBefore = guestBytes * lineOf(guestBytes, nearest, next, rate);
    const straight = lineOf(guestBytes, nearest, next, (point) => point.seconds[path]);
    const more = guestBytes - bytesOf(nearest);
    // A time per page that falls for ever has larger TDs shut down sooner, and the line of a time that
    // grows faster than the TD has small ones shut down in no time.
    return beyond
      ? [
        asNearest,
        straight,
        Math.max(asBefore, asNearest),
        nearest.seconds[path] + more * Math.max(...PUBLISHED_SHUTDOWNS.map(rate)),
      ]
      : [asNearest, Math.max(straight, asNearest), asBefore];
  };
  const byPath = { dynamic: ways("dynamic"), terminate: ways("terminate") };
  return {
    totals: byPath.dynamic.map((_, i) => secondsBy((path) => byPath[path][i]!)),
    points: beyond ? [next, nearest] : [nearest, next],
    insideTable: false,
  };
}

/** The value at a memory size of the straight line through two points. */
function lineOf(
  guestBytes: number,
  from: PublishedShutdown,
  to: PublishedShutdown,
  value: (point: PublishedShutdown) => number,
): number {
  const way = (guestBytes - bytesOf(from)) / (bytesOf(to) - bytesOf(from));
  return value(from) * (1 - way) + value(to) * way;
}

function perByte(path: TeardownPath): (point: PublishedShutdown) => number {
  return (point) => point.seconds[path] / bytesOf(point);
}

function secondsBy(seconds: (path: TeardownPath) => number): Totals {
  return Object.fromEntries(TEARDOWN_PATHS.map((path) => [path, seconds(path)])) as Totals;
}

function bytesOf({ memoryGb }: PublishedShutdown): number {
  return memoryGb * GiB;
}

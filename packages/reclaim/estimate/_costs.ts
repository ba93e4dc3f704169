import type { Known } from "@tdx/core";
import { tdPages } from "../td_host/_td_pages.ts";
import type { TeardownPath } from "../teardown/options.ts";
import { PACKAGES } from "./assumptions.ts";
import { clearNsPerPage } from "./clear_cost.ts";
import type { ClearReading } from "./clear.ts";
import { exactly } from "./_interval.ts";
import { type PublishedReading, readPublished } from "./published_totals.ts";

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
  readonly options: CostOptions;
  /** A whole shutdown with every page cleared, which is what the published table timed. */
  readonly whole: Work;
  readonly published: PublishedReading;
  /** One for each reading of the table, one without a total outside it. */
  readonly cases: readonly CostCase[];
}

/**
 * Finds out what a shutdown's pieces of work cost.
 *
 * @throws {RangeError} Where memory or vCPUs are no TD's, or the clear is none or takes longer than
 * the whole published shutdown.
 */
export function costsOf(options: CostOptions): Costs {
  const { guestBytes, vcpus, path, clear } = options;
  const { guest, control } = tdPages(guestBytes, vcpus);
  const pages = guest + control;
  const published = readPublished(guestBytes);
  const readings = published.totals.length === 0 ? [null] : published.totals;
  const cases = readings.map((totals) => ({
    total: totals === null ? null : exactly(totals[path]),
    clearNsPerPage: clearNsPerPage(clear, totals, pages),
  }));
  const mostNs = Math.min(...cases.map(({ total }) => (total?.low ?? Infinity) * 1e9 / pages));
  const ns = mostOf(clear);
  if (ns > mostNs) {
    throw new RangeError(
      `Expected clear as at most ${Math.floor(mostNs)} ns a page, which is the whole published ` +
        `shutdown on the ${path} path, got ${ns}`,
    );
  }
  const whole = { vcpuFlushes: vcpus, cacheWriteBacks: PACKAGES, pages, pagesCleared: pages };
  return { options, whole, published, cases };
}

/** The most nanoseconds a page that the caller brings; what the project knows fits every shutdown. */
function mostOf(clear: ClearReading): number {
  if (typeof clear === "number") return clear;
  return typeof clear === "object" ? clear.nsPerPage.high : 0;
}

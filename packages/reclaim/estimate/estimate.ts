import type { Interval, Platform } from "@tdx/core";
import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import { type Kernel, linux } from "@tdx/linux/kernel";
import { decide, type Policy, policyClears } from "../decide.ts";
import { MAINLINE_PATH, TEARDOWN_PATHS, type TeardownPath } from "../teardown/options.ts";
import { type Costs, costsOf } from "./_costs.ts";
import { hull, weighted } from "./_interval.ts";
import type { ClearOrigin, ClearReading } from "./clear.ts";
import { ESTIMATE_ASSUMPTIONS, type EstimateAssumptionId } from "./figures.ts";
import { type ShutdownTime, timeOf } from "./shutdown_time.ts";

/** What {@link estimate} is asked. */
export interface EstimateOptions {
  /** The platform the host runs on. */
  readonly platform: Platform;
  /** Guest memory in bytes, a multiple of 4 KiB. */
  readonly guestBytes: number;
  /** Virtual CPUs, 1 to 65535. */
  readonly vcpus: number;
  /** The path; default {@link MAINLINE_PATH}. */
  readonly path?: TeardownPath;
  /** Which cost of a clear to reckon with; default `published`. */
  readonly clear?: ClearReading;
  /** The kernel, or its version; default the newest released one. */
  readonly kernel?: Kernel | string;
}

const ESTIMATE_OPTIONS: readonly (keyof EstimateOptions)[] = [
  "platform",
  "guestBytes",
  "vcpus",
  "path",
  "clear",
  "kernel",
];

/** What clearing a page costs. */
export interface ClearCost extends ClearOrigin {
  /** Nanoseconds a page of 4 KiB. */
  readonly nsPerPage: Interval;
  /** Share, 0 to 1, of a shutdown that clears every page. */
  readonly share: Interval;
}

/** A time and what part of the whole it is. */
export interface Saving {
  /** Seconds. */
  readonly seconds: Interval;
  /** Share, 0 to 1, of a shutdown that clears every page. */
  readonly share: Interval;
}

/** How long a shutdown takes under both policies. */
export interface Estimate {
  /** Name of the platform plugin. */
  readonly platform: string;
  /** The kernel's version or name. */
  readonly kernel: string;
  /** Which of the two is the kernel's way. */
  readonly policy: Policy | "unknown";
  /** The path. */
  readonly path: TeardownPath;
  /** Guest memory in bytes. */
  readonly memoryBytes: number;
  /** Virtual CPUs. */
  readonly vcpus: number;
  /** Pages of 4 KiB that come back, control pages included. */
  readonly pages: number;
  /** Whether the published table reaches this memory size; else the total is extrapolated (E8). */
  readonly insideTable: boolean;
  /** What a clear costs. */
  readonly clear: ClearCost;
  /** The shutdown that clears every page, as Linux 6.16 and 6.17. */
  readonly always: ShutdownTime;
  /** The shutdown that clears only with the erratum, as Linux from 6.18 on. */
  readonly quirk: ShutdownTime;
  /** What `quirk` saves against `always`. */
  readonly saved: Saving;
  /** What it takes for granted, by id in {@link ESTIMATE_ASSUMPTIONS}. */
  readonly assumptions: readonly EstimateAssumptionId[];
}

/**
 * Estimates how long a TD's shutdown takes under the policies `always` and `quirk`, by phase.
 *
 * The only published figures are totals (`PUBLISHED_SHUTDOWNS`). Their memory sizes give the totals
 * back as they are; between them the range spans two straight lines, of the time and of the time per
 * page; outside them it is a bound, `extrapolated` in several ways (E8). The clear is a published
 * bound, the project's measured figure, what a meter measured, or a number of the caller's. The first
 * two do not agree: call it once for each and show both.
 *
 * @param options Platform, TD, path, kernel, and which cost of a clear.
 * @returns Seconds with range and provenance for every phase.
 * @throws {TypeError} If `definePlatform` did not return the platform, neither `linux` nor
 * `defineLinux` the kernel, or an option is not known.
 * @throws {RangeError} If the platform was made for another contract, no TD has this memory or these
 * vCPUs, path or clear are not known, or the clear takes longer than the whole published shutdown.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { estimate } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const td = { platform: gnr, guestBytes: 400 * GiB, vcpus: 64 };
 * const published = estimate({ ...td, clear: "published" });
 * const measured = estimate({ ...td, clear: "measured" });
 * assertEquals(published.always.total.seconds, { low: 5539, high: 5539 });
 * assertEquals(published.saved.share.high.toFixed(3), "0.034");
 * assertEquals(measured.saved.share.high.toFixed(3), "0.008");
 *
 * const { saved } = estimate({ ...td, path: "terminate", clear: "measured" });
 * assertEquals(saved.share.high.toFixed(2), "0.09");
 * ```
 */
export function estimate(options: EstimateOptions): Estimate {
  requireOptions("options", options, ESTIMATE_OPTIONS);
  const { platform, guestBytes, vcpus, path = MAINLINE_PATH, clear = "published" } = options;
  const linuxKernel = linux(options.kernel);
  const { kernel, policy } = decide({ platform, kernel: linuxKernel });
  requireOneOf("path", path, TEARDOWN_PATHS);
  const clears = (policy: Policy) => policyClears(policy, platform);
  const costs = costsOf({ guestBytes, vcpus, path, clear });
  const { whole: { pages }, insideTable } = costs;
  const time = (policy: Policy) =>
    timeOf({ ...costs.whole, pagesCleared: clears(policy) ? pages : 0 }, costs);
  return {
    platform: platform.name,
    kernel,
    policy,
    path,
    memoryBytes: guestBytes,
    vcpus,
    pages,
    insideTable,
    clear: {
      ...costs.clear,
      nsPerPage: hull(costs.cases.map(({ clearNsPerPage }) => clearNsPerPage)),
      share: costOf(costs, pages).share,
    },
    always: time("always"),
    quirk: time("quirk"),
    saved: costOf(costs, clears("quirk") ? 0 : pages),
    assumptions: assumptionsOf(costs, vcpus, linuxKernel),
  };
}

/** What clearing some of the pages costs a shutdown that clears them all. */
function costOf({ cases }: Costs, pages: number): Saving {
  const seconds = cases.map(({ clearNsPerPage }) => weighted([pages / 1e9, clearNsPerPage]));
  return {
    seconds: hull(seconds),
    share: hull(seconds.map((time, i) => part(time, cases[i]!.total))),
  };
}

/** A given clear may take longer than an extrapolated whole, but no more than all of it. */
function part(time: Interval, total: Interval): Interval {
  return { low: Math.min(1, time.low / total.high), high: Math.min(1, time.high / total.low) };
}

function assumptionsOf(
  { insideTable, points }: Costs,
  vcpus: number,
  { dynamicPamt }: Kernel,
): EstimateAssumptionId[] {
  const between = points.length > 1;
  const asPublished = !between && points[0]!.vcpus === vcpus;
  const unused = [
    ...(insideTable && between ? [] : ["E2"]),
    ...(asPublished ? ["E3"] : []),
    ...(insideTable ? ["E8"] : []),
    ...(dynamicPamt === false ? ["E9"] : []),
  ];
  const all = Object.keys(ESTIMATE_ASSUMPTIONS) as EstimateAssumptionId[];
  return all.filter((id) => !unused.includes(id));
}

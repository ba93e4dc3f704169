import { type Interval, LINES_PER_PAGE } from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import type { TeardownReport } from "../teardown/report.ts";
import { type CostCase, type Costs, costsOf, type Work } from "./_costs.ts";
import { hull, weighted } from "./_interval.ts";
import type { ClearReading, Provenance } from "./clear.ts";
import {
  CACHE_WRITE_BACK_SECONDS,
  PUBLISHED_SHUTDOWNS_SOURCE,
  VCPU_FLUSH_SECONDS,
} from "./figures.ts";

/**
 * The phases that time is told for; `removal` is that of the dynamic path, `reclaim` the other's.
 */
export type TimePhase = "vCPU flush" | "cache write-back" | "removal" | "reclaim" | "clear";

/** A time, and whose figure it is. */
export interface TimeTerm {
  /** The phase, or `total`. */
  readonly name: TimePhase | "total";
  /** Seconds. */
  readonly seconds: Interval;
  /** Whose figure it is. */
  readonly provenance: Provenance;
  /** Where it was read, or how it comes about. */
  readonly source: string;
}

/** How long a shutdown takes. */
export interface ShutdownTime {
  /** Whether it clears pages. */
  readonly clears: boolean;
  /** The whole. It is what is known best: the ranges of the phases are no more than a split of it. */
  readonly total: TimeTerm;
  /** The phases, in order. */
  readonly terms: readonly TimeTerm[];
}

/** What {@link simulatedTime} needs besides the report. */
export interface SimulatedTimeOptions {
  /** Guest memory of the TD in bytes. */
  readonly guestBytes: number;
  /** Virtual CPUs of the TD. */
  readonly vcpus: number;
  /** Which cost of a clear to reckon with; default `published`. */
  readonly clear?: ClearReading;
}

const SIMULATED_TIME_OPTIONS: readonly (keyof SimulatedTimeOptions)[] = [
  "guestBytes",
  "vcpus",
  "clear",
];

/**
 * Says how long a simulated teardown would have taken, from what it did and the cost terms of
 * `estimate`: a teardown that went well takes as long as the estimate says.
 *
 * A SEAMCALL on a page that was issued again after a refusal, and a page that was leaked, take no
 * time here: nothing tells how long they take.
 *
 * @param report What the teardown did.
 * @param options The TD, and which cost of a clear.
 * @returns Seconds with range and provenance for every phase.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If `estimate` would refuse the TD or the clear.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, simulatedTime } from "@tdx/reclaim";
 * import { emr } from "@tdx/platform-emr";
 * import { assertEquals } from "@std/assert";
 *
 * const td = { guestBytes: 18 * GiB, vcpus: 4 };
 * const { memory, module, tdr } = createTdHost({ platform: emr, ...td });
 * const report = await createReclaimer({ memory }).teardown(module, tdr);
 * assertEquals(simulatedTime(report, td).total.seconds, { low: 72, high: 72 });
 * ```
 */
export function simulatedTime(report: TeardownReport, options: SimulatedTimeOptions): ShutdownTime {
  requireOptions("options", options, SIMULATED_TIME_OPTIONS);
  const { guestBytes, vcpus, clear = "published" } = options;
  const { path, seamcalls, control } = report;
  return timeOf({
    vcpuFlushes: seamcalls["TDH.VP.FLUSH"] ?? 0,
    cacheWriteBacks: seamcalls["TDH.PHYMEM.CACHE.WB"] ?? 0,
    pages: report.pagesReclaimed + control.pagesReclaimed,
    pagesCleared: (report.linesCleared + control.linesCleared) / LINES_PER_PAGE,
  }, costsOf({ guestBytes, vcpus, path, clear }));
}

/**
 * Whether clearing takes less than half of every one of some shutdowns at most, so that most of their
 * time goes elsewhere: into the removal of the pages, as far as it is known.
 *
 * @param times Shutdowns, for instance one by each reading of what a clear costs.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { clearingIsMinor, estimate } from "@tdx/reclaim";
 * import { emr } from "@tdx/platform-emr";
 * import { assertEquals } from "@std/assert";
 *
 * const td = { platform: emr, guestBytes: 400 * GiB, vcpus: 64, path: "terminate" } as const;
 * assertEquals(clearingIsMinor([estimate(td).always]), true); // at most 187 s of 467 s
 * assertEquals(clearingIsMinor([estimate({ ...td, clear: 4000 }).always]), false);
 * ```
 */
export function clearingIsMinor(times: readonly ShutdownTime[]): boolean {
  return times.every(({ total, terms }) =>
    terms.find(({ name }) => name === "clear")!.seconds.high < total.seconds.low / 2
  );
}

/** Whose figure a time is, and where it comes from. */
type Whose = Pick<TimeTerm, "provenance" | "source">;

/**
 * How long a piece of work takes: only the total of the published table is known, so what neither
 * the clear nor an assumption accounts for is the removal or reclaim of the pages.
 */
export function timeOf(work: Work, costs: Costs): ShutdownTime {
  const term = <Name extends TimeTerm["name"]>(
    name: Name,
    of: (costCase: CostCase) => Interval,
    whose: Whose,
  ) => ({ name, seconds: hull(costs.cases.map(of)), ...whose });
  const clears = work.pagesCleared > 0;
  return {
    clears,
    total: term(
      "total",
      (costCase) => totalOf(work, costs.whole, costCase),
      whoseTotal(work, costs),
    ),
    terms: [
      term(
        "vCPU flush",
        () => weighted([work.vcpuFlushes, VCPU_FLUSH_SECONDS]),
        { provenance: "assumed", source: "assumption E4" },
      ),
      term(
        "cache write-back",
        () => weighted([work.cacheWriteBacks, CACHE_WRITE_BACK_SECONDS]),
        { provenance: "assumed", source: "assumption E5" },
      ),
      term(
        costs.path === "dynamic" ? "removal" : "reclaim",
        (costCase) => restOf(work, costs.whole, costCase),
        {
          provenance: costs.insideTable ? "derived" : "extrapolated",
          source:
            `the ${
              costs.insideTable ? "published" : "extrapolated"
            } total less the clear as ${costs.clear.name}, assumption E4 and ` +
            "assumption E5",
        },
      ),
      term(
        "clear",
        ({ clearNsPerPage }) => weighted([work.pagesCleared / 1e9, clearNsPerPage]),
        clears ? whoseClear(costs) : { provenance: "derived", source: "no page is cleared" },
      ),
    ],
  };
}

/** The published bound is a share of the whole: outside the table that is extrapolated. */
function whoseClear({ clear: { name, provenance, source }, insideTable }: Costs): Whose {
  return insideTable || name !== "published"
    ? { provenance, source }
    : { provenance: "extrapolated", source: `${source}, of an extrapolated whole (E8)` };
}

/** Published if exactly the published work was done, else derived, with what it takes. */
function whoseTotal(work: Work, { clear, points, whole, insideTable }: Costs): Whose {
  const { document, at } = PUBLISHED_SHUTDOWNS_SOURCE;
  const sizes = points.map(({ memoryGb }) => memoryGb);
  const how = sizes.length === 1
    ? `at ${sizes[0]} GiB`
    : insideTable
    ? `interpolated between ${sizes.join(" and ")} GiB`
    : `extrapolated from ${sizes.join(" and ")} GiB (E8)`;
  const share = work.pages / whole.pages;
  const corrections: readonly (readonly [boolean, string])[] = [
    [share !== 1, "the share of the pages that came back"],
    [work.vcpuFlushes !== share * whole.vcpuFlushes, "corrected by assumption E4"],
    [work.cacheWriteBacks !== share * whole.cacheWriteBacks, "corrected by assumption E5"],
    [work.pagesCleared !== work.pages, `less the clear that is skipped: ${clear.source}`],
  ];
  const applied = corrections.filter(([applies]) => applies).map(([, text]) => text);
  return {
    provenance: !insideTable ? "extrapolated" : applied.length === 0 ? "published" : "derived",
    source: [`${document}, ${at}; ${how}`, ...applied].join(", "),
  };
}

/** The pages' share of the published total, corrected by what was done more or less than there. */
function totalOf(work: Work, whole: Work, { total, clearNsPerPage }: CostCase): Interval {
  const share = work.pages / whole.pages;
  return atLeastZero(weighted(
    [share, total],
    [work.vcpuFlushes - share * whole.vcpuFlushes, VCPU_FLUSH_SECONDS],
    [work.cacheWriteBacks - share * whole.cacheWriteBacks, CACHE_WRITE_BACK_SECONDS],
    [(work.pagesCleared - work.pages) / 1e9, clearNsPerPage],
  ));
}

function restOf(work: Work, whole: Work, { total, clearNsPerPage }: CostCase): Interval {
  const share = work.pages / whole.pages;
  return atLeastZero(weighted(
    [share, total],
    [-share * whole.vcpuFlushes, VCPU_FLUSH_SECONDS],
    [-share * whole.cacheWriteBacks, CACHE_WRITE_BACK_SECONDS],
    [-work.pages / 1e9, clearNsPerPage],
  ));
}

/** Nothing takes less than no time, where a clear was given that takes longer than the whole. */
function atLeastZero({ low, high }: Interval): Interval {
  return { low: Math.max(0, low), high: Math.max(0, high) };
}

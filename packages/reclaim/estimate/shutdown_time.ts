import type { Known } from "@tdx/core";
import { CACHE_WRITE_BACK_SECONDS, VCPU_FLUSH_SECONDS } from "./assumptions.ts";
import { clearOrigin, type Provenance } from "./clear_origin.ts";
import type { CostCase, Costs, Work } from "./_costs.ts";
import { hull, weighted } from "./_interval.ts";
import { PUBLISHED_SHUTDOWNS_SOURCE } from "./figures.ts";

/**
 * The phases that time is told for; `removal` is that of the dynamic path, `reclaim` the other's.
 */
export type TimePhase = "vCPU flush" | "cache write-back" | "removal" | "reclaim" | "clear";

/** A time, and whose figure it is. */
export interface TimeTerm {
  /** The phase, or `total`. */
  readonly name: TimePhase | "total";
  /** Seconds; `null` where nothing tells. */
  readonly seconds: Known;
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

/**
 * How long a piece of work takes: only the total of the published table is known, so what neither
 * the clear nor an assumption accounts for is the removal or reclaim of the pages.
 */
export function timeOf(work: Work, costs: Costs): ShutdownTime {
  const term = (name: TimePhase, of: (piece: CostCase) => Known, origin: Origin): TimeTerm => {
    const seconds = hull(costs.cases.map(of));
    return { name, seconds, ...(seconds === null ? outside(costs) : origin) };
  };
  const rest = costs.options.path === "dynamic" ? "removal" : "reclaim";
  const clear: Origin = work.pagesCleared > 0
    ? originOf(clearOrigin(costs.options.clear))
    : { provenance: "derived", source: "no page is cleared" };
  const total = hull(costs.cases.map((piece) => totalOf(work, costs.whole, piece)));
  return {
    clears: work.pagesCleared > 0,
    total: {
      name: "total",
      seconds: total,
      ...(total === null ? outside(costs) : totalOrigin(work, costs)),
    },
    terms: [
      term("vCPU flush", () => weighted([work.vcpuFlushes, VCPU_FLUSH_SECONDS]), assumed("E4")),
      term(
        "cache write-back",
        () => weighted([work.cacheWriteBacks, CACHE_WRITE_BACK_SECONDS]),
        assumed("E5"),
      ),
      term(rest, (piece) => restOf(work, costs.whole, piece), restOrigin(costs)),
      term("clear", (piece) => weighted([work.pagesCleared / 1e9, piece.clearNsPerPage]), clear),
    ],
  };
}

type Origin = Pick<TimeTerm, "provenance" | "source">;

function originOf({ provenance, source }: Origin): Origin {
  return { provenance, source };
}

function assumed(id: "E4" | "E5"): Origin {
  return { provenance: "assumed", source: `assumption ${id}` };
}

function outside({ published: { points } }: Costs): Origin {
  const [first, last] = points.map(({ memoryGb }) => memoryGb);
  return {
    provenance: "unknown",
    source: `the published table has ${first} to ${last} GiB and nothing beyond`,
  };
}

function restOrigin({ options }: Costs): Origin {
  return {
    provenance: "derived",
    source: `the published total less the clear as ${clearOrigin(options.clear).name}, ` +
      "assumption E4 and assumption E5",
  };
}

/** Published where exactly the published work was done, else derived, with what it takes. */
function totalOrigin(work: Work, { published, options, whole }: Costs): Origin {
  const { document, at } = PUBLISHED_SHUTDOWNS_SOURCE;
  const sizes = published.points.map(({ memoryGb }) => memoryGb);
  const how = sizes.length === 1
    ? `at ${sizes[0]} GiB`
    : `interpolated between ${sizes.join(" and ")} GiB`;
  const share = work.pages / whole.pages;
  const corrections = [
    share === 1 ? "" : "the share of the pages that came back",
    work.vcpuFlushes === share * whole.vcpuFlushes ? "" : "corrected by assumption E4",
    work.cacheWriteBacks === share * whole.cacheWriteBacks ? "" : "corrected by assumption E5",
    work.pagesCleared === work.pages
      ? ""
      : `less the clear that is skipped: ${clearOrigin(options.clear).source}`,
  ].filter((correction) => correction !== "");
  return {
    provenance: corrections.length === 0 ? "published" : "derived",
    source: [`${document}, ${at}; ${how}`, ...corrections].join(", "),
  };
}

/** The pages' share of the published total, corrected by what was done more or less than there. */
function totalOf(work: Work, whole: Work, { total, clearNsPerPage }: CostCase): Known {
  const share = work.pages / whole.pages;
  return weighted(
    [share, total],
    [work.vcpuFlushes - share * whole.vcpuFlushes, VCPU_FLUSH_SECONDS],
    [work.cacheWriteBacks - share * whole.cacheWriteBacks, CACHE_WRITE_BACK_SECONDS],
    [(work.pagesCleared - work.pages) / 1e9, clearNsPerPage],
  );
}

function restOf(work: Work, whole: Work, { total, clearNsPerPage }: CostCase): Known {
  const share = work.pages / whole.pages;
  const rest = weighted(
    [share, total],
    [-share * whole.vcpuFlushes, VCPU_FLUSH_SECONDS],
    [-share * whole.cacheWriteBacks, CACHE_WRITE_BACK_SECONDS],
    [-work.pages / 1e9, clearNsPerPage],
  );
  return rest && { low: Math.max(0, rest.low), high: Math.max(0, rest.high) };
}

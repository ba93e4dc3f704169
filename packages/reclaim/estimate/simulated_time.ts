import { LINES_PER_PAGE } from "@tdx/core";
import { requireObject, requireOneOf, requireOptions, requireWhole } from "@tdx/core/arguments";
import { TEARDOWN_PATHS } from "../teardown/options.ts";
import type { TeardownReport } from "../teardown/report.ts";
import type { ClearReading } from "./clear.ts";
import { costsOf } from "./_costs.ts";
import { type ShutdownTime, timeOf } from "./shutdown_time.ts";

/** The SEAMCALLs that a time is told for; one that was never issued has no count. */
const [FLUSH, WRITE_BACK] = ["TDH.VP.FLUSH", "TDH.PHYMEM.CACHE.WB"] as const;

/** What {@link simulatedTime} needs besides the report. */
export interface SimulatedTimeOptions {
  /** Guest memory of the TD in bytes. */
  readonly guestBytes: number;
  /** Virtual CPUs of the TD. */
  readonly vcpus: number;
  /** Which cost of a clear to reckon with; default `published`. */
  readonly clear?: ClearReading;
}

const OPTIONS: readonly (keyof SimulatedTimeOptions)[] = ["guestBytes", "vcpus", "clear"];

/**
 * Says how long a simulated teardown would have taken, from what it did and the cost terms of
 * {@link estimate}: a teardown that went well takes as long as the estimate says.
 *
 * A SEAMCALL on a page that was issued again after a refusal, and a page that was leaked, take no
 * time here: nothing tells how long they take.
 *
 * @param report What the teardown did.
 * @param options The TD, and which cost of a clear.
 * @returns Seconds with range and provenance for every phase.
 * @throws {TypeError} Where report or an option is of a wrong type, or an option is not known.
 * @throws {RangeError} Where a count of the report is no whole number from 0, and as
 * {@link estimate}.
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
 * assertEquals(simulatedTime(report, td).total.seconds, { low: 24, high: 24 });
 * ```
 */
export function simulatedTime(
  report: TeardownReport,
  options: SimulatedTimeOptions,
): ShutdownTime {
  requireReport(report);
  requireOptions("options", options, OPTIONS);
  const { path, seamcalls, control } = report;
  const { guestBytes, vcpus, clear = "published" } = options;
  return timeOf({
    vcpuFlushes: seamcalls[FLUSH] ?? 0,
    cacheWriteBacks: seamcalls[WRITE_BACK] ?? 0,
    pages: report.pagesReclaimed + control.pagesReclaimed,
    pagesCleared: (report.linesCleared + control.linesCleared) / LINES_PER_PAGE,
  }, costsOf({ guestBytes, vcpus, path, clear }));
}

function requireReport(report: TeardownReport): void {
  requireObject("report", report);
  requireOneOf("report.path", report.path, TEARDOWN_PATHS);
  requireObject("report.seamcalls", report.seamcalls);
  for (const leaf of [FLUSH, WRITE_BACK]) {
    requireWhole(`report.seamcalls["${leaf}"]`, report.seamcalls[leaf] ?? 0, 0);
  }
  requireObject("report.control", report.control);
  for (const [name, work] of [["report", report], ["report.control", report.control]] as const) {
    requireWhole(`${name}.pagesReclaimed`, work.pagesReclaimed, 0);
    requireWhole(`${name}.linesCleared`, work.linesCleared, 0);
  }
}

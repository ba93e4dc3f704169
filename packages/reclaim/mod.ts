/**
 * Giving a TD's private memory back to the host: whether to clear it, the clearing itself, and the
 * teardown of a whole TD on simulated memory.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost } from "@tdx/reclaim";
 * import { emr } from "@tdx/platform-emr";
 * import { assertEquals } from "@std/assert";
 *
 * const { memory, module, tdr } = createTdHost({ platform: emr, guestBytes: 4 * MiB, vcpus: 2 });
 * const host = createReclaimer({ memory });
 * assertEquals(host.decision.clear, true);
 *
 * const { pagesReclaimed, linesCleared, fences } = await host.teardown(module, tdr);
 * assertEquals([pagesReclaimed, linesCleared, fences], [1024, 65536, 1024]);
 * ```
 *
 * @module
 */
export * from "./create_reclaimer.ts";
export * from "./decide.ts";
export {
  type ClearOrigin,
  clearOrigin,
  type ClearReading,
  KNOWN_CLEARS,
  type MeteredClear,
  type Provenance,
} from "./estimate/clear.ts";
export * from "./estimate/estimate.ts";
export {
  type ClearFigure,
  ESTIMATE_ASSUMPTIONS,
  type EstimateAssumptionId,
  MEASURED_CLEAR,
  PUBLISHED_SAVING,
  PUBLISHED_SHUTDOWNS,
  PUBLISHED_SHUTDOWNS_SOURCE,
  PUBLISHED_SIZES,
  type PublishedShutdown,
} from "./estimate/figures.ts";
export {
  clearingIsMinor,
  type ShutdownTime,
  simulatedTime,
  type SimulatedTimeOptions,
  type TimePhase,
  type TimeTerm,
} from "./estimate/shutdown_time.ts";
export { clearOperation, reset, type ResetCounts, type ResetOptions, resetPages } from "./reset.ts";
export * from "./td_host/page_fates.ts";
export * from "./td_host/poison_at_random.ts";
export { gaps, randomNumbers } from "./td_host/random.ts";
export * from "./td_host/scatter.ts";
export * from "./td_host/td_host.ts";
export { type PageWork, type TeardownReport } from "./teardown/report.ts";
export {
  MAINLINE_PATH,
  type OtherHost,
  TEARDOWN_PATHS,
  type TeardownOptions,
  type TeardownPath,
  type TeardownPhase,
  type TeardownProgress,
} from "./teardown/options.ts";

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
export * from "./decide.ts";
export * from "./create_reclaimer.ts";
export { ESTIMATE_ASSUMPTIONS, type EstimateAssumptionId } from "./estimate/assumptions.ts";
export * from "./estimate/clear_figures.ts";
export * from "./estimate/clear_origin.ts";
export { type ClearReading, type MeteredClear } from "./estimate/clear.ts";
export * from "./estimate/estimate.ts";
export * from "./estimate/figures.ts";
export { type ShutdownTime, type TimePhase, type TimeTerm } from "./estimate/shutdown_time.ts";
export * from "./estimate/simulated_time.ts";
export * from "./td_host/page_fates.ts";
export * from "./td_host/poison_at_random.ts";
export * from "./td_host/random.ts";
export * from "./reset.ts";
export * from "./td_host/scatter.ts";
export * from "./teardown/options.ts";
export type * from "./teardown/report.ts";
export * from "./td_host/td_host.ts";

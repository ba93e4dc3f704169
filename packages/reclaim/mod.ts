/**
 * Giving a TD's private memory back to the host: whether to clear it, the clearing itself, and the
 * teardown of a whole TD on simulated memory.
 *
 * @module
 */
export * from "./decide.ts";
export * from "./create_reclaimer.ts";
export { ESTIMATE_ASSUMPTIONS, type EstimateAssumptionId } from "./estimate/assumptions.ts";
export * from "./estimate/clear_figures.ts";
export { type ClearReading, type Provenance } from "./estimate/clear_cost.ts";
export * from "./estimate/estimate.ts";
export { type Interval, type Known } from "./estimate/interval.ts";
export * from "./estimate/published_shutdowns.ts";
export { type ShutdownTime, type TimePhase, type TimeTerm } from "./estimate/shutdown_time.ts";
export * from "./estimate/simulated_time.ts";
export * from "./poison_at_random.ts";
export * from "./random.ts";
export * from "./reset.ts";
export * from "./scatter.ts";
export * from "./teardown/options.ts";
export type * from "./teardown/report.ts";
export * from "./td_host.ts";

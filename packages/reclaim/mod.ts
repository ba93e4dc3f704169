/**
 * Giving a TD's private memory back to the host: whether to clear it, the clearing itself, and the
 * teardown of a whole TD on simulated memory.
 *
 * @module
 */
export * from "./decide.ts";
export * from "./create_reclaimer.ts";
export * from "./poison_at_random.ts";
export * from "./random.ts";
export * from "./reset.ts";
export * from "./scatter.ts";
export * from "./teardown/options.ts";
export * from "./teardown/report.ts";
export * from "./td_host.ts";

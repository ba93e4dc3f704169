/**
 * Questions about lines, answered by looking at every possible sequence.
 *
 * @module
 */
export * from "./cells.ts";
export * from "./closure.ts";
export * from "./explore.ts";
export * from "./problem.ts";
export * from "./scenario.ts";
export * from "./system.ts";
export * from "./trace.ts";
export * from "./verdicts.ts";
export * from "./formula.ts";
export * from "./run_scenario.ts";
export * from "./claims.ts";
export * from "./dot.ts";
export * from "./report.ts";

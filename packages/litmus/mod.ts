/**
 * Questions about lines, answered by looking at every possible sequence: the scenario format, the
 * explorer, the verdict table and the claims of the patch.
 *
 * @module
 */
export { type Cell, type ReadValue } from "./cells.ts";
export { checkClaims, type ClaimResult } from "./claims.ts";
export * from "./closure.ts";
export * from "./diff_systems.ts";
export * from "./dot.ts";
export * from "./explore.ts";
export { watchFor } from "./formula.ts";
export { parseScenario, type ParseScenarioOptions } from "./format/parse_scenario.ts";
export { printScenario } from "./format/print_scenario.ts";
export {
  type Content,
  contentState,
  type KeyName,
  KEYS,
  type Problem,
  type Step,
  type Thread,
} from "./problem.ts";
export * from "./promela/promela.ts";
export * from "./report.ts";
export * from "./run_scenario.ts";
export type * from "./scenario.ts";
export * from "./scenario_hash.ts";
export {
  type Machine,
  type Move,
  type StateNumbers,
  System,
  type Valuation,
  type Watch,
} from "./system.ts";
export * from "./trace.ts";
export * from "./verdicts.ts";

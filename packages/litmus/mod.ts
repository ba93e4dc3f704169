/**
 * Questions about lines, answered by looking at every possible sequence: the scenario format, the
 * exploration, the verdict table and the claims of the patch.
 *
 * @example
 * ```ts
 * import { parseScenario, runScenario } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assert } from "@std/assert";
 *
 * const scenario = parseScenario(
 *   `TDX partial-then-load
 * "Nothing is cleared, a partial write meets an old private line, and the host loads it."
 * { X = td secret }
 * policy never
 * reclaim   | host after reclaim ;
 * cache-wb X | partial-write X host     ;
 * clear X   | load X -> r0       ;
 * exists (mc)
 * expect spr: Always
 * expect: Never`,
 *   { platforms: ["spr", "gnr"] },
 * );
 * for (const platform of [spr, gnr]) {
 *   for (const mode of scenario.modes) {
 *     assert((await runScenario(scenario, { platform, mode })).ok);
 *   }
 * }
 * ```
 *
 * @module
 */
export { type Cell, type ReadValue } from "./model/_cells.ts";
export { checkClaims, type ClaimResult } from "./questions/claims.ts";
export * from "./questions/closure.ts";
export * from "./model/diff_systems.ts";
export * from "./model/dot.ts";
export * from "./model/explore.ts";
export { watchFor } from "./model/proposition.ts";
export {
  HOST_KEY_NAMES,
  KEY_NAMES,
  OBSERVATIONS,
  OPERATIONS,
  type OperationWord,
  WRITTEN_DATA,
} from "./scenario/scenario_words.ts";
export { requireMove, requireScenario } from "./litmus_arguments.ts";
export { parseScenario, type ParseScenarioOptions } from "./scenario/parse_scenario.ts";
export { printScenario } from "./scenario/print_scenario.ts";
export {
  type Content,
  contentState,
  type KeyName,
  KEYS,
  type Problem,
  type Step,
  type Thread,
} from "./model/problem.ts";
export * from "./promela/promela.ts";
export * from "./scenario/scenario_report.ts";
export * from "./scenario/run_scenario.ts";
export type * from "./scenario/scenario.ts";
export * from "./scenario/scenario_hash.ts";
export {
  type Machine,
  type Move,
  type StateNumbers,
  System,
  type Valuation,
  type Watch,
} from "./model/system.ts";
export * from "./model/trace.ts";
export * from "./questions/verdicts.ts";

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
 * reclaim    | host after reclaim   ;
 * cache-wb X | partial-write X host ;
 * clear X    | load X -> r0         ;
 * exists (mc)
 * expect spr: Always
 * expect: Never`,
 *   { platforms: [spr, gnr] },
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
export type { ReadValue, WatchedLine } from "./model/_line_table.ts";
export type { StateNumbers } from "./model/_change_pool.ts";
export * from "./model/diff_systems.ts";
export * from "./model/dot.ts";
export {
  type Exploration,
  explore,
  type ExploreOptions,
  StateLimitError,
} from "./model/explore.ts";
export {
  type Content,
  contentState,
  HOST_KEY_NAMES,
  KEY_NAMES,
  type KeyName,
  KEYS,
  type Problem,
  type Thread,
  type ThreadStep,
} from "./model/problem.ts";
export {
  type Atom,
  foldProposition,
  type Observation,
  OBSERVATIONS,
  type Proposition,
  type PropositionFold,
  testOf,
  watchFor,
} from "./model/proposition.ts";
export { type Move, type MoveTo, System, type Valuation, type Watch } from "./model/system.ts";
export type { Machine } from "./model/machine.ts";
export * from "./model/trace.ts";
export * from "./promela/promela.ts";
export * from "./promela/teardown_promela.ts";
export { checkClaims, type ClaimResult } from "./questions/claims.ts";
export * from "./questions/closure.ts";
export * from "./questions/kernel_hazards.ts";
export { type Harm, type TdrVerdict, tdrVerdicts } from "./questions/tdr_reclaim.ts";
export * from "./questions/verdict_answer.ts";
export * from "./questions/verdicts.ts";
export { parseScenario, type ParseScenarioOptions } from "./scenario/parse_scenario.ts";
export * from "./scenario/print_scenario.ts";
export * from "./scenario/run_scenario.ts";
export type * from "./scenario/scenario.ts";
export * from "./scenario/scenario_report.ts";
export { OPERATION_WORDS, type OperationWord, WRITTEN_DATA } from "./scenario/scenario_words.ts";
export { type Counterexample, type TeardownStep } from "./teardown/_counterexample.ts";
export {
  DEFAULT_STATE_LIMIT,
  SEAMCALL_NAMES,
  type SeamcallName,
  type TeardownBound,
  type TeardownLimits,
} from "./teardown/_exploration.ts";
export * from "./teardown/estimate_states.ts";
export * from "./teardown/linux_teardown.ts";
export { parseTeardown, type Teardown } from "./teardown/parse_teardown.ts";
export * from "./teardown/properties.ts";
export * from "./teardown/prove_teardown.ts";

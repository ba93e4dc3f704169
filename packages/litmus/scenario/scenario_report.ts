import { requireOptions } from "@tdx/core/arguments";
import type { ScenarioResult } from "./run_scenario.ts";
import { traceText } from "../model/trace.ts";

const TEST = { "exists": "Allowed", "~exists": "Forbidden", "forall": "Required" } as const;

/** What a report shows besides the outcome. */
export interface ScenarioReportOptions {
  /** Name a scenario is known by; it identifies the text that was run. */
  readonly hash: string;
  /** Whether to show the witness step by step. */
  readonly trace: boolean;
  /** Whether to say how long it took, which differs from run to run. */
  readonly time: boolean;
}

const OPTIONS: readonly (keyof ScenarioReportOptions)[] = ["hash", "trace", "time"];

/**
 * Writes a result as herd7 does: test, states, verdict, witnesses, condition, observation, hash,
 * then the witness as numbered steps, then what the exploration took.
 *
 * @param result The result.
 * @param options What to show.
 * @returns Lines of text.
 * @throws {TypeError} If an option is not known.
 *
 * @example
 * ```ts
 * import { parseScenario, scenarioReport, runScenario, scenarioHash } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const scenario = parseScenario(
 *   'TDX load "The host loads an old line." { X = td secret } ' +
 *     "host ; load X -> r0 ; forall host:r0 = zeros expect: Always",
 *   { platforms: ["gnr"] },
 * );
 * const result = await runScenario(scenario, { platform: gnr, mode: "Li" });
 * const hash = await scenarioHash(scenario);
 * const lines = scenarioReport(result, { hash, trace: false, time: false }).split("\n");
 * assertEquals(lines.slice(0, 4), [
 *   "Test load Required  gnr Li quirk",
 *   "States 1",
 *   "2:>host:r0=zeros;",
 *   "Ok",
 * ]);
 * ```
 */
export function scenarioReport(result: ScenarioResult, options: ScenarioReportOptions): string {
  requireOptions("options", options, OPTIONS);
  const { scenario, positive, negative, observation, expected, exploration } = result;
  const { name } = scenario.problem;
  const { quantifier, text } = scenario.condition;
  const agreed = result.ok ? "" : `  (expected ${expected})`;
  return [
    `Test ${name} ${TEST[quantifier]}  ${result.platform} ${result.mode} ${result.policy}`,
    `States ${result.outcomes.length}`,
    ...result.outcomes.map(({ outcome, count }) => `${count}:>${outcome}`),
    result.validated ? "Ok" : "No",
    "Witnesses",
    `Positive: ${positive} Negative: ${negative}`,
    `Condition ${text}`,
    `Observation ${name} ${observation} ${positive} ${negative}${agreed}`,
    `Hash=${options.hash}`,
    ...(options.trace && result.trace.length > 0
      ? [quantifier === "forall" ? "Counterexample" : "Witness", traceText(result.trace)]
      : []),
    footer(exploration, options.time),
  ].join("\n");
}

function footer(
  { states, transitions, depth, milliseconds }: ScenarioResult["exploration"],
  time: boolean,
): string {
  return `Explored ${states} states, ${transitions} transitions, depth ${depth}` +
    (time ? `, ${milliseconds.toFixed(1)} ms` : "");
}

import { defined, type Mode } from "@tdx/core";
import type { Kernel } from "@tdx/linux/kernel";
import { type Policy, settledDecision } from "@tdx/reclaim";
import {
  type Exploration,
  explore,
  type ExploreOptions,
  requireExploreOptions,
} from "../model/explore.ts";
import { atomsOf, type Observation, outcomeOf, testOf, watchFor } from "../model/proposition.ts";
import type { Scenario } from "./scenario.ts";
import { type Move, System } from "../model/system.ts";
import { type Machine, MACHINE_FIELDS } from "../model/machine.ts";

/** What a scenario showed on one platform in one mode. */
export interface ScenarioResult {
  /** The scenario. */
  readonly scenario: Scenario;
  /** Name of the platform. */
  readonly platform: string;
  /** Integrity mode. */
  readonly mode: Mode;
  /** The policy that `clear` steps followed. */
  readonly policy: Policy;
  /** How often the condition's statement holds among the final states. */
  readonly observation: Observation;
  /** What the scenario expects there; `null` where it was run under another policy than its own. */
  readonly expected: Observation | null;
  /** Whether the observation is the expected one. */
  readonly ok: boolean;
  /** Whether the condition, with its quantifier, is validated. */
  readonly validated: boolean;
  /** Final states in which the statement holds. */
  readonly positive: number;
  /** Final states in which it does not. */
  readonly negative: number;
  /** Final states by what the statement speaks of, most frequent first. */
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[];
  /** The exploration. */
  readonly exploration: Exploration;
  /** The system that was explored. */
  readonly system: System;
  /** A shortest way to a final state that settles the question; empty where none can. */
  readonly trace: readonly Move[];
}

/** Where a scenario is run. */
export interface RunOptions extends ExploreOptions, Machine {
  /** As which kernel it clears, instead of the scenario's policy; if that differs nothing is expected. */
  readonly kernel?: Kernel | string;
  /** Another policy than the scenario's; then nothing is expected. */
  readonly policy?: Policy;
}

/**
 * Runs a scenario on one platform in one mode.
 *
 * @param scenario The scenario.
 * @param options The machine, limits.
 * @returns What it showed.
 * @throws {TypeError} If an option is not known, or the platform is not one of `definePlatform`.
 * @throws {RangeError} If a word is not among the known ones.
 * @throws {StateLimitError} If there are more states than the limit.
 * @throws The signal's reason, if it was aborted.
 *
 * @example
 * ```ts
 * import { parseScenario, runScenario } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const scenario = parseScenario(
 *   'TDX erratum "A partial write, then a load (W5, R0)." { X = td secret } ' +
 *     "host ; partial-write X host ; load X -> r0 ; exists mc expect spr: Always expect: Never",
 *   { platforms: [spr, gnr] },
 * );
 * const run = async (platform: typeof spr) =>
 *   (await runScenario(scenario, { platform, mode: "Li" })).observation;
 * assertEquals([await run(spr), await run(gnr)], ["Always", "Never"]);
 * ```
 */
export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
): Promise<ScenarioResult> {
  requireExploreOptions(options, MACHINE_FIELDS);
  const { platform, mode = "Ci", kernel, policy: asked, rules, ...how } = options;
  const policy = asked ??
    (kernel === undefined ? scenario.policy : settledDecision({ platform, kernel }).policy);
  const { proposition, quantifier } = scenario.condition;
  const system = new System(
    scenario.problem,
    { platform, mode, policy, ...defined({ rules }) },
    watchFor(proposition),
  );
  const exploration = await explore(system, how);
  // A witness shows a state where the statement holds, a counterexample of forall one where not.
  const wanted = quantifier !== "forall";
  const holds = testOf(proposition);
  const atoms = atomsOf(proposition);
  const counts = new Map<string, number>();
  const seen = { positive: 0, negative: 0, telling: undefined as number | undefined };
  for (let i = 0; i < exploration.states; i++) {
    const state = exploration.state(i);
    if (!system.isFinal(state)) continue;
    const valuation = system.valuation(state);
    const true_ = holds(valuation);
    seen[true_ ? "positive" : "negative"]++;
    if (true_ === wanted) seen.telling ??= state;
    const name = outcomeOf(atoms, valuation, scenario.problem);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const observation = observed(seen.positive, seen.negative);
  const expected = policy === scenario.policy ? expectation(scenario, platform.name, mode) : null;
  return {
    scenario,
    platform: platform.name,
    mode,
    policy,
    observation,
    expected,
    ok: expected === null || expected === observation,
    validated: quantifier === "forall"
      ? seen.negative === 0
      : (quantifier === "exists") === (seen.positive > 0),
    positive: seen.positive,
    negative: seen.negative,
    outcomes: [...counts].map(([outcome, count]) => ({ outcome, count }))
      .sort((a, b) => b.count - a.count || (a.outcome < b.outcome ? -1 : 1)),
    exploration,
    system,
    trace: seen.telling === undefined ? [] : exploration.witness(seen.telling),
  };
}

function expectation(scenario: Scenario, platform: string, mode: Mode): Observation | null {
  const fits = scenario.expectations.filter(({ platforms, modes }) =>
    (platforms.length === 0 || platforms.includes(platform)) &&
    (modes.length === 0 || modes.includes(mode))
  );
  // The most special one speaks: platform and mode named, then either, then neither.
  const weight = (e: typeof fits[number]) =>
    2 * Number(e.platforms.length > 0) + Number(e.modes.length > 0);
  return fits.sort((a, b) => weight(b) - weight(a))[0]?.observation ?? null;
}

function observed(positive: number, negative: number): Observation {
  if (positive === 0) return "Never";
  return negative === 0 ? "Always" : "Sometimes";
}

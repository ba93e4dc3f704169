import type { Data, Mode } from "@tdx/core";
import type { HostKeys, Policy } from "@tdx/reclaim";
import type { Problem } from "./problem.ts";

/**
 * How often a condition holds among the final states, as in herd7.
 *
 * @example
 * ```ts
 * import { type Observation, parseScenario, runScenario } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const observe = async (condition: string): Promise<Observation> => {
 *   const text = 'TDX race "The host loads while a device writes." { X = keyid0 zeros } ' +
 *     `host | device ; load X -> r0 | dma-write X host ; ${condition} expect: Never`;
 *   const scenario = parseScenario(text, { platforms: ["gnr"] });
 *   return (await runScenario(scenario, { platform: gnr, mode: "Li" })).observation;
 * };
 * assertEquals(await observe("exists host:r0 = host"), "Sometimes");
 * assertEquals(await observe("exists host:r0 = poison"), "Never");
 * ```
 */
export type Observation = "Never" | "Sometimes" | "Always";

/**
 * A statement about a final state.
 *
 * @example
 * ```ts
 * import { type Formula, parseScenario } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const { condition } = parseScenario(
 *   'TDX load "The host loads an old line." { X = td secret } ' +
 *     "host ; load X -> r0 ; forall host:r0 = zeros /\\ ~poison X expect: Always",
 *   { platforms: ["gnr"] },
 * );
 * const formula: Formula = condition.formula;
 * assertEquals(formula, {
 *   kind: "and",
 *   of: [
 *     { kind: "register", register: 0, value: "zeros" },
 *     { kind: "not", of: { kind: "poison", line: 0 } },
 *   ],
 * });
 * ```
 */
export type Formula =
  /** The host took a machine check. */
  | { readonly kind: "mc" }
  /** A TD consumed poison. */
  | { readonly kind: "td-mc" }
  /** The page of the line was retired. */
  | { readonly kind: "retired"; readonly line: number }
  /** The line is poisoned in memory. */
  | { readonly kind: "poison"; readonly line: number }
  /** The host read something else than what it had written to the line. */
  | { readonly kind: "lost"; readonly line: number }
  /** A register holds a value. */
  | { readonly kind: "register"; readonly register: number; readonly value: Data | "poison" }
  | { readonly kind: "not"; readonly of: Formula }
  | { readonly kind: "and" | "or"; readonly of: readonly Formula[] };

/**
 * What a scenario claims about its final states.
 *
 * @example
 * ```ts
 * import { type Condition, parseScenario } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const scenario = parseScenario(
 *   'TDX load "The host loads an old line." { X = td secret } ' +
 *     "host ; load X -> r0 ; ~exists   mc expect: Never",
 *   { platforms: ["gnr"] },
 * );
 * const condition: Condition = scenario.condition;
 * assertEquals(condition, { quantifier: "~exists", formula: { kind: "mc" }, text: "~exists mc" });
 * ```
 */
export interface Condition {
  /** `exists`: some state; `~exists`: none; `forall`: every one. */
  readonly quantifier: "exists" | "~exists" | "forall";
  /** The statement. */
  readonly formula: Formula;
  /** The condition as it was written, blanks folded. */
  readonly text: string;
}

/**
 * What a scenario expects to be observed on some platforms.
 *
 * @example
 * ```ts
 * import { type Expectation, parseScenario } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const scenario = parseScenario(
 *   'TDX erratum "A partial write, then a load (W5, R0)." { X = td secret } ' +
 *     "host ; partial X host ; load X -> r0 ; exists mc expect spr: Always expect: Never",
 *   { platforms: ["spr", "gnr"] },
 * );
 * const expectations: readonly Expectation[] = scenario.expectations;
 * assertEquals(expectations, [
 *   { platforms: ["spr"], modes: [], observation: "Always" },
 *   { platforms: [], modes: [], observation: "Never" },
 * ]);
 * ```
 */
export interface Expectation {
  /** Platform names; empty for every other platform that the scenario runs on. */
  readonly platforms: readonly string[];
  /** Modes; empty for both. */
  readonly modes: readonly Mode[];
  /** What is observed there. */
  readonly observation: Observation;
}

/**
 * A scenario: a problem, where it runs, what it asks and what is expected.
 *
 * @example
 * ```ts
 * import { parseScenario, type Scenario } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const scenario: Scenario = parseScenario(
 *   'TDX load "The host loads an old line." { X = td secret } ' +
 *     "host ; load X -> r0 ; exists mc expect: Never",
 *   { platforms: ["spr", "gnr"] },
 * );
 * assertEquals(scenario.platforms, ["spr", "gnr"]);
 * assertEquals(scenario.modes, ["Li", "Ci"]);
 * assertEquals([scenario.hostKeys, scenario.policy], ["keyid0", "quirk"]);
 * ```
 */
export interface Scenario {
  /** The problem, `name` included. */
  readonly problem: Problem;
  /** What it is about, in a sentence. */
  readonly sentence: string;
  /** Names of the platforms it runs on. */
  readonly platforms: readonly string[];
  /** The modes it runs in. */
  readonly modes: readonly Mode[];
  /** The host's KeyIDs. */
  readonly hostKeys: HostKeys;
  /** The policy that a `clear` step follows. */
  readonly policy: Policy;
  /** What it asks. */
  readonly condition: Condition;
  /** What it expects, the most special first. */
  readonly expectations: readonly Expectation[];
}

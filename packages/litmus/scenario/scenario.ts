import type { Data, Mode } from "@tdx/core";
import type { HostKeys, Policy } from "@tdx/reclaim";
import type { Problem } from "../model/problem.ts";

/** How often a condition holds among the final states, as in herd7. */
export type Observation = "Never" | "Sometimes" | "Always";

/** A statement about a final state. */
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

/** What a scenario claims about its final states. */
export interface Condition {
  /** `exists`: some state; `~exists`: none; `forall`: every one. */
  readonly quantifier: "exists" | "~exists" | "forall";
  /** The statement. */
  readonly formula: Formula;
  /** The condition as it was written, blanks folded. */
  readonly text: string;
}

/** What a scenario expects to be observed on some platforms. */
export interface Expectation {
  /** Platform names; empty for every other platform that the scenario runs on. */
  readonly platforms: readonly string[];
  /** Modes; empty for both. */
  readonly modes: readonly Mode[];
  /** What is observed there. */
  readonly observation: Observation;
}

/** A scenario: a problem, where it runs, what it asks and what is expected. */
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

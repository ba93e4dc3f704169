import type { Mode } from "@tdx/core";
import type { HostKeys, Policy } from "@tdx/reclaim";
import type { Problem } from "../model/problem.ts";
import type { Observation, Proposition } from "../model/proposition.ts";

/** What a scenario claims about its final states. */
export interface ScenarioCondition {
  /** `exists`: some state; `~exists`: none; `forall`: every one. */
  readonly quantifier: "exists" | "~exists" | "forall";
  /** What some, none or every final state is. */
  readonly proposition: Proposition;
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
  readonly condition: ScenarioCondition;
  /** What it expects, the most special first. */
  readonly expectations: readonly Expectation[];
}

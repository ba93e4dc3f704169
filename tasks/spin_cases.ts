/** The problems that SPIN is asked besides us. */
import { MODES } from "@tdx/core";
import {
  type ClosureKeys,
  closureProblem,
  LEFT_POISONS,
  type Machine,
  type Problem,
  type Proposition,
  scenarioMachine,
  type Watch,
} from "@tdx/litmus";
import { HOST_KEYS, POLICIES } from "@tdx/reclaim";
import { PLATFORMS } from "../packages/cli/platforms.ts";
import { watchFor } from "@tdx/litmus";
import { GOLDEN_PLATFORMS, readCorpus } from "./corpus.ts";

/** A problem on a machine, and the statement that is looked for in its final states. */
export interface SpinCase {
  /** A name for the report. */
  readonly name: string;
  /** The problem. */
  readonly problem: Problem;
  /** The machine. */
  readonly machine: Machine;
  /** What is remembered about the lines. */
  readonly watch: Watch;
  /** The statement. */
  readonly proposition: Proposition;
}

const KEYS: readonly ClosureKeys[] = [...HOST_KEYS, "keyid0+integrity"];

/** The verdict table: every platform, mode, kind of host KeyIDs, policy and poison. */
export function closureCases(): SpinCase[] {
  return PLATFORMS.flatMap((platform) =>
    MODES.flatMap((mode) =>
      KEYS.flatMap((hostKeys) =>
        POLICIES.flatMap((policy) =>
          LEFT_POISONS.map((poison): SpinCase => {
            const { problem, machine } = closureProblem({
              platform,
              mode,
              hostKeys,
              policy,
              poison,
            });
            const proposition: Proposition = { kind: "mc" };
            return { name: problem.name, problem, machine, watch: { lost: false }, proposition };
          })
        )
      )
    )
  );
}

/** The corpus: every scenario with its own condition, on the platforms whose output is kept. */
export function scenarioCases(): SpinCase[] {
  return readCorpus().flatMap(({ name, scenario }) =>
    GOLDEN_PLATFORMS.filter((platform) => scenario.platforms.includes(platform.name))
      .flatMap((platform) =>
        scenario.modes.map((mode): SpinCase => ({
          name: `${name} ${platform.name} ${mode}`,
          problem: scenario.problem,
          machine: scenarioMachine(platform, mode, scenario.policy),
          watch: watchFor(scenario.condition.proposition),
          proposition: scenario.condition.proposition,
        }))
      )
  );
}

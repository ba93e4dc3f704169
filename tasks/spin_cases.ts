/** The problems that SPIN is asked besides us. */
import { MODES } from "@tdx/core";
import {
  type ClosureKeys,
  closureProblem,
  explore,
  LEFT_POISONS,
  type Machine,
  type Problem,
  type Proposition,
  System,
  testOf,
  toPromela,
  type Watch,
  watchFor,
} from "@tdx/litmus";
import { HOST_KEYS, POLICIES } from "@tdx/reclaim";
import { PLATFORMS } from "../packages/cli/platforms.ts";
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
          machine: { platform, mode, policy: scenario.policy },
          watch: watchFor(scenario.condition.proposition),
          proposition: scenario.condition.proposition,
        }))
      )
  );
}

/** What SPIN said of some models: name, states, states in which the statement holds, hash. */
export const RECORD = "packages/litmus/promela/testdata/spin.tsv";

/** A model, its name left out, so that the same model is run once. */
export interface DistinctCase extends SpinCase {
  readonly model: string;
  /** How many of the questions are this one. */
  readonly questions: number;
}

/** All questions, each model once. */
export function distinctCases(): DistinctCase[] {
  const byModel = new Map<string, DistinctCase>();
  for (const one of [...closureCases(), ...scenarioCases()]) {
    const { watch, proposition } = one;
    const model = toPromela({ ...one.problem, name: "" }, one.machine, { watch, proposition });
    const questions = (byModel.get(model)?.questions ?? 0) + 1;
    byModel.set(model, { ...byModel.get(model) ?? one, model, questions });
  }
  return [...byModel.values()];
}

/** A model is in the record for so many lines that none before it has. */
const NEW_LINES = 8;

/** The questions of the record: few, and most of what can stand in a model. */
export function recordedCases(cases: readonly DistinctCase[]): DistinctCase[] {
  const seen = new Set<string>();
  return cases.filter(({ model }) => {
    const fresh = new Set(model.split("\n")).difference(seen);
    if (fresh.size < NEW_LINES) return false;
    for (const line of fresh) seen.add(line);
    return true;
  });
}

/** What an exploration and SPIN must agree on. */
export interface Figures {
  readonly states: number;
  /** Final states in which the statement holds. */
  readonly holding: number;
}

/** What our exploration says. */
export async function figuresOf(one: SpinCase): Promise<Figures> {
  const system = new System(one.problem, one.machine, one.watch);
  const exploration = await explore(system);
  const holds = testOf(one.proposition);
  let holding = 0;
  for (let i = 0; i < exploration.states; i++) {
    const state = exploration.state(i);
    if (system.isFinal(state) && holds(system.valuation(state))) holding++;
  }
  return { states: exploration.states, holding };
}

/** Which model it is, in 8 hexadecimal digits. */
export async function modelHash(model: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(model));
  return new Uint8Array(digest).toHex().slice(0, 8);
}

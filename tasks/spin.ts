/**
 * Asks SPIN the questions that we answer, and compares: the number of distinct states, and in how
 * many final ones the statement holds. Exits 1 where they differ; skips where SPIN is not installed.
 *
 * @module
 */
import { explore, System, testOf, toPromela } from "@tdx/litmus";
import { closureCases, scenarioCases, type SpinCase } from "./spin_cases.ts";
import { missing, runPan } from "./spin_pan.ts";

interface Distinct extends SpinCase {
  /** The model, its name left out, so that the same model is run once. */
  readonly model: string;
  /** How many of the questions are this one. */
  readonly questions: number;
}

interface Counts {
  readonly states: number;
  /** Final states in which the statement holds. */
  readonly holding: number;
}

const reason = await missing(["spin", "gcc"]);
if (reason !== undefined) {
  console.log(`skipped: ${reason}`);
  Deno.exit(0);
}
const cases = [...closureCases(), ...scenarioCases()];
const distinct = withoutRepeats(cases);
const different = await compareAll(distinct);
console.log(
  `${cases.length} questions, ${distinct.length} distinct models, ` +
    `${different.length} where SPIN and we differ`,
);
if (different.length > 0) Deno.exit(1);

function withoutRepeats(cases: readonly SpinCase[]): Distinct[] {
  const byModel = new Map<string, Distinct>();
  for (const one of cases) {
    const { watch, proposition } = one;
    const model = toPromela({ ...one.problem, name: "" }, one.machine, { watch, proposition });
    const questions = (byModel.get(model)?.questions ?? 0) + 1;
    byModel.set(model, { ...byModel.get(model) ?? one, model, questions });
  }
  return [...byModel.values()];
}

/** Compares as many at a time as there are processors; returns those that differ. */
async function compareAll(models: readonly Distinct[]): Promise<Distinct[]> {
  const different: Distinct[] = [];
  const left = [...models];
  console.log("     ours       SPIN   holds in (ours, SPIN)");
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      if (!await agrees(next)) different.push(next);
    }
  }));
  return different;
}

async function agrees(one: Distinct): Promise<boolean> {
  const [ours, theirs] = await Promise.all([count(one), countBySpin(one.model)]);
  const same = ours.states === theirs.states && ours.holding === theirs.holding;
  const numbers = [ours.states, theirs.states, ours.holding, theirs.holding]
    .map((number) => String(number).padStart(9)).join("  ");
  const others = one.questions > 1 ? ` (and ${one.questions - 1} more)` : "";
  console.log(`${numbers}  ${same ? "same  " : "DIFFER"}  ${one.name}${others}`);
  return same;
}

async function count({ problem, machine, watch, proposition }: SpinCase): Promise<Counts> {
  const system = new System(problem, machine, watch);
  const exploration = await explore(system);
  const holds = testOf(proposition);
  let holding = 0;
  for (let i = 0; i < exploration.states; i++) {
    const state = exploration.state(i);
    if (system.isFinal(state) && holds(system.valuation(state))) holding++;
  }
  return { states: exploration.states, holding };
}

/** -c0 goes on after an error; the small hash table is for models of some thousand states. */
async function countBySpin(model: string): Promise<Counts> {
  const { states, errors } = await runPan(model, { run: ["-c0", "-w18", "-m1000000"] });
  return { states, holding: errors };
}

/**
 * Asks SPIN the questions that we answer, and compares: the number of distinct states, and in how
 * many final ones the statement holds. Exits 1 where they differ; skips where SPIN is not installed.
 *
 * @module
 */
import {
  type DistinctCase,
  distinctCases,
  type Figures,
  figuresOf,
  modelHash,
  RECORD,
  recordedCases,
} from "./spin_cases.ts";
import { missing, runPan } from "./spin_pan.ts";

const reason = await missing(["spin", "gcc"]);
if (reason !== undefined) {
  console.log(`skipped: ${reason}`);
  Deno.exit(0);
}
const distinct = distinctCases();
const rows = new Map<DistinctCase, string>();
const different = await compareAll(distinct);
const questions = distinct.reduce((sum, one) => sum + one.questions, 0);
console.log(
  `${questions} questions, ${distinct.length} distinct models, ` +
    `${different.length} where SPIN and we differ`,
);
if (different.length > 0) Deno.exit(1);
const record = recordedCases(distinct).map((one) => rows.get(one));
await Deno.writeTextFile(RECORD, `${record.join("\n")}\n`);

/** Compares as many at a time as there are processors; returns those that differ. */
async function compareAll(models: readonly DistinctCase[]): Promise<DistinctCase[]> {
  const different: DistinctCase[] = [];
  const left = [...models];
  console.log("     ours       SPIN   holds in (ours, SPIN)");
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      if (!await agrees(next)) different.push(next);
    }
  }));
  return different;
}

async function agrees(one: DistinctCase): Promise<boolean> {
  const [ours, theirs] = await Promise.all([figuresOf(one), countBySpin(one.model)]);
  const row = [one.name, theirs.states, theirs.holding, await modelHash(one.model)];
  rows.set(one, row.join("\t"));
  const same = ours.states === theirs.states && ours.holding === theirs.holding;
  const numbers = [ours.states, theirs.states, ours.holding, theirs.holding]
    .map((number) => String(number).padStart(9)).join("  ");
  const others = one.questions > 1 ? ` (and ${one.questions - 1} more)` : "";
  console.log(`${numbers}  ${same ? "same  " : "DIFFER"}  ${one.name}${others}`);
  return same;
}

/** -c0 goes on after an error; the small hash table is for models of some thousand states. */
async function countBySpin(model: string): Promise<Figures> {
  const { states, errors } = await runPan(model, { run: ["-c0", "-w18", "-m1000000"] });
  return { states, holding: errors };
}

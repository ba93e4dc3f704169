/**
 * Asks SPIN the questions that we answer, and compares. Of lines: the number of distinct states, and in
 * how many final ones the statement holds. Of teardowns: the number of distinct states, and which
 * properties hold. Exits 1 where they differ; skips where SPIN is not installed.
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
import {
  figuresOfTeardown,
  recordLine,
  TEARDOWN_RECORD,
  type TeardownCase,
  teardownCases,
  teardownModel,
  titleOfCase,
} from "./spin_teardowns.ts";

const reason = await missing(["spin", "gcc"]);
if (reason !== undefined) {
  console.log(`skipped: ${reason}`);
  Deno.exit(0);
}
const distinct = distinctCases();
const rows = new Map<DistinctCase, string>();
console.log("     ours       SPIN   holds in (ours, SPIN)");
const different = await whichFail(distinct, agrees);
const questions = distinct.reduce((sum, one) => sum + one.questions, 0);
console.log(
  `${questions} questions, ${distinct.length} distinct models, ` +
    `${different.length} where SPIN and we differ`,
);
if (different.length > 0) Deno.exit(1);
const record = recordedCases(distinct).map((one) => rows.get(one));
await Deno.writeTextFile(RECORD, `${record.join("\n")}\n`);

console.log("\n     ours       SPIN");
const teardowns = teardownCases();
const teardownRows = new Map<TeardownCase, string>();
const apart = await whichFail(teardowns, agreesOnTeardown);
console.log(`${teardowns.length} teardowns, ${apart.length} where SPIN and we differ`);
if (apart.length > 0) Deno.exit(1);
const rowsInOrder = teardowns.map((one) => teardownRows.get(one));
await Deno.writeTextFile(TEARDOWN_RECORD, `${rowsInOrder.join("\n")}\n`);

/** Tests as many at a time as there are processors; returns those that fail. */
async function whichFail<T>(all: readonly T[], test: (one: T) => Promise<boolean>): Promise<T[]> {
  const failed: T[] = [];
  const left = [...all];
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      if (!await test(next)) failed.push(next);
    }
  }));
  return failed;
}

async function agreesOnTeardown(one: TeardownCase): Promise<boolean> {
  const { model, spin } = await teardownModel(one);
  // Without SPIN's own reduction, as ours are off.
  const run = { spin, compile: ["-DNOREDUCE"], run: ["-c0", "-w20", "-m1000000"] };
  const spinning = runPan(model, run);
  const ours = figuresOfTeardown(one);
  const { states, failed } = await spinning;
  const broken = failed.map((name) => name.replaceAll("_", "-")).join(" ");
  teardownRows.set(one, await recordLine(one, { states, broken }, model));
  const same = states === ours.states && broken === ours.broken;
  const found = same ? broken : `${ours.broken} (ours), ${broken} (SPIN)`;
  const numbers = [ours.states, states].map((number) => String(number).padStart(9)).join("  ");
  console.log(
    `${numbers}  ${same ? "same  " : "DIFFER"}  ${titleOfCase(one)}: ${found || "all holds"}`,
  );
  return same;
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

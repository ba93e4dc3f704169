/**
 * Our explorer against SPIN's pan on the same model of 19 million states: distinct states a second
 * of processor time, and peak memory. Arguments go to the C compiler, for example -DSAFETY.
 * Takes some minutes.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { toPromela } from "@tdx/litmus";
import { MACHINE, PROBLEM } from "./spin_bench_model.ts";
import { measure, measurePan, missing, TIME, type Usage } from "./spin_pan.ts";

const MIB = 2 ** 20;
/** Enough for a search that gets 6.6 million deep; pan takes memory for all of it at once. */
const DEPTH = 7_000_000;

interface Figures extends Usage {
  readonly name: string;
  readonly states: number;
  /** Time by its own account. */
  readonly seconds: number;
  /** Memory by its own account. */
  readonly bytes: number;
}

const reason = await missing(["spin", "gcc", TIME]);
if (reason !== undefined) {
  console.log(`skipped: ${reason}`);
  Deno.exit(0);
}
const theirs = await runSpin(["-O2", ...Deno.args]);
const ours = await runOurs();
console.log(`model: ${PROBLEM.name}`);
console.log(
  "states a second of processor time; memory as resident set, and by each one's account\n",
);
for (const figures of [theirs, ours]) console.log(row(figures));
const rate = theirs.processorSeconds / ours.processorSeconds;
const memory = theirs.residentBytes / ours.residentBytes;
console.log(
  `\nours: ${rate.toFixed(1)} times pan's rate in 1/${memory.toFixed(1)} of its resident set`,
);
if (theirs.states !== ours.states) {
  console.error(`Expected the same number of states, got ${theirs.states} and ${ours.states}`);
  Deno.exit(1);
}

async function runSpin(compile: readonly string[]): Promise<Figures> {
  const model = toPromela(PROBLEM, MACHINE);
  const name = ["pan", ...compile].join(" ");
  return { name, ...await measurePan(model, { compile, run: [`-m${DEPTH}`] }) };
}

/** In a process of its own, so that its memory is its own. */
async function runOurs(): Promise<Figures> {
  const script = fromFileUrl(new URL("spin_bench_ours.ts", import.meta.url));
  const { output, usage } = await measure(Deno.execPath(), ["run", "--quiet", script]);
  return { name: `tdx on Deno ${Deno.version.deno}`, ...JSON.parse(output), ...usage };
}

function row(figures: Figures): string {
  const { name, states, seconds, processorSeconds, bytes, residentBytes } = figures;
  return [
    name.padEnd(22),
    `${states} states`.padStart(16),
    `${seconds.toFixed(2)} s, ${processorSeconds.toFixed(2)} s processor`.padStart(30),
    `${Math.round(states / processorSeconds).toLocaleString("en")}/s`.padStart(13),
    `${Math.round(residentBytes / MIB)} MiB (${Math.round(bytes / MIB)} MiB)`.padStart(22),
  ].join("");
}

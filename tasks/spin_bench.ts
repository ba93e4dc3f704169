/**
 * Our explorer against SPIN's pan on the same model of 19 million states: distinct states a second
 * and peak memory. Arguments go to the C compiler, for example -DSAFETY. Takes some minutes.
 *
 * @module
 */
import { toPromela } from "@tdx/litmus";
import { MACHINE, PROBLEM } from "./spin_bench_model.ts";
import { missing, runPan, TIME } from "./spin_pan.ts";

const MIB = 2 ** 20;
/** Enough for the search's depth of 6.6 million; what is not reached takes address space only. */
const DEPTH = 7_000_000;

interface Figures {
  readonly name: string;
  readonly states: number;
  readonly seconds: number;
  /** What it accounts for itself: visited set, queue or stack. */
  readonly bytes: number;
  readonly residentBytes: number;
}

const reason = await missing(["spin", "gcc", TIME]);
if (reason !== undefined) {
  console.log(`skipped: ${reason}`);
  Deno.exit(0);
}
const theirs = await runSpin(["-O2", ...Deno.args]);
const ours = await runOurs();
console.log(`model: ${PROBLEM.name}\n`);
console.log("                       states   seconds    states/s  own account   resident set");
for (const figures of [theirs, ours]) console.log(row(figures));
const rate = (theirs.seconds / ours.seconds).toFixed(1);
const memory = (theirs.residentBytes / ours.residentBytes).toFixed(1);
const accounted = (theirs.bytes / ours.bytes).toFixed(1);
console.log(
  `\nours: ${rate} times pan's rate, 1/${memory} of its resident set ` +
    `(1/${accounted} by each one's own account)`,
);
if (theirs.states !== ours.states) {
  console.error(`Expected the same number of states, got ${theirs.states} and ${ours.states}`);
  Deno.exit(1);
}

async function runSpin(compile: readonly string[]): Promise<Figures> {
  const model = toPromela(PROBLEM, MACHINE);
  const report = await runPan(model, { compile, run: [`-m${DEPTH}`], measure: true });
  return { name: ["pan", ...compile].join(" "), ...report };
}

async function runOurs(): Promise<Figures> {
  const script = new URL("spin_bench_ours.ts", import.meta.url).pathname;
  const args = ["-f", "%M", Deno.execPath(), "run", "--quiet", script];
  const output = await new Deno.Command(TIME, { args }).output();
  const resident = Number(new TextDecoder().decode(output.stderr).trim().split("\n").at(-1));
  return {
    name: `tdx, Deno ${Deno.version.deno}`,
    ...JSON.parse(new TextDecoder().decode(output.stdout)),
    residentBytes: resident * 1024,
  };
}

function row({ name, states, seconds, bytes, residentBytes }: Figures): string {
  return [
    name.padEnd(18),
    String(states).padStart(11),
    seconds.toFixed(2).padStart(10),
    Math.round(states / seconds).toLocaleString("en").padStart(12),
    `${Math.round(bytes / MIB)} MiB`.padStart(13),
    `${Math.round(residentBytes / MIB)} MiB`.padStart(15),
  ].join("");
}

/**
 * Fuzzes every reader: `deno task fuzz --seed 1 --runs 10000 [--only NAME]`.
 *
 * Whatever is read, only errors that are for people may come, no control character and no internal
 * word may be shown, and the time grows no faster than the input. What breaks that is made small and
 * kept in `found`, whose files are fixtures from then on.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { fuzz } from "./fuzz.ts";
import { READERS } from "./readers.ts";

const USAGE = "Usage: deno task fuzz [--seed N] [--runs N] [--only NAME]";
const refuse = (message: string): never => {
  console.error(`${message}\n${USAGE}\n\nReaders: ${Object.keys(READERS).join(", ")}`);
  Deno.exit(1);
};
const args = parseArgs(Deno.args, {
  string: ["seed", "runs", "only"],
  unknown: (argument) => refuse(`Expected no ${argument}`),
});
const whole = (name: "seed" | "runs", otherwise: number) => {
  const text = String(args[name] ?? otherwise);
  return /^\d{1,9}$/.test(text)
    ? Number(text)
    : refuse(`Expected --${name} as a whole number, got ${text}`);
};
const [seed, runs] = [whole("seed", 1), whole("runs", 10_000)];
const only = args["only"] as string | undefined;
if (only !== undefined && !Object.hasOwn(READERS, only)) refuse(`Expected a reader, got ${only}`);

let broken = 0;
for (const name of only === undefined ? Object.keys(READERS) : [only]) {
  const started = performance.now();
  const problem = await fuzz(name, seed, runs);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (problem !== undefined) broken++;
  console.log(`${problem === undefined ? "ok    " : "BROKEN"} ${name}, ${seconds} s`);
  if (problem !== undefined) console.log(`       ${problem}`);
}
if (broken > 0) Deno.exit(1);

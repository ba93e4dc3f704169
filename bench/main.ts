/**
 * Measures the figures of the project, each beside a yardstick taken in turn with it, and prints them
 * as ratios: machines are noisy, ratios less so.
 *
 * @module
 */
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { parseArgs } from "@std/cli";
import { table } from "../packages/cli/shell/show.ts";
import { commands } from "./commands.ts";
import { type Figure, median } from "./figure.ts";
import { manyTds } from "./many_tds.ts";
import { dense, fragmented, uniform } from "./memory_cases.ts";
import { decision, explorer } from "./small_cases.ts";

const CASES: Readonly<Record<string, () => Promise<Figure | Figure[]>>> = {
  "uniform-terminate": () => uniform("terminate"),
  "uniform-dynamic": () => uniform("dynamic"),
  "fragmented-spr": () => fragmented(spr),
  "fragmented-gnr": () => fragmented(gnr),
  "many-tds": manyTds,
  "dense": dense,
  "decide": decision,
  "explorer": explorer,
  "commands": commands,
};

const args = parseArgs(Deno.args, { string: ["json", "only"] });
const only = args["only"] as string | undefined;
if (only !== undefined && !Object.hasOwn(CASES, only)) {
  console.error(`Expected --only as one of ${Object.keys(CASES).join(", ")}, got ${only}`);
  Deno.exit(1);
}
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(CASES)) {
  if (only !== undefined && only !== name) continue;
  figures.push(...[await measure()].flat());
}
console.log(table(["figure", "median", "beside", "median", "ratio", "goal"], figures.map(row)));
const json = args["json"] as string | undefined;
if (json !== undefined) {
  Deno.writeTextFileSync(json, JSON.stringify({ formatVersion: 1, figures }, null, 2));
}

function row({ name, unit, samples, beside, goal }: Figure): string[] {
  const [value, yard] = [median(samples), median(beside.samples)];
  const ratio = value / yard;
  const met = goal === undefined
    ? ""
    : `${goal.text}: ${goal.met(value, ratio) ? "met" : "NOT MET"}`;
  return [name, `${show(value)} ${unit}`, beside.name, `${show(yard)} ${unit}`, show(ratio), met];
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/**
 * Compares two files that the benchmark wrote: which ratios moved by more than the noise of their
 * repeats.
 *
 * @module
 */
import { table } from "../packages/cli/shell/show.ts";
import { type Figure, median } from "./figure.ts";

const [before, after] = Deno.args;
if (before === undefined || after === undefined) {
  console.error("Expected two files that the benchmark wrote: BEFORE.json AFTER.json");
  Deno.exit(1);
}
const old = new Map(read(before).map((figure) => [nameOf(figure), figure]));
const rows = read(after).flatMap((figure) => {
  const earlier = old.get(nameOf(figure));
  return earlier === undefined ? [] : [row(earlier, figure)];
});
console.log(table(["figure", "before", "after", "change", "verdict"], rows));

function read(path: string): Figure[] {
  return JSON.parse(Deno.readTextFileSync(path)).figures;
}

/** A figure may stand beside two yardsticks. */
function nameOf({ name, beside }: Figure): string {
  return `${name}, beside ${beside.name}`;
}

function row(earlier: Figure, later: Figure): string[] {
  const [a, b] = [ratios(earlier), ratios(later)];
  const change = median(b) / median(a);
  const apart = Math.min(...b) > Math.max(...a) || Math.max(...b) < Math.min(...a);
  return [
    nameOf(later),
    median(a).toPrecision(3),
    median(b).toPrecision(3),
    `${((change - 1) * 100).toFixed(0)}%`,
    apart ? "moved" : "within the noise",
  ];
}

/** Each sample over the yardstick taken with it. */
function ratios({ samples, beside }: Figure): number[] {
  return samples.map((sample, i) => sample / beside.samples[i]!);
}

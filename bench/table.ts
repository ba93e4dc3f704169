/**
 * Writes the figures of a benchmark file into docs/SPEED.md: `deno task bench:table FIGURES.json`.
 *
 * @module
 */
import { type Figure, median } from "./figure.ts";

const [file] = Deno.args;
if (file === undefined) {
  console.error("Expected a file that the benchmark wrote: FIGURES.json");
  Deno.exit(1);
}
const figures: Figure[] = JSON.parse(Deno.readTextFileSync(file)).figures;
const lines = [
  "| figure | median | peak memory | beside | ratio |",
  "| --- | --- | --- | --- | --- |",
  ...figures.map(({ name, unit, samples, beside, mebibytes }) => {
    const [value, yard] = [median(samples), median(beside.samples)];
    const peak = mebibytes === undefined ? "" : `${Math.round(mebibytes)} MiB`;
    const cells = [name, `${show(value)} ${unit}`, peak, `${beside.name}: ${show(yard)} ${unit}`];
    return `| ${[...cells, show(value / yard)].join(" | ")} |`;
  }),
];
const readme = Deno.readTextFileSync("docs/SPEED.md");
const [start, end] = ["<!-- figures -->", "<!-- /figures -->"];
const [from, to] = [readme.indexOf(start) + start.length, readme.indexOf(end)];
if (to < 0) throw new RangeError(`Expected ${start} and ${end} in docs/SPEED.md, got neither`);
Deno.writeTextFileSync(
  "docs/SPEED.md",
  `${readme.slice(0, from)}\n\n${lines.join("\n")}\n\n${readme.slice(to)}`,
);

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

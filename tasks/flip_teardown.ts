/**
 * Leaves out every step of Linux's teardown, one at a time, and asks whether some property turns red. A
 * step that nothing misses is not understood, or not needed.
 *
 * @module
 */
import { linux } from "@tdx/linux";
import { linuxTeardown, parseTeardown, proveTeardown, type Teardown } from "@tdx/litmus";
import type { TeardownPath } from "@tdx/reclaim";
import { programOf } from "../packages/litmus/teardown/parse_teardown.ts";
import { PLATFORMS } from "../packages/cli/platforms.ts";

const TEARDOWNS: readonly (readonly [string, TeardownPath])[] = [
  ["6.16", "dynamic"],
  ["6.18", "dynamic"],
  ["7.3", "dynamic"],
  ["7.4", "dynamic"],
  ["7.3", "terminate"],
];
/** What begins a loop is no step of its own. */
const STEPS = new Set(["call", "kick", "dead", "reset", "return", "put"]);
const platforms = PLATFORMS.filter(({ name }) => name === "spr" || name === "gnr");

let missed = 0;
let flips = 0;
for (const [version, path] of TEARDOWNS) {
  // A pair of Dynamic PAMT comes back with dirty lines as it is: mended, so that other things show.
  const text = linuxTeardown(linux(version), path).replaceAll(
    "{ reset half",
    "{ TDH.PHYMEM.PAGE.WBINVD half global reset half",
  );
  const before = await prove(parseTeardown(text));
  // What is done after a failure is not on the way of a teardown that goes well.
  const asides = [...text.matchAll(/else \{[^}]*\}/g)];
  for (const { code } of programOf(parseTeardown(text)).threads) {
    for (const { op, from, until } of code) {
      const isAside = asides.some(({ index, 0: { length } }) =>
        from! > index && from! < index + length
      );
      if (from === undefined || until === undefined || !STEPS.has(op) || isAside) continue;
      const step = text.slice(from, until).split("\n")[0]!;
      const after = await prove(parseTeardown(text.slice(0, from) + text.slice(until)));
      // As the last page of a region, which has the pair put, comes the TDR.
      const isTaken = after.size !== before.size;
      const red = after.broken.find((each) => !before.broken.includes(each));
      console.log(
        `${version} ${path} without ${step}: ${red ?? (isTaken ? "NOTHING" : "not taken")}`,
      );
      flips += Number(isTaken);
      missed += Number(isTaken && red === undefined);
    }
  }
}
console.log(`${flips} steps left out, ${missed} that nothing misses`);
if (missed > 0) Deno.exit(1);

/** The properties that are violated without any failure, each with what it is about; and the size. */
async function prove(teardown: Teardown): Promise<{ broken: string[]; size: string }> {
  const proof = await proveTeardown(teardown, { platforms, faults: 0 });
  const broken = proof.properties.flatMap(({ id, counterexample }) =>
    counterexample === null ? [] : [`${id}: ${counterexample.harm}`]
  );
  return { broken, size: `${proof.states} ${proof.transitions}` };
}

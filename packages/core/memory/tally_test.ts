import { assertEquals } from "@std/assert";
import type { Transition } from "../line/line_automaton.ts";
import { type Counts, countsOf, Tally } from "./tally.ts";

const QUIET: Transition = {
  next: 0,
  data: "zeros",
  rules: ["K1", "C8"],
  machineCheck: false,
  logged: false,
  cleared: false,
  refused: false,
};
const TRANSITIONS: readonly Transition[] = [
  QUIET,
  { ...QUIET, rules: ["K1", "C6"], machineCheck: true, logged: true },
  { ...QUIET, rules: ["K5", "W3"], cleared: true },
  { ...QUIET, rules: ["F1"], refused: true },
];
const COUNTS: Counts = {
  lines: 15,
  machineChecks: 2,
  machineCheckPages: 1,
  logged: 2,
  cleared: 4,
  refused: 8,
  rules: { K1: 3, C8: 1, C6: 2, K5: 4, W3: 4, F1: 8 },
};

function tallyOf(...steps: readonly (readonly [state: number, lines: number])[]): Tally {
  const tally = new Tally((state) => TRANSITIONS[state]!);
  for (const [state, lines] of steps) {
    assertEquals(tally.step(state, lines), TRANSITIONS[state]!);
  }
  return tally;
}

Deno.test("Tally.step() gives transitions and counts lines by what they bring", () => {
  const tally = tallyOf([0, 1], [1, 1], [2, 4], [3, 8], [1, 1]);
  tally.machineCheckPages = 1;
  assertEquals(tally.counts(), COUNTS);
});

Deno.test("Tally.add() adds another tally and leaves it", () => {
  const tally = tallyOf([0, 1], [1, 2]);
  const other = tallyOf([2, 4], [3, 8]);
  other.machineCheckPages = 1;
  tally.add(other);
  assertEquals(tally.counts(), COUNTS);
  assertEquals([other.counts().lines, other.machineCheckPages], [12, 1]);
});

Deno.test("countsOf() adds up every count, and nothing to zeros", () => {
  const first = tallyOf([1, 2], [2, 4]);
  first.machineCheckPages = 1;
  assertEquals(countsOf([first, tallyOf([0, 1], [3, 8])]), COUNTS);
  assertEquals(countsOf([]), {
    lines: 0,
    machineChecks: 0,
    machineCheckPages: 0,
    logged: 0,
    cleared: 0,
    refused: 0,
    rules: {},
  });
});

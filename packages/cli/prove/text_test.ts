import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TEARDOWN_PROPERTIES, type TeardownProof, type TeardownStep } from "@tdx/litmus";
import { proofsText } from "./text.ts";

const IDS = Object.keys(TEARDOWN_PROPERTIES) as (keyof typeof TEARDOWN_PROPERTIES)[];
const STEP: TeardownStep = {
  by: "zap",
  what: "TDH.MEM.TRACK",
  status: "OPERAND_BUSY",
  injected: true,
  textLine: 7,
  rules: [],
  changes: ["TD epoch: 1 to 2"],
  line: null,
} as unknown as TeardownStep;
const LOAD = { ...STEP, by: "host", what: "load", status: null, rules: ["K1", "R0"], changes: [] };
const LONG = [STEP, { ...LOAD, line: "memory poisoned" }, STEP] as unknown as TeardownStep[];

/** A proof in which some properties are broken, in so many steps each. */
function proof(steps: Readonly<Record<string, readonly TeardownStep[]>>): TeardownProof {
  const bound = { pages: 1, vcpus: 2, packages: 3, faults: 4, busy: 5 };
  const properties = IDS.map((id) => ({
    id,
    counterexample: steps[id] === undefined
      ? null
      : { harm: `harm of ${id}`, machine: "spr in Li", steps: steps[id] },
  }));
  return { bound, states: 17, depth: 9, properties } as unknown as TeardownProof;
}

const FINE = { title: "fine", proof: proof({}) };
const WRONG = { title: "wrong", proof: proof({ [IDS[0]!]: LONG, [IDS[1]!]: [STEP] }) };
const MORE = "The shortest way of each teardown; --trace shows all of them.";
/** The ways that are shown. */
const ways = (text: string) => text.split("\n").filter((line) => line.includes(": harm of "));

Deno.test("proofsText() shows all ways of one teardown, of many the shortest of each, and with trace all", () => {
  const all = [0, 1].map((i) => `wrong, ${IDS[i]}: harm of ${IDS[i]}`);
  const [one, many, traced] = [
    proofsText([WRONG], false),
    proofsText([FINE, WRONG], false),
    proofsText([FINE, WRONG], true),
  ];
  assertEquals([one, many, traced].map(ways), [all, [all[1]], all]);
  assertEquals([one, many, traced].map((text) => text.endsWith(MORE)), [false, true, false]);
  assertEquals(proofsText([FINE, FINE], false).includes(MORE), false);
  assertEquals(many.split("\n")[0], "1 of 2 teardowns can go wrong.");
  const rows = many.split("\n").slice(2, 5).map((row) => row.split(/ {2,}/));
  assertEquals(rows, [
    ["teardown", ...IDS, "states", "depth"],
    ["fine", ...IDS.map(() => "holds"), "17", "9"],
    ["wrong", "BROKEN", "BROKEN", ...IDS.slice(2).map(() => "holds"), "17", "9"],
  ]);
  assertStringIncludes(
    many,
    "\nBound: 1 guest pages, 2 vCPUs, 3 packages, 4 unexpected failures,\n5 ",
  );
});

Deno.test("proofsText() numbers the steps: who, what, the answer, rules, changes, the line", () => {
  const text = proofsText([{ title: "wrong", proof: proof({ [IDS[0]!]: LONG }) }], false);
  assertStringIncludes(
    text,
    [
      "  on spr in Li:",
      "   1. zap: TDH.MEM.TRACK -> OPERAND_BUSY (unexpected)",
      "      TD epoch: 1 to 2",
      "   2. host: load  [K1 R0]",
      "      line: memory poisoned",
      "   3. zap: TDH.MEM.TRACK -> OPERAND_BUSY (unexpected)",
    ].join("\n"),
  );
});

Deno.test("proofsText() folds the rounds of a loop, and goes on counting behind them", () => {
  const round = ["block", "remove"].map((what, i) => ({ ...STEP, what, textLine: i, changes: [] }));
  const steps = [...round, ...round, ...round, ...round, { ...STEP, what: "end", textLine: 9 }];
  const text = proofsText([{ title: "loop", proof: proof({ [IDS[0]!]: steps }) }], false);
  const numbers = [...text.matchAll(/^ *(\d+)\. zap: (\w+)/gm)].map(([, n, what]) =>
    `${n} ${what}`
  );
  assertEquals(numbers, ["1 block", "2 remove", "3 block", "4 remove", "9 end"]);
  assertMatch(text, /4\. zap: remove .*\n {6}… 4 more steps of the same, for other pages\n/);
});

import { assertEquals } from "@std/assert";
import { atomsOf, outcomeOf, type Proposition, testOf, watchFor } from "./proposition.ts";
import { contentState, type Problem } from "./problem.ts";
import type { Valuation } from "./system.ts";

const { memory, copies } = contentState({ key: "td", data: "secret" }, true);
const poisoned = { memory: { ...memory, poison: "integrity" as const }, copies };

function state(more: Partial<Valuation> = {}, line: Partial<Valuation["lines"][number]> = {}) {
  const whole = { state: { memory, copies }, hostWrote: false, lost: false, retired: false };
  return {
    hostMachineCheck: false,
    tdMachineCheck: false,
    secretRead: false,
    lines: [{ ...whole, ...line }],
    registers: [undefined],
    ...more,
  } satisfies Valuation;
}

const mc: Proposition = { kind: "mc" };
const td: Proposition = { kind: "td-mc" };
const PLAIN = state();
const HOST = state({ hostMachineCheck: true });
const BOTH = state({ hostMachineCheck: true, tdMachineCheck: true });

// A statement, and of no, a host's and both machine checks the states in which it holds.
const STATEMENTS: readonly [Proposition, boolean, boolean, boolean][] = [
  [mc, false, true, true],
  [td, false, false, true],
  [{ kind: "not", of: mc }, true, false, false],
  [{ kind: "and", of: [mc, td] }, false, false, true],
  [{ kind: "or", of: [mc, td] }, false, true, true],
  [{ kind: "and", of: [mc, { kind: "not", of: td }] }, false, true, false],
  [{ kind: "not", of: { kind: "or", of: [mc, td] } }, true, false, false],
  [{ kind: "and", of: [] }, true, true, true],
  [{ kind: "or", of: [] }, false, false, false],
];

Deno.test("testOf() takes all parts of an and, any of an or, and the opposite", () => {
  for (const [statement, ...expected] of STATEMENTS) {
    assertEquals([PLAIN, HOST, BOTH].map(testOf(statement)), expected, JSON.stringify(statement));
  }
});

// An atom, a state in which it holds, and how an outcome shows it there.
const ATOMS: readonly [Proposition, Valuation, string][] = [
  [mc, HOST, "mc=1;"],
  [td, BOTH, "td-mc=1;"],
  [{ kind: "retired", line: 0 }, state({}, { retired: true }), "retired X=1;"],
  [{ kind: "lost", line: 0 }, state({}, { lost: true }), "lost X=1;"],
  [{ kind: "poison", line: 0 }, state({}, { state: poisoned }), "poison X=1;"],
  [
    { kind: "register", register: 0, value: "zeros" },
    state({ registers: ["zeros"] }),
    "host:r0=zeros;",
  ],
];

Deno.test("each atom holds where it is so, and an outcome shows it", () => {
  const problem = { lines: [{ name: "X" }], registers: ["host:r0"] } as unknown as Problem;
  for (const [atom, holding, shown] of ATOMS) {
    assertEquals([testOf(atom)(PLAIN), testOf(atom)(holding)], [false, true], shown);
    assertEquals(outcomeOf(atomsOf(atom), holding, problem), shown);
  }
  const all: Proposition = { kind: "and", of: ATOMS.map(([atom]) => atom) };
  const none = "mc=0; td-mc=0; retired X=0; lost X=0; poison X=0; host:r0=-;";
  assertEquals(outcomeOf(atomsOf(all), PLAIN, problem), none);
  assertEquals([watchFor(all).lost, watchFor(mc).lost], [true, false]);
});

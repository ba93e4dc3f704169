import { assertEquals } from "@std/assert";
import { describeLine } from "@tdx/core";
import { contentState, KEYS } from "./problem.ts";
import type { Move } from "./system.ts";
import { traceSteps, traceText, witnessSteps } from "./trace.ts";

const state = contentState({ key: "td", data: "secret" }, true);
const afterwards = (retired: boolean) => ({ state, hostWrote: false, lost: false, retired });
const MOVES = [
  {
    thread: "td",
    operation: { kind: "store", by: "td", key: KEYS.td, data: "secret" },
    line: "X",
    key: "td",
    rules: ["K1", "C2"],
    after: afterwards(false),
  },
  { thread: "reclaim", operation: null, line: "X", key: null, rules: [], after: null },
  {
    thread: "td",
    operation: { kind: "load", by: "td", key: KEYS.td },
    line: "Y",
    key: "td",
    rules: ["R0"],
    after: afterwards(true),
  },
  {
    thread: "host",
    operation: { kind: "clflush", by: "host", key: KEYS.keyid0 },
    line: "X",
    key: "keyid0",
    rules: [],
    after: afterwards(false),
  },
] as unknown as readonly Move[];

Deno.test("traceSteps() says who does what to which line through which KeyID, and what it is then", () => {
  const line = describeLine(state);
  const td = KEYS.td.keyId;
  assertEquals(traceSteps(MOVES), [
    { by: "td", what: `store secret, line X, KeyID ${td}`, rules: ["K1", "C2"], after: line },
    {
      by: "td",
      what: `load, line Y, KeyID ${td}`,
      rules: ["R0"],
      after: `${line}; page retired`,
    },
    { by: "host", what: "CLFLUSH, line X, KeyID 0", rules: [], after: line },
  ]);
});

Deno.test("traceText() numbers the steps, with the line below each", () => {
  const [first, below] = traceText(MOVES).split("\n");
  assertEquals(first, `  1. td: store secret, line X, KeyID ${KEYS.td.keyId}  [K1 C2]`);
  assertEquals(below, `     ${describeLine(state)}`);
  assertEquals(traceText(MOVES).match(/^ +\d+\. /gm), ["  1. ", "  2. ", "  3. "]);
});

Deno.test("witnessSteps() has the rule that decided, and none where nothing happened", () => {
  const td = KEYS.td.keyId;
  assertEquals(witnessSteps(MOVES), [
    { by: "td", op: "store", line: "X", keyId: td, rule: "C2" },
    { by: "td", op: "load", line: "Y", keyId: td, rule: "R0" },
    { by: "host", op: "CLFLUSH", line: "X", keyId: 0, rule: null },
  ]);
});

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { KEY0, NEXT_TD, SHARED_INTEGRITY, TD } from "../fixtures_test.ts";
import { LineAutomaton } from "./line_automaton.ts";
import type { Operation } from "./operation.ts";
import { RULES, type RuleTable } from "./rules.ts";

const INIT: Operation = { kind: "movdir64b", by: "module", key: TD, data: "secret" };
const LOAD: Operation = { kind: "load", by: "host", key: KEY0 };
const PARTIAL: Operation = { kind: "partial-write", by: "host", key: KEY0, data: "host" };

function automaton(): LineAutomaton {
  return new LineAutomaton({ partialWriteToOwnedLine: "poison" });
}

/** Walks from a fresh line; returns the last transition. */
function walk(line: LineAutomaton, operations: readonly Operation[]) {
  let state = line.intern(LineAutomaton.fresh(KEY0));
  const steps = operations.map((operation) => {
    const transition = line.step(state, line.operation(operation));
    state = transition.next;
    return transition;
  });
  return steps.at(-1)!;
}

Deno.test("LineAutomaton.fresh() is a line the host has zeroed", () => {
  assertEquals(LineAutomaton.fresh(KEY0), {
    memory: { key: KEY0, data: "zeros", owner: 0, macMatches: false, poison: null },
    copies: [],
  });
});

Deno.test("LineAutomaton runs in Ci mode by the rules unless told otherwise", () => {
  assertEquals(automaton().environment, {
    mode: "Ci",
    partialWriteToOwnedLine: "poison",
    rules: RULES,
  });
});

Deno.test("LineAutomaton.intern() gives equal states one id and different ones their own", () => {
  const line = automaton();
  const id = line.intern(LineAutomaton.fresh(KEY0));
  assertEquals(line.intern(structuredClone(LineAutomaton.fresh(KEY0))), id);
  assertEquals(line.stateCount, 1);

  const { memory } = LineAutomaton.fresh(TD);
  const copy = { keyId: 33, data: "zeros", dirty: false, poison: null } as const;
  const states = [
    { memory, copies: [] },
    { memory: { ...memory, key: NEXT_TD }, copies: [] },
    { memory: { ...memory, key: { ...TD, access: "shared" } as const }, copies: [] },
    { memory: { ...memory, key: { ...TD, integrity: false } }, copies: [] },
    { memory: { ...memory, key: null }, copies: [] },
    { memory: { ...memory, data: null }, copies: [] },
    { memory: { ...memory, owner: 1 } as const, copies: [] },
    { memory: { ...memory, macMatches: true }, copies: [] },
    { memory: { ...memory, poison: "integrity" } as const, copies: [] },
    { memory: { ...memory, poison: "hardware-stuck" } as const, copies: [] },
    { memory: { ...memory, data: null, poison: "hardware-transient" } as const, copies: [] },
    { memory: { ...memory, data: null, poison: "partial-write" } as const, copies: [] },
    { memory, copies: [copy] },
    { memory, copies: [{ ...copy, keyId: 3 }] },
    { memory, copies: [{ ...copy, data: null }] },
    { memory, copies: [{ ...copy, dirty: true }] },
    { memory, copies: [{ ...copy, poison: "integrity" } as const] },
    { memory, copies: [copy, { ...copy, keyId: 34 }] },
  ];
  const ids = states.map((state) => line.intern(state));
  assertEquals(new Set([id, ...ids]).size, states.length + 1);
  assertEquals(line.stateCount, states.length + 1);
  ids.forEach((id, index) => assertEquals(line.state(id), states[index]!));
});

Deno.test("LineAutomaton.state() gives a state frozen through and through", () => {
  const line = automaton();
  const { next } = walk(line, [INIT, LOAD]);
  const state = line.state(next);
  for (const part of [state, state.memory, state.memory.key, state.copies, state.copies[0]]) {
    assert(Object.isFrozen(part));
  }
});

Deno.test("LineAutomaton.operation() gives equal operations one id, other ones another", () => {
  const line = automaton();
  const id = line.operation(LOAD);
  assertEquals(line.operation(LOAD), id);
  assertEquals(line.operation({ ...LOAD }), id);
  const zeroing: Operation = { kind: "movdir64b", by: "module", key: TD };
  assertEquals(line.operation({ ...zeroing, data: "zeros" }), line.operation(zeroing));
  const others: readonly Operation[] = [
    { ...LOAD, kind: "prefetch" },
    { ...LOAD, by: "td" },
    { ...LOAD, key: TD },
    { ...LOAD, key: NEXT_TD },
    INIT,
    zeroing,
  ];
  assertEquals(new Set([id, ...others.map((other) => line.operation(other))]).size, 7);
});

Deno.test("LineAutomaton.step() remembers: the same object the second time", () => {
  const line = automaton();
  const fresh = line.intern(LineAutomaton.fresh(KEY0));
  const first = line.step(fresh, line.operation(INIT));
  assertStrictEquals(line.step(fresh, line.operation({ ...INIT })), first);
  assert(line.step(first.next, line.operation(INIT)) !== first);
  assert(Object.isFrozen(first) && Object.isFrozen(first.rules));
  assertEquals(line.state(first.next).memory.owner, 1);
});

Deno.test("LineAutomaton refuses ids it never gave", () => {
  const line = automaton();
  const state = line.intern(LineAutomaton.fresh(KEY0));
  const operation = line.operation(LOAD);
  for (const id of [-1, 1, 0.5, NaN]) {
    assertThrows(() => line.state(id), RangeError, `known state, got ${id}`);
    assertThrows(() => line.step(id, operation), RangeError, `known state, got ${id}`);
    assertThrows(() => line.step(state, id), RangeError, `known operation, got ${id}`);
  }
});

Deno.test("LineAutomaton.step() refuses what no rule covers, again and again", () => {
  const line = automaton();
  const fresh = line.intern(LineAutomaton.fresh(KEY0));
  const operation = line.operation({ ...PARTIAL, by: "td", key: TD });
  for (let i = 0; i < 2; i++) {
    assertThrows(() => line.step(fresh, operation), RangeError, "private KeyID 33");
  }
  assertEquals(line.stateCount, 1);
});

Deno.test("LineAutomaton tells modes and platforms apart", () => {
  const ci = new LineAutomaton({ partialWriteToOwnedLine: "merge" });
  const li = new LineAutomaton({ mode: "Li", partialWriteToOwnedLine: "merge" });
  const read: Operation = { ...LOAD, key: SHARED_INTEGRITY };
  assertEquals(walk(ci, [INIT, read]).rules, ["K1", "C6"]);
  assertEquals(walk(li, [INIT, read]).rules, ["K1", "L4"]);
  assertEquals(walk(automaton(), [INIT, PARTIAL]).rules, ["W5"]);
  assertEquals(walk(ci, [INIT, PARTIAL]).rules, ["C8", "W4"]);
});

Deno.test("LineAutomaton follows another rule table to another verdict", () => {
  const harmless: RuleTable = {
    ...RULES,
    writes: RULES.writes.filter((rule) => rule.id !== "W5"),
  };
  const stricter: RuleTable = {
    ...RULES,
    reads: RULES.reads.map((rule) => rule.id === "C8" ? { ...rule, poisons: true } : rule),
  };
  const fillsClean: RuleTable = {
    ...RULES,
    caches: RULES.caches.map((rule) => rule.id === "K1" ? { ...rule, poisonTravels: false } : rule),
  };
  const keeps: RuleTable = {
    ...RULES,
    writes: RULES.writes.map((rule) => rule.id === "W5" ? { ...rule, poison: "kept" } : rule),
  };
  const options = { partialWriteToOwnedLine: "poison" } as const;
  const hazard = [INIT, PARTIAL, LOAD];
  assertEquals(walk(automaton(), hazard).machineCheck, true);
  assertEquals(
    walk(new LineAutomaton({ ...options, rules: harmless }), hazard).machineCheck,
    false,
  );
  assertEquals(
    walk(new LineAutomaton({ ...options, rules: fillsClean }), hazard).machineCheck,
    false,
  );
  // A write that neither poisons nor takes the line over leaves what the TD wrote (A4).
  const own: Operation = { ...LOAD, by: "td", key: TD };
  const kept = walk(new LineAutomaton({ ...options, rules: keeps }), [INIT, PARTIAL, own]);
  assertEquals([kept.data, kept.machineCheck], ["secret", false]);
  assertEquals(walk(automaton(), [INIT, LOAD]).machineCheck, false);
  assertEquals(
    walk(new LineAutomaton({ ...options, rules: stricter }), [INIT, LOAD]).machineCheck,
    true,
  );
});

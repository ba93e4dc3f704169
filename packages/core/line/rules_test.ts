// The rows of the read, write and cache tables, written out as the specification prints them and
// tried on single lines. What stands here is data, nothing of it is read from the rules.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { KEY0, NEXT_TD, SHARED, SHARED_INTEGRITY, TD } from "../fixtures_test.ts";
import type { Key } from "../key.ts";
import { LineAutomaton } from "./line_automaton.ts";
import type { CachedCopy, LineMemory, LineState } from "./line_state.ts";
import { stepLine } from "./line_step.ts";
import type { Agent, Data, Operation, OperationKind } from "./operation.ts";
import type { PartialWrite } from "../platform.ts";
import { type Mode, type ReadRuleId, RULES, ruleText } from "./rules.ts";

function memory(fields: Partial<LineMemory> & { key: Key | null }): LineMemory {
  return { data: "secret", owner: 0, macMatches: false, poison: null, ...fields };
}

function copy(keyId: number, fields: Partial<CachedCopy> = {}): CachedCopy {
  return { keyId, data: "host", dirty: false, poison: null, ...fields };
}

function run(
  state: LineState,
  kind: OperationKind,
  key: Key,
  options: { by?: Agent; data?: Data; mode?: Mode; partial?: PartialWrite } = {},
) {
  const by = options.by ?? (key.access === "private" ? "td" : "host");
  const operation: Operation = {
    kind,
    by,
    key,
    ...(options.data === undefined ? {} : { data: options.data }),
  };
  return stepLine(state, operation, {
    mode: options.mode ?? "Ci",
    partialWriteToOwnedLine: options.partial ?? "merge",
    rules: RULES,
  });
}

// id, mode, reader, TD owner, MAC matches, data read, line becomes poisoned
type ReadRow = readonly [ReadRuleId, Mode, Key, 0 | 1, boolean, Data, boolean];
const READS: readonly ReadRow[] = [
  ["C1", "Ci", TD, 0, false, "zeros", true],
  ["C1", "Ci", TD, 0, true, "zeros", true],
  ["C2", "Ci", TD, 1, true, "secret", false],
  ["C3", "Ci", TD, 1, false, "zeros", true],
  ["C4", "Ci", SHARED_INTEGRITY, 0, true, "secret", false],
  ["C5", "Ci", SHARED_INTEGRITY, 0, false, "zeros", true],
  ["C6", "Ci", SHARED_INTEGRITY, 1, true, "zeros", true],
  ["C6", "Ci", SHARED_INTEGRITY, 1, false, "zeros", true],
  ["C7", "Ci", KEY0, 0, false, "secret", false],
  ["C7", "Ci", SHARED, 0, true, "secret", false],
  ["C8", "Ci", KEY0, 1, true, "zeros", false],
  ["C8", "Ci", SHARED, 1, false, "zeros", false],
  ["L1", "Li", TD, 0, false, "zeros", true],
  ["L2", "Li", TD, 1, false, "secret", false],
  ["L3", "Li", KEY0, 0, false, "secret", false],
  ["L3", "Li", SHARED_INTEGRITY, 0, false, "secret", false],
  ["L4", "Li", KEY0, 1, false, "zeros", false],
  ["L4", "Li", SHARED_INTEGRITY, 1, false, "zeros", false],
];

for (const [id, mode, key, owner, macMatches, data, poisons] of READS) {
  Deno.test(`${id}: a load with KeyID ${key.keyId}, TD owner ${owner}, MAC ${macMatches}`, () => {
    const before = { memory: memory({ key, owner, macMatches }), copies: [] };
    const { state, outcome } = run(before, "load", key, { mode });
    assertEquals(outcome.rules, ["K1", id]);
    assertEquals(outcome.data, poisons ? "poison" : data);
    assertEquals(outcome.machineCheck, poisons, "a failed check is consumed by the load");
    assertEquals(outcome.logged, poisons, "the memory controller logs the poison it makes");
    assertEquals(state.memory.poison, poisons ? "integrity" : null);

    const device = run(before, "prefetch", key, { mode });
    assertEquals(device.outcome.machineCheck, false, "a prefetch does not consume");
    assertEquals(device.state.memory.poison, poisons ? "integrity" : null);
  });
}

for (
  const poison of ["integrity", "partial-write", "hardware-transient", "hardware-stuck"] as const
) {
  for (const key of [KEY0, SHARED, SHARED_INTEGRITY, TD]) {
    Deno.test(`R0: ${poison} poison is returned to KeyID ${key.keyId} and stays`, () => {
      const before = { memory: memory({ key: null, data: null, owner: 1, poison }), copies: [] };
      const { state, outcome } = run(before, "load", key);
      assertEquals(outcome.rules, ["K1", "R0"]);
      assertEquals([outcome.data, outcome.machineCheck], ["poison", true]);
      assertEquals(state.memory.poison, poison);
    });
  }
}

for (const mode of ["Ci", "Li"] as const) {
  // id, writer, TD owner after, MAC after in Ci
  for (
    const [id, key, owner, mac] of [
      ["W1", TD, 1, true],
      ["W2", SHARED_INTEGRITY, 0, true],
      ["W3", KEY0, 0, false],
      ["W3", SHARED, 0, false],
    ] as const
  ) {
    // In Li no KeyID has integrity, so W2 is W3 there.
    const fired = mode === "Li" && id === "W2" ? "W3" : id;
    Deno.test(`${fired}: a full write with KeyID ${key.keyId} in ${mode}`, () => {
      for (const before of [0, 1] as const) {
        const line = {
          memory: memory({ key: null, data: null, owner: before, poison: "integrity" }),
          copies: [],
        };
        const by = key === TD ? "module" : "host";
        const { state, outcome } = run(line, "movdir64b", key, { mode, by, data: "host" });
        assertEquals(outcome.rules, ["K5", fired]);
        assertEquals(outcome.cleared, true);
        assertEquals(state.memory, {
          key,
          data: "host",
          owner,
          macMatches: mac && mode === "Ci",
          poison: null,
        });
      }
    });
  }
}

Deno.test("W3: full-line DMA and an evicted dirty line write like MOVDIR64B", () => {
  const owned = memory({ key: TD, owner: 1, macMatches: true });
  const dma = run({ memory: owned, copies: [] }, "dma-write", KEY0, {
    by: "device",
    data: "host",
  });
  assertEquals(dma.outcome.rules, ["W3"]);
  const dirty = { memory: owned, copies: [copy(0, { dirty: true })] };
  const evicted = run(dirty, "evict", KEY0, { by: "cache" });
  assertEquals(evicted.outcome.rules, ["K3", "W3"]);
  for (const { state } of [dma, evicted]) {
    assertEquals([state.memory.owner, state.memory.data, state.copies.length], [0, "host", 0]);
  }
});

Deno.test("a full write clears no stuck hardware poison", () => {
  const line = { memory: memory({ key: null, data: null, poison: "hardware-stuck" }), copies: [] };
  const { state, outcome } = run(line, "movdir64b", KEY0);
  assertEquals([state.memory.poison, outcome.cleared], ["hardware-stuck", false]);
});

// What lies in memory, what a dirty poisoned copy brings (K3), what stays.
const WRITTEN_BACK = [
  [null, "integrity", "integrity"],
  ["integrity", "hardware-transient", "hardware-transient"],
  ["hardware-transient", "partial-write", "partial-write"],
  ["hardware-stuck", "integrity", "hardware-stuck"],
  ["hardware-stuck", null, "hardware-stuck"],
  ["partial-write", null, null],
] as const;

// What writes a dirty copy back, and whether it drops it.
const WRITE_BACKS = [
  ["K3", "evict", "cache", true],
  ["K4", "clflush", "td", true],
  ["K6", "cache-wb", "module", false],
  ["K7", "page-wbinvd", "module", true],
] as const;

for (const [id, kind, by, drops] of WRITE_BACKS) {
  Deno.test(`${id}: poison that is written back stays poison, but over stuck poison that stays`, () => {
    for (const [before, brought, after] of WRITTEN_BACK) {
      for (const [key, owner] of [[TD, 1], [KEY0, 0]] as const) {
        const data = brought === null ? "host" : null;
        const poison = before === null ? {} : { key: null, data: null, poison: before };
        const line = {
          memory: memory({ key: TD, owner: 1, ...poison }),
          copies: [copy(key.keyId, { data, poison: brought, dirty: true })],
        };
        const { state, outcome } = run(line, kind, key, {
          by: key === KEY0 && by === "td" ? "host" : by,
        });
        assertEquals(outcome.rules, [id, owner === 1 ? "W1" : "W3"]);
        assertEquals([state.memory.poison, state.memory.owner], [after, owner]);
        assertEquals(state.memory.data, after === null ? "host" : null);
        assertEquals(state.memory.macMatches, after === null && owner === 1);
        const kept = copy(key.keyId, { data, poison: brought });
        assertEquals(state.copies, drops ? [] : [kept]);
        assertEquals(outcome.cleared, before !== null && after === null);
      }
    }
  });
}

for (const kind of ["partial-write", "dma-partial-write"] as const) {
  const by = kind === "partial-write" ? "host" : "device";

  Deno.test(`W4: ${kind} without the erratum merges into what the under-fill reads`, () => {
    const owned = { memory: memory({ key: TD, owner: 1, macMatches: true }), copies: [] };
    const { state, outcome } = run(owned, kind, KEY0, { by, data: "host" });
    assertEquals(outcome.rules, ["C8", "W4"]);
    assertEquals([state.memory.owner, state.memory.data, state.memory.poison], [0, "host", null]);
  });

  Deno.test(`W4: ${kind} to a line no TD owns is ordinary with the erratum too`, () => {
    const line = { memory: memory({ key: KEY0, data: "host", owner: 0 }), copies: [] };
    const { state, outcome } = run(line, kind, KEY0, { by, data: "host", partial: "poison" });
    assertEquals(outcome.rules, ["C7", "W4"]);
    assertEquals([state.memory.owner, state.memory.poison], [0, null]);
  });

  Deno.test(`W4, A1: poison that the under-fill of ${kind} finds or creates stays`, () => {
    const poisoned = {
      memory: memory({ key: null, data: null, owner: 1, poison: "hardware-transient" }),
      copies: [],
    };
    const found = run(poisoned, kind, KEY0, { by });
    assertEquals(found.state.memory.poison, "hardware-transient");
    const owned = { memory: memory({ key: TD, owner: 1, macMatches: true }), copies: [] };
    const created = run(owned, kind, SHARED_INTEGRITY, { by });
    assertEquals(created.outcome.rules, ["C6", "W4"]);
    assertEquals([created.state.memory.poison, created.outcome.logged], ["integrity", true]);
    assertEquals(created.outcome.machineCheck, false, "nothing executed has consumed it");
  });

  for (const key of [KEY0, SHARED, SHARED_INTEGRITY]) {
    Deno.test(`W5: ${kind} with KeyID ${key.keyId} poisons an owned line silently`, () => {
      const owned = { memory: memory({ key: TD, owner: 1, macMatches: true }), copies: [] };
      const { state, outcome } = run(owned, kind, key, { by, partial: "poison" });
      assertEquals(outcome.rules, ["W5"]);
      assertEquals([outcome.logged, outcome.machineCheck], [false, false]);
      assertEquals([state.memory.poison, state.memory.owner], ["partial-write", 1]);
      const load = run(state, "load", KEY0, { partial: "poison" });
      assertEquals(load.outcome.machineCheck, true);
    });
  }
}

Deno.test("W6: the IOMMU refuses every device access with a private KeyID", () => {
  const line = { memory: memory({ key: TD, owner: 1, macMatches: true }), copies: [copy(33)] };
  for (const kind of ["dma-read", "dma-write", "dma-partial-write"] as const) {
    const { state, outcome } = run(line, kind, TD, { by: "device", partial: "poison" });
    assertEquals([outcome.rules, outcome.refused], [["W6"], true]);
    assertEquals(state, line);
  }
});

Deno.test("F1: the host cannot use a private KeyID", () => {
  const line = { memory: memory({ key: TD, owner: 1, macMatches: true }), copies: [copy(33)] };
  for (const kind of ["load", "store", "movdir64b", "clflush"] as const) {
    const { state, outcome } = run(line, kind, TD, { by: "host" });
    assertEquals([outcome.rules, outcome.refused], [["F1"], true]);
    assertEquals(state, line);
  }
});

Deno.test("K1: a miss fills by a read, and poison travels with the copy", () => {
  const clean = run({ memory: memory({ key: KEY0, data: "host" }), copies: [] }, "load", KEY0);
  assertEquals(clean.state.copies, [copy(0)]);
  const poisoned = { memory: memory({ key: null, data: null, poison: "integrity" }), copies: [] };
  const { state } = run(poisoned, "store", KEY0, { data: "host" });
  assertEquals(state.copies, [copy(0, { data: null, dirty: true, poison: "integrity" })]);
});

Deno.test("K1: a store reads for ownership without consuming and leaves memory as it was", () => {
  const owned = memory({ key: TD, owner: 1, macMatches: true });
  const { state, outcome } = run({ memory: owned, copies: [] }, "store", KEY0, { data: "host" });
  assertEquals(outcome.rules, ["K1", "C8"]);
  assertEquals(state, { memory: owned, copies: [copy(0, { dirty: true })] });
});

Deno.test("K2: a hit returns the copy whatever memory holds", () => {
  const line = {
    memory: memory({ key: null, data: null, poison: "integrity" }),
    copies: [copy(0)],
  };
  const { outcome } = run(line, "load", KEY0);
  assertEquals([outcome.rules, outcome.data, outcome.machineCheck], [["K2"], "host", false]);
});

Deno.test("K2: copies under two KeyIDs are unrelated", () => {
  const line = { memory: memory({ key: KEY0 }), copies: [copy(0), copy(33, { data: "secret" })] };
  assertEquals(run(line, "load", KEY0).outcome.data, "host");
  assertEquals(run(line, "load", TD).outcome.data, "secret");
});

Deno.test("K3: a dirty private copy evicted after the clear takes the line back", () => {
  const line = {
    memory: memory({ key: KEY0, data: "zeros" }),
    copies: [copy(33, { data: "secret", dirty: true })],
  };
  const { state, outcome } = run(line, "evict", TD, { by: "cache" });
  assertEquals(outcome.rules, ["K3", "W1"]);
  assertEquals([state.memory.owner, state.memory.data, state.copies], [1, "secret", []]);
});

Deno.test("K3: a clean copy is dropped without a write; a poisoned dirty one takes its poison along", () => {
  const before = memory({ key: KEY0 });
  const clean = run({ memory: before, copies: [copy(33)] }, "evict", TD, { by: "cache" });
  assertEquals([clean.state, clean.outcome.rules], [{ memory: before, copies: [] }, ["K3"]]);
  const poisoned = {
    memory: before,
    copies: [copy(0, { data: null, dirty: true, poison: "integrity" })],
  };
  assertEquals(run(poisoned, "evict", KEY0, { by: "cache" }).state.memory.poison, "integrity");
});

Deno.test("K4: CLFLUSH writes back and drops the copy under its own KeyID only", () => {
  const other = copy(33, { data: "secret", dirty: true });
  const line = { memory: memory({ key: TD, owner: 1 }), copies: [copy(0, { dirty: true }), other] };
  const { state, outcome } = run(line, "clflush", KEY0);
  assertEquals(outcome.rules, ["K4", "W3"]);
  assertEquals([state.memory.data, state.copies], ["host", [other]]);
});

Deno.test("K5: MOVDIR64B reads nothing and drops the copy under its own KeyID only", () => {
  const other = copy(33, { data: "secret", dirty: true });
  const poisoned = memory({ key: null, data: null, owner: 1, poison: "integrity" });
  const line = { memory: poisoned, copies: [copy(0, { dirty: true }), other] };
  const { state, outcome } = run(line, "movdir64b", KEY0);
  assertEquals([outcome.rules, outcome.machineCheck], [["K5", "W3"], false]);
  assertEquals([state.memory.data, state.memory.poison, state.copies], ["zeros", null, [other]]);
});

Deno.test("K6: TDH.PHYMEM.CACHE.WB writes back and keeps the copy, clean", () => {
  const line = {
    memory: memory({ key: KEY0 }),
    copies: [copy(33, { data: "secret", dirty: true })],
  };
  const { state, outcome } = run(line, "cache-wb", TD, { by: "module" });
  assertEquals(outcome.rules, ["K6", "W1"]);
  assertEquals(state.copies, [copy(33, { data: "secret" })]);
});

Deno.test("K7: TDH.PHYMEM.PAGE.WBINVD writes back and drops the copy under the given KeyID", () => {
  const line = {
    memory: memory({ key: KEY0 }),
    copies: [copy(0), copy(33, { data: "secret", dirty: true })],
  };
  const { state, outcome } = run(line, "page-wbinvd", TD, { by: "module" });
  assertEquals(outcome.rules, ["K7", "W1"]);
  assertEquals([state.memory.owner, state.copies], [1, [copy(0)]]);
});

Deno.test("K8: a speculative read fills like a load and consumes nothing", () => {
  const poisoned = {
    memory: memory({ key: null, data: null, poison: "partial-write" }),
    copies: [],
  };
  const { state, outcome } = run(poisoned, "prefetch", KEY0);
  assertEquals([outcome.rules, outcome.machineCheck], [["K8", "R0"], false]);
  assertEquals(state.copies, [copy(0, { data: null, poison: "partial-write" })]);
});

Deno.test("a device reads the copy under its KeyID, dirty or poisoned, and consumes nothing", () => {
  const owned = memory({ key: TD, owner: 1, macMatches: true });
  for (const poison of [null, "integrity"] as const) {
    const held = copy(0, { data: poison === null ? "host" : null, dirty: true, poison });
    const line = { memory: owned, copies: [held] };
    const { state, outcome } = run(line, "dma-read", KEY0, { by: "device" });
    assertEquals(outcome.data, poison === null ? "host" : "poison");
    assertEquals([outcome.rules, outcome.machineCheck, state], [["K2"], false, line]);
  }
});

Deno.test("a device read consumes no poison", () => {
  const poisoned = { memory: memory({ key: null, data: null, poison: "integrity" }), copies: [] };
  const { outcome } = run(poisoned, "dma-read", KEY0, { by: "device" });
  assertEquals([outcome.data, outcome.machineCheck], ["poison", false]);
});

Deno.test("A2: another key decrypts to garbage, silently, though the KeyID is the same", () => {
  const line = { memory: memory({ key: TD, owner: 1, macMatches: true }), copies: [] };
  const { outcome } = run(line, "load", NEXT_TD);
  assertEquals([outcome.rules, outcome.data], [["K1", "C2"], "garbage"]);
});

Deno.test("A3: a line last written without integrity fails an integrity read (C5)", () => {
  const fresh = LineAutomaton.fresh(KEY0);
  const { outcome } = run(fresh, "load", SHARED_INTEGRITY);
  assertEquals([outcome.rules, outcome.machineCheck], [["K1", "C5"], true]);
});

Deno.test("A5: a partial write pushes the dirty copy of its own KeyID to memory first", () => {
  const owned = memory({ key: TD, owner: 1, macMatches: true });
  const line = { memory: owned, copies: [copy(0, { dirty: true })] };
  const { state, outcome } = run(line, "partial-write", KEY0, { data: "host", partial: "poison" });
  assertEquals(outcome.rules, ["W3", "C7", "W4"], "W3 has cleared the TD owner bit by then");
  assertEquals([state.memory.data, state.memory.poison, state.copies], ["host", null, []]);
});

Deno.test("a partial write under a private KeyID has no rule and is refused in words", () => {
  const line = { memory: memory({ key: TD, owner: 1 }), copies: [] };
  assertThrows(() => run(line, "partial-write", TD), RangeError, "td partial-write");
});

Deno.test("RULES has every row of the specification once", () => {
  const ids = [...RULES.reads, ...RULES.writes, ...RULES.caches].map((rule) => rule.id).sort();
  assertEquals(
    ids,
    ("C1 C2 C3 C4 C5 C6 C7 C8 K1 K2 K3 K4 K5 K6 K7 K8 L1 L2 L3 L4 R0 W1 W2 W3 W4 W5").split(" "),
  );
  assertEquals(RULES.access.map((rule) => rule.id), ["W6", "F1"]);
  assert(ruleText("W6").text.includes("IOMMU"));
});

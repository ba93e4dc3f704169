// What the buttons offer, why an act cannot be, and what a line and its change are called.
import { assertEquals } from "@std/assert";
import type { CachedCopy, LineMemory, LineState } from "@tdx/core";
import { contentState } from "@tdx/litmus";
import { changesInWords } from "./changes.ts";
import { keyWords } from "./keys.ts";
import { mapPanels } from "./map_grid.ts";
import { actOf, actProblem, contentProblem, evictions, keyNow, panels } from "./panel.ts";
import type { Act } from "./situation.ts";
import type { MapState } from "./state_map.ts";

const NEXT_TD: Act = { by: "td", operation: "load", line: 0, key: "td2" };

Deno.test("panels() offer each agent its keys; the first TD's are gone once the next one has the KeyID", () => {
  const keys = (before: readonly Act[]) =>
    panels(["keyid0", "integrity"], before).map(({ by, keys }) => `${by}: ${keys.join(" ")}`);
  const outside = ["host: keyid0 integrity td", "device: keyid0 integrity td"];
  assertEquals(keys([]), ["td: td td2 td3", "module: td td2 td3 global", ...outside]);
  assertEquals(keys([NEXT_TD]), ["td: td2 td3", "module: td2 td3 global", ...outside]);
  assertEquals([keyNow(33, false), keyNow(33, true), keyNow(34, true)], ["td", "td2", "td3"]);
});

// Who does what under which key: what it writes.
const WRITES = [
  ["host", "store", "keyid0", "host"],
  ["host", "movdir64b", "keyid0", "zeros"],
  ["host", "clear", "keyid0", undefined],
  ["host", "load", "keyid0", undefined],
  ["device", "dma-write", "keyid0", "host"],
  ["td", "store", "td", "secret"],
  ["td", "store", "td2", "guest"],
  ["td", "movdir64b", "td3", "guest"],
  ["module", "movdir64b", "td", "zeros"],
] as const;

Deno.test("actOf() has each agent write what is its own", () => {
  for (const [by, operation, key, data] of WRITES) {
    const act = actOf(by, operation, key, 1);
    assertEquals([act.line, act.data], [1, data], `${by} ${operation} ${key}`);
    assertEquals(actProblem(act, []), undefined, `${by} ${operation} ${key}`);
  }
});

const PROBLEMS: readonly [Act, readonly Act[], string][] = [
  [{ by: "device", operation: "load", line: 0, key: "keyid0" }, [], "device does not do load"],
  [
    { by: "module", operation: "cache-wb", line: 0, key: "keyid0" },
    [],
    "cache-wb goes through private KeyIDs only",
  ],
  [{ by: "host", operation: "store", line: 0, key: "keyid0" }, [], "store writes something"],
  [
    { by: "host", operation: "clear", line: 0, key: "keyid0", data: "zeros" },
    [],
    "clear writes nothing of its own",
  ],
  [
    { by: "td", operation: "load", line: 0, key: "td" },
    [NEXT_TD],
    "KeyID 33 has the next TD's key by then",
  ],
  [
    { by: "cache", operation: "evict", line: 0, key: "td" },
    [NEXT_TD],
    "KeyID 33 has the next TD's key by then",
  ],
];

Deno.test("actProblem() says why an act cannot be", () => {
  for (const [act, before, problem] of PROBLEMS) assertEquals(actProblem(act, before), problem);
  // What is outside SEAM is refused by the hardware (F1), not by the page.
  assertEquals(
    actProblem({ by: "host", operation: "load", line: 0, key: "td" }, [NEXT_TD]),
    undefined,
  );
});

Deno.test("contentProblem() keeps a TD's data under private KeyIDs and the host's under shared ones", () => {
  const problems = (["keyid0", "shared", "td", "td3"] as const).map((key) =>
    (["zeros", "host", "secret", "guest", "garbage"] as const).map((data) =>
      contentProblem({ key, data })?.split(" ")[0] ?? ""
    ).join(",")
  );
  const [shared, own] = [",,a,a,", ",host,,,"];
  assertEquals(problems, [shared, shared, own, own]);
});

Deno.test("keyWords() says whose a KeyID is, and that Li has no integrity", () => {
  assertEquals(
    (["keyid0", "shared", "integrity", "td", "td2", "td3", "global"] as const).map((key) =>
      keyWords(key, "Ci")
    ),
    [
      "KeyID 0",
      "KeyID 1, shared",
      "KeyID 2, shared with integrity",
      "KeyID 33, the TD's",
      "KeyID 33, the next TD's",
      "KeyID 34, another TD's",
      "KeyID 32, the TDX module's",
    ],
  );
  assertEquals(keyWords("integrity", "Li"), "KeyID 2, shared, without integrity in Li");
});

const OWNED = contentState({ key: "td", data: "secret" }, true).memory;
const HOSTS = contentState({ key: "keyid0", data: "host" }, true).memory;
const line = (memory: LineMemory, ...copies: CachedCopy[]): LineState => ({ memory, copies });
const copy = (keyId: number, more: Partial<CachedCopy> = {}): CachedCopy => (
  { keyId, data: "host", dirty: false, poison: null, ...more }
);
const poisoned = (poison: LineMemory["poison"]): LineMemory => (
  { ...OWNED, key: null, data: null, macMatches: false, poison }
);

// A line before and after, and what is said of it.
const CHANGES: readonly [LineState, LineState, readonly string[]][] = [
  [line(OWNED), line(OWNED), []],
  [line(OWNED), line(HOSTS), ["Memory holds host data under KeyID 0.", "TD owner: 1 → 0."]],
  [
    line(OWNED),
    line({ ...OWNED, key: { ...OWNED.key!, generation: OWNED.key!.generation + 1 } }),
    ["Memory holds the TD's secret under KeyID 33."],
  ],
  [line(OWNED), line(poisoned("partial-write")), ["Memory is poisoned by a partial write."]],
  [
    line(poisoned("integrity"), copy(0, { data: null, poison: "integrity" })),
    line(HOSTS, copy(0, { data: null, poison: "integrity" })),
    [
      "The poison in memory is cleared.",
      "Memory holds host data under KeyID 0.",
      "TD owner: 1 → 0.",
      "The copy under KeyID 0 is still poisoned.",
    ],
  ],
  [
    line(OWNED, copy(33, { data: "secret", dirty: true })),
    line(OWNED, copy(0, { data: "zeros" })),
    ["The copy under KeyID 33 is gone.", "Cached under KeyID 0: zeros."],
  ],
  [
    line(HOSTS, copy(0)),
    line(HOSTS, copy(0, { dirty: true })),
    ["Cached under KeyID 0: host data, dirty."],
  ],
];

Deno.test("changesInWords() says what changed, and nothing of what did not", () => {
  for (const [before, after, said] of CHANGES) assertEquals(changesInWords(before, after), said);
});

Deno.test("evictions() are one for each copy in sight, with the key that the KeyID has by then", () => {
  const states = [line(OWNED, copy(33), copy(0)), line(OWNED, copy(34), copy(0))];
  const keys = (before: readonly Act[]) => evictions(states, 2, before).map(({ key }) => key);
  assertEquals([keys([]), keys([NEXT_TD])], [["keyid0", "td", "td3"], ["keyid0", "td2", "td3"]]);
  assertEquals(evictions(states, 2, [])[0], {
    by: "cache",
    operation: "evict",
    line: 2,
    key: "keyid0",
  });
});

Deno.test("mapPanels() has a table for each memory image: the TD's copy across, the others down", () => {
  const at = (state: LineState) => ({ state }) as MapState;
  const states = [
    at(line(OWNED, copy(33, { data: "secret" }))),
    at(line(OWNED, copy(0), copy(34))),
    at(line(OWNED)),
    at(line(HOSTS)),
  ];
  const [owned, hosts] = mapPanels(states);
  assertEquals(owned!.memory, "the TD's secret under KeyID 33, TD owner 1, MAC fits");
  assertEquals(owned!.columns, ["none", "the TD's secret"]);
  assertEquals(owned!.rows, ["none", "host data (0); host data (34)"]);
  assertEquals(owned!.cells, [[states[2], states[0]], [states[1], undefined]]);
  assertEquals([hosts!.memory, hosts!.cells], ["host data under KeyID 0, TD owner 0", [[
    states[3],
  ]]]);
});

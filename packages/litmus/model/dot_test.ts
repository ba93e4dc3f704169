import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Agent, OperationKind } from "@tdx/core";
import { spr } from "@tdx/platform-spr";
import { toDot } from "./dot.ts";
import { type Exploration, explore } from "./explore.ts";
import type { KeyName, Problem, ThreadStep } from "./problem.ts";
import { System } from "./system.ts";
import type { Machine } from "./machine.ts";

const ERRATUM: Machine = { platform: spr, policy: "always" };

/** A TD's line, and one agent that does some steps in order. */
function system(
  agent: Agent,
  steps: readonly ThreadStep[],
  more: Partial<Problem> = {},
  machine = ERRATUM,
): System {
  const problem: Problem = {
    name: "one line",
    lines: [{ name: "X", content: { key: "td", data: "secret" } }],
    threads: [{ name: agent, agent, after: [], kind: "sequence", steps }],
    registers: [],
    speculation: [],
    seamNr: false,
    ...more,
  };
  return new System(problem, machine);
}

const dotOf = async (system: System) => toDot(system, await explore(system));

Deno.test("toDot() draws states, moves, registers and the machine check, and escapes what names hold", async () => {
  const steps: ThreadStep[] = [
    { operation: "partial-write", line: 0, key: "keyid0", data: "host" },
    { operation: "load", line: 0, key: "keyid0", register: 0 },
  ];
  const dot = await dotOf(system("host", steps, { name: 'a "b"\\c', registers: ['r"0'] }));
  const owned = "TD owner 1";
  const poison = `memory poisoned (partial-write), ${owned}`;
  const nodes = [
    `[label="X: memory secret by KeyID 33, ${owned}, MAC\\nr\\"0=-" penwidth=3]`,
    `[label="X: ${poison}\\nr\\"0=-"]`,
    `[label="X: ${poison}; cached under KeyID 0: poison (partial-write)\\nr\\"0=poison\\n` +
    `MACHINE CHECK" style=filled fillcolor=tomato]`,
  ];
  const numbers = [...dot.matchAll(/^ {2}s(\d+) \[/gm)].map(([, number]) => number);
  assertEquals(
    dot,
    [
      'digraph "a \\"b\\"\\\\c" {',
      "  node [shape=box fontname=monospace];",
      `  s${numbers[0]} ${nodes[0]};`,
      `  s${numbers[0]} -> s${numbers[1]} [label="host: partial-write W5"];`,
      `  s${numbers[1]} ${nodes[1]};`,
      `  s${numbers[1]} -> s${numbers[2]} [label="host: load K1 R0"];`,
      `  s${numbers[2]} ${nodes[2]};`,
      "}",
      "",
    ].join("\n"),
  );
});

// Every operation on a TD's line with nothing cached, Ci, erratum: the rules that fire.
const OPERATIONS: readonly [Agent, OperationKind, KeyName, string][] = [
  ["host", "load", "keyid0", "K1 C8"],
  ["host", "load", "td", "F1"],
  ["host", "load", "integrity", "K1 C6"],
  ["td", "load", "td", "K1 C2"],
  ["td", "load", "td2", "K1 C2"],
  ["host", "store", "keyid0", "K1 C8"],
  ["host", "partial-write", "keyid0", "W5"],
  ["host", "movdir64b", "keyid0", "K5 W3"],
  ["host", "movdir64b", "integrity", "K5 W2"],
  ["module", "movdir64b", "global", "K5 W1"],
  ["host", "prefetch", "keyid0", "K8 C8"],
  ["device", "dma-read", "keyid0", "C8"],
  ["device", "dma-read", "td", "W6"],
  ["device", "dma-write", "keyid0", "W3"],
  ["device", "dma-write", "td", "W6"],
  ["device", "dma-partial-write", "keyid0", "W5"],
  ["host", "clflush", "keyid0", ""],
  ["cache", "evict", "td", ""],
  ["module", "cache-wb", "td", ""],
  ["module", "page-wbinvd", "td", ""],
  ["cache", "poison", "td", ""],
  ["cache", "poison-stuck", "td", ""],
  ["cache", "corrupt", "td", ""],
];

Deno.test("toDot() names every operation with the rules that fire", async () => {
  for (const [agent, operation, key, rules] of OPERATIONS) {
    const dot = await dotOf(system(agent, [{ operation, line: 0, key, data: "host" }]));
    const [, label] = / s0 -> s\d+ \[label="(.*)"\];/.exec(dot)!;
    assertEquals(label, `${agent}: ${operation} ${rules}`);
  }
});

Deno.test("toDot() leaves out what changes nothing, says where a clear is skipped, joins moves", async () => {
  const skipped = system(
    "host",
    [{ operation: "clear", line: 0, key: "keyid0" }],
    {},
    { ...ERRATUM, policy: "never" },
  );
  const goesOn = await dotOf(skipped);
  assert(goesOn.includes('[label="host: go on"]'));
  assertEquals(goesOn.match(/->/g)?.length, 1);

  const both = (["dma-write", "movdir64b"] as const).map((operation): ThreadStep => (
    { operation, line: 0, key: "keyid0", data: "host" }
  ));
  const any = { name: "host", agent: "host", after: [], kind: "any", steps: both } as const;
  const joined = await dotOf(system("host", [], { threads: [any] }));
  // Written again it is as it was: no loop is drawn.
  assertEquals([...joined.matchAll(/s(\d+) -> s(\d+) \[label="(.*)"\]/g)].map((m) => m[3]), [
    "host: dma-write W3\\nhost: movdir64b K5 W3",
  ]);
});

Deno.test("toDot() draws at most 5,000 states", () => {
  const one = system("host", []);
  const drawn = { states: 5000, state: () => one.initial } as unknown as Exploration;
  assertEquals(toDot(one, drawn).match(/penwidth/g)?.length, 5000);
  const more = { ...drawn, states: 5001 };
  assertThrows(() => toDot(one, more), RangeError, "at most 5000 states to draw, got 5001");
});

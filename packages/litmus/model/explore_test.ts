import { assert, assertEquals, assertRejects } from "@std/assert";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { EVENT } from "./_line_table.ts";
import { closureProblem } from "../questions/closure.ts";
import { explore } from "./explore.ts";
import type { Problem, Thread, ThreadStep } from "./problem.ts";
import { System } from "./system.ts";
import type { Machine } from "./machine.ts";

const MACHINE: Machine = { platform: spr, policy: "always" };

function closure(): System {
  const { problem, machine } = closureProblem({
    platform: spr,
    mode: "Ci",
    hostKeys: "keyid0",
    policy: "never",
    poison: "none",
  });
  return new System(problem, machine);
}

/** One line under KeyID 0 that is written once: small enough to count by hand. */
function small(threads: readonly Thread[]): Problem {
  return {
    name: "small",
    lines: [{ name: "X", content: { key: "keyid0", data: "zeros" } }],
    threads,
    registers: ["host:r0"],
    speculation: [],
    seamNr: false,
  };
}

const host = (steps: readonly ThreadStep[], more: Partial<Thread> = {}): Thread => ({
  name: "host",
  agent: "host",
  after: [],
  kind: "sequence",
  steps,
  ...more,
});

Deno.test("explore() visits exactly the states that can be counted by hand", async () => {
  // MOVDIR64B, then a load: begin; written; read and cached; read and evicted.
  const problem = small([host([
    { operation: "movdir64b", line: 0, key: "keyid0", data: "host" },
    { operation: "load", line: 0, key: "keyid0", register: 0 },
  ])]);
  const { states, transitions, depth } = await explore(
    new System(problem, MACHINE),
  );
  assertEquals([states, transitions, depth], [4, 3, 3]);
});

Deno.test("explore() interleaves threads and keeps their order", async () => {
  const write = (data: "host" | "zeros"): ThreadStep => ({
    operation: "movdir64b",
    line: 0,
    key: "keyid0",
    data,
  });
  const both = small([host([write("host")]), host([write("zeros")], { name: "host2" })]);
  const ordered = small([
    host([write("host")]),
    host([write("zeros")], { name: "host2", after: [0] }),
  ]);
  const last = async (problem: Problem) => {
    const system = new System(problem, MACHINE);
    const exploration = await explore(system);
    const data = new Set<unknown>();
    for (let i = 0; i < exploration.states; i++) {
      const state = exploration.state(i);
      if (system.isFinal(state)) data.add(system.valuation(state).lines[0]!.state.memory.data);
    }
    return [...data].sort();
  };
  assertEquals(await last(both), ["host", "zeros"]);
  assertEquals(await last(ordered), ["zeros"]);
});

/** Threads that flush a line which nobody has cached: nothing but their counters changes. */
const counting = (threads: number, steps: number, inOrder: boolean) => {
  const flush: ThreadStep = { operation: "clflush", line: 0, key: "keyid0" };
  return small(
    Array.from({ length: threads }, (_, i) =>
      host(Array(steps).fill(flush), {
        name: `t${i}`,
        after: inOrder && i > 0 ? [i - 1] : [],
      })),
  );
};

Deno.test("explore() counts some 100,000 states as well as few, and numbers beyond 32 bits", async () => {
  // Three counters of 48 steps: 49^3 states, from each as many steps as counters that are not at the end.
  const many = await explore(new System(counting(3, 48, false), MACHINE));
  assertEquals([many.states, many.transitions, many.depth], [49 ** 3, 3 * 48 * 49 ** 2, 3 * 48]);
  // The last one is the end: the way there is as long as all programs.
  assertEquals(many.witness(many.state(many.states - 1)).length, 3 * 48);
  // Seven of 99 steps, one after the other.
  const system = new System(counting(7, 99, true), MACHINE);
  assertEquals(system.bound > 2 ** 32, true);
  const wide = await explore(system);
  assertEquals([wide.states, wide.transitions, wide.depth], [694, 693, 693]);
  const last = wide.state(693);
  assertEquals([system.isFinal(last), system.isFinal(wide.state(692))], [true, false]);
});

Deno.test("explore() gives a shortest way to a state", async () => {
  const system = closure();
  const wanted = (state: number) => (system.events(state) & EVENT.hostMachineCheck) !== 0;
  const { found, witness, depth } = await explore(system, { until: wanted }).then((
    exploration,
  ) => ({
    found: exploration.found!,
    witness: exploration.witness(exploration.found!),
    depth: exploration.depth,
  }));
  assert(wanted(found));
  // The TD ends, its line is flushed, the clear is skipped, then the two steps of the erratum.
  assertEquals(witness.map(({ operation }) => operation?.kind ?? null), [
    null,
    "cache-wb",
    null,
    "partial-write",
    "load",
  ]);
  assert(depth >= witness.length - 1);
});

Deno.test("explore() stops at the limit with a message, never with an answer", async () => {
  await assertRejects(
    () => explore(closure(), { stateLimit: 10 }),
    RangeError,
    "at most 10 states",
  );
});

Deno.test("explore() takes as many states as the limit, and not one more; loops are no transitions", async () => {
  // A line that is flushed for ever: one state, and a move that leads back to it.
  const flush: ThreadStep = { operation: "clflush", line: 0, key: "keyid0" };
  const loop = new System(small([host([flush], { kind: "any" })]), MACHINE);
  const { states, transitions, depth } = await explore(loop, { stateLimit: 1 });
  assertEquals([states, transitions, depth], [1, 0, 0]);
  assertEquals(loop.moves(loop.initial).map(({ to }) => to === loop.initial), [true, true]);

  const all = (await explore(closure())).states;
  assertEquals((await explore(closure(), { stateLimit: all })).states, all);
  const { name } = await assertRejects(
    () => explore(closure(), { stateLimit: all - 1 }),
    RangeError,
  );
  assertEquals(name, "StateLimitError");
});

Deno.test("explore() stops in the state that was looked for, the first one too", async () => {
  const system = closure();
  const first = await explore(system, { until: () => true });
  assertEquals([first.found, first.states, first.witness(first.found!)], [system.initial, 1, []]);
  const second = await explore(system, { until: (state) => state !== system.initial });
  assertEquals(second.witness(second.found!).length, 1);
});

Deno.test("explore() can be aborted and reports progress", async () => {
  const control = new AbortController();
  const lines = Array.from({ length: 3 }, (_, i) => ({
    name: `X${i}`,
    content: { key: "td", data: "secret" } as const,
  }));
  const kinds = ["load", "store", "partial-write", "movdir64b", "clflush"] as const;
  const steps = lines.flatMap((_, line) =>
    (["keyid0", "shared"] as const).flatMap((key) =>
      kinds.map((operation) => ({ operation, line, key, data: "host" }) as ThreadStep)
    )
  );
  const problem: Problem = {
    name: "large",
    lines,
    threads: [host(steps, { kind: "any" })],
    registers: [],
    speculation: ["keyid0", "shared"],
    seamNr: false,
  };
  let progress = 0;
  const system = new System(problem, { ...MACHINE, platform: gnr });
  await assertRejects(
    () =>
      explore(system, {
        signal: control.signal,
        onProgress: (states) => {
          progress = states;
          control.abort(new Error("enough"));
        },
      }),
    Error,
    "enough",
  );
  assert(progress > 0);
});

// Who reads a line that holds a plaintext under the reader's key; whether it is out of the TD by that.
const READERS = [
  ["host", "load", "keyid0", true],
  ["device", "dma-read", "keyid0", true],
  ["td", "load", "td", false],
  ["module", "load", "global", false],
  // Nothing is read: what a cache fills, and what is refused (F1, W6).
  ["host", "prefetch", "keyid0", false],
  ["host", "load", "td", false],
  ["device", "dma-read", "td", false],
] as const;

Deno.test("System notes a plaintext that the host or a device reads", async () => {
  for (const [agent, operation, key, isRead] of READERS) {
    const system = new System({
      ...small([host([{ operation, line: 0, key }], { name: agent, agent })]),
      lines: [{ name: "X", content: { key, data: "secret" } }],
    }, MACHINE);
    const { found } = await explore(system, {
      until: (state) => system.valuation(state).secretRead,
    });
    assertEquals(found !== undefined, isRead, `${agent} ${operation} ${key}`);
    if (found !== undefined) assertEquals(system.events(found), EVENT.secretRead);
  }
});

Deno.test("System.expand() and System.moves() lead to the same states", async () => {
  const system = closure();
  const exploration = await explore(system);
  const into = new Float64Array(system.maxSuccessors);
  for (let i = 0; i < exploration.states; i++) {
    const state = exploration.state(i);
    const expanded = new Set(into.subarray(0, system.expand(state, into)));
    const moved = new Set([...system.moves(state)].map(({ to }) => to));
    expanded.delete(state);
    moved.delete(state);
    assertEquals([...expanded].sort(), [...moved].sort());
  }
});

Deno.test("explore() finds the same states whether lines are walked step by step or coarsely", async () => {
  const td: Thread = {
    name: "td",
    agent: "td",
    after: [],
    kind: "sequence",
    steps: [
      { operation: "store", line: 0, key: "td", data: "secret" },
      { operation: "load", line: 0, key: "td" },
    ],
  };
  const reader = host([
    { operation: "partial-write", line: 0, key: "keyid0", data: "host" },
    { operation: "load", line: 0, key: "keyid0", register: 0 },
  ], { after: [0] });
  // A thread that does nothing to a line of its own: every state once for each of its steps.
  const flushes = Array.from(
    { length: 63 },
    (): ThreadStep => ({ operation: "clflush", line: 1, key: "keyid0" }),
  );
  const idle = host(flushes, { name: "idle" });
  const [line] = small([]).lines;
  const states = async (threads: readonly Thread[]) => {
    const lines = [line!, { ...line!, name: "Y" }];
    const problem = { ...small(threads), lines };
    return (await explore(new System(problem, MACHINE))).states;
  };
  assertEquals(await states([td, reader, idle]), 64 * await states([td, reader]));
});

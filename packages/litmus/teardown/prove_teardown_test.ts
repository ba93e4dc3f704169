import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { linux } from "@tdx/linux";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { createReclaimer, createTdHost } from "@tdx/reclaim";
import { StateLimitError } from "../model/explore.ts";
import { LineSets } from "./_line_sets.ts";
import { TeardownSystem } from "./_system.ts";
import { Threads } from "./_threads.ts";
import { World } from "./_world.ts";
import { linuxTeardown } from "./linux_teardown.ts";
import { parseTeardown, programOf, type Teardown } from "./parse_teardown.ts";
import { type PropertyVerdict, type ProveOptions, proveTeardown } from "./prove_teardown.ts";

const BOTH = { platforms: [spr, gnr] };

function linuxOf(version: string, path: "dynamic" | "terminate" = "dynamic"): Teardown {
  return parseTeardown(linuxTeardown(linux(version), path));
}

const stepsOf = ({ counterexample }: PropertyVerdict) => counterexample?.steps ?? [];

/** The properties that a teardown violates, each with the page it is about. */
async function broken(teardown: Teardown, options: Partial<ProveOptions>): Promise<string[]> {
  const { properties } = await proveTeardown(teardown, { ...BOTH, ...options });
  for (const { by, what, changes, line } of properties.flatMap(stepsOf)) {
    assertEquals([by, what, ...changes, line].join().match(/undefined|NaN|null|\[object/), null);
    for (const change of changes) assertMatch(change, /^[^:]+: \S/);
  }
  return properties.flatMap(({ id, counterexample }) =>
    counterexample === null ? [] : [`${id} ${counterexample.page}`]
  );
}

for (const version of ["6.16", "6.18", "6.19", "7.3"]) {
  Deno.test(`without failures every property holds of Linux ${version}`, async () => {
    assertEquals(await broken(linuxOf(version), { faults: 0 }), []);
  });
}

Deno.test("without failures every property holds of the path that is proposed", async () => {
  assertEquals(await broken(linuxOf("7.3", "terminate"), { faults: 0 }), []);
});

Deno.test("a pair of Dynamic PAMT comes back with dirty lines (S7, X6)", async () => {
  const pair = "PAMT page 0 of the guest region";
  assertEquals(await broken(linuxOf("7.4"), { faults: 0 }), [
    `dirty ${pair}`,
    `machine-check ${pair}`,
  ]);
});

Deno.test("a pair that is written back before its reset is the remedy", async () => {
  const text = linuxTeardown(linux("7.4"), "dynamic").replaceAll(
    "{ reset half return half }",
    "{ TDH.PHYMEM.PAGE.WBINVD half global reset half return half }",
  );
  assertEquals(await broken(parseTeardown(text), { faults: 0 }), []);
});

Deno.test("TDH.MEM.PAGE.REMOVE fails: Linux 6.18 leaks the page, 6.19 gives it back as it is", async () => {
  const fail = "TDH.MEM.PAGE.REMOVE" as const;
  assertEquals(await broken(linuxOf("6.18"), { fail }), []);
  const { properties } = await proveTeardown(linuxOf("6.19"), { ...BOTH, fail });
  const reach = properties.find(({ id }) => id === "reach")!.counterexample!;
  assertEquals(
    reach.steps.map(({ by, what, status }) =>
      `${by}: ${what}${status === null ? "" : ` ${status}`}`
    ),
    [
      "zap: TDH.MEM.RANGE.BLOCK of guest page 0 SUCCESS",
      "zap: TDH.MEM.TRACK SUCCESS",
      "zap: kicks every vCPU out",
      "zap: TDH.MEM.PAGE.REMOVE of guest page 0 SEAMCALL_VMFAILINVALID",
      "zap: no vCPU enters any more; kicks every vCPU out",
      "zap: gives guest page 0 back to the host",
    ],
  );
});

/** Each file of the examples: what it changes in Linux 6.19, and what becomes of that. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  "flush-after-reset": ["machine-check guest page 0"],
  "freeid-before-flush": ["leak TDCX 0 of vCPU 0"],
  "kick-left-out": [
    "reach guest page 0",
    "dirty guest page 0",
    "machine-check guest page 0",
    "leak TDR",
  ],
  "t6-left-out": ["dirty TDR", "machine-check TDR"],
  "track-left-out": [
    "reach guest page 0",
    "dirty guest page 0",
    "machine-check guest page 0",
    "leak TDR",
  ],
};

for (const [name, expected] of Object.entries(EXAMPLES)) {
  Deno.test(`example ${name} differs from Linux 6.19 in one place, and goes wrong`, async () => {
    const file = new URL(`examples/${name}.teardown`, import.meta.url);
    const text = Deno.readTextFileSync(file);
    const lines = text.split("\n").slice(2);
    const linuxLines = linuxTeardown(linux("6.19"), "dynamic").split("\n").slice(1);
    const moved = linuxLines.filter((line, i) => line !== lines[i] && !lines.includes(line));
    assertEquals(moved.length, name.endsWith("left-out") ? 1 : 0);
    assertEquals(await broken(parseTeardown(text), { faults: 0 }), expected);
  });
}

Deno.test("the order is the one that @tdx/reclaim simulates", async () => {
  for (const version of ["6.18", "7.4"]) {
    for (const path of ["dynamic", "terminate"] as const) {
      const kernel = linux(version);
      const dynamicPamt = kernel.dynamicPamt === true;
      const host = createTdHost({ platform: spr, guestBytes: 4 * 4096, vcpus: 2, dynamicPamt });
      const before: Record<string, number> = { ...host.module.calls };
      const reclaimer = createReclaimer({ memory: host.memory, kernel });
      await reclaimer.teardown(host.module, host.tdr, { path });
      const simulated = Object.entries(host.module.calls).map(([leaf, count]) =>
        [leaf, count - (before[leaf] ?? 0)] as const
      ).filter(isCompared);
      const explored = callsOf(linuxOf(version, path), 4).filter(isCompared);
      assertEquals(new Map(explored), new Map(simulated), `${version} ${path}`);
      assertEquals(explored.map(([leaf]) => leaf), simulated.map(([leaf]) => leaf));
    }
  }
});

/** The two hosts have their pages in different regions, so that pairs are not as many. */
function isCompared([leaf, count]: readonly [string, number]): boolean {
  return count > 0 && leaf !== "TDH.PHYMEM.PAMT.REMOVE";
}

/** How often each SEAMCALL is made where nothing else happens, in the order of their first. */
function callsOf(teardown: Teardown, pages: number): [string, number][] {
  const world = new World({ pages, vcpus: 2, packages: 2 }, teardown.dynamicPamt, spr);
  const lines = new LineSets([{ platform: spr, mode: "Li" }], world);
  const none = { faults: 0, busy: 0, fail: undefined, symmetry: true, independence: true };
  const system = new TeardownSystem(world, lines, programOf(teardown), none);
  const threads = new Set(programOf(teardown).threads.map(({ name }) => name));
  const calls = new Map<string, number>();
  for (let state = system.initial[0]!; !system.isOver(state);) {
    let next: number | undefined;
    system.expand(state, (to, { by, what, status }) => {
      if (next !== undefined || !threads.has(by)) return;
      next = to;
      const leaf = what.split(" ")[0]!;
      if (status !== undefined) calls.set(leaf, (calls.get(leaf) ?? 0) + 1);
    });
    state = next!;
  }
  return [...calls];
}

Deno.test("more states than the limit: nothing is said", async () => {
  await assertRejects(
    () => proveTeardown(linuxOf("6.18"), { ...BOTH, stateLimit: 100 }),
    RangeError,
    "Expected at most 100 states, got more",
  );
});

const TINY: Omit<ProveOptions, "platforms"> = { pages: 1, vcpus: 1, packages: 1, faults: 0 };

Deno.test("as many states as the limit are explored, and not one more", async () => {
  const { states } = await proveTeardown(linuxOf("6.18"), { ...BOTH, ...TINY });
  const limited = (stateLimit: number) =>
    proveTeardown(linuxOf("6.18"), { ...BOTH, ...TINY, stateLimit });
  assertEquals((await limited(states)).states, states);
  await assertRejects(() => limited(states - 1), StateLimitError, `at most ${states - 1} states`);
});

Deno.test("progress ends at the states there are, and an abort is heeded from the start", async () => {
  const told: number[] = [];
  const onProgress = (count: number) => told.push(count);
  const { states, bound } = await proveTeardown(linuxOf("6.18"), { ...BOTH, ...TINY, onProgress });
  assertEquals([told.at(-1), bound], [
    states,
    { pages: 1, vcpus: 1, packages: 1, faults: 0, busy: 1 },
  ]);
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => proveTeardown(linuxOf("6.18"), { ...BOTH, ...TINY, signal }),
    Error,
    "enough",
  );
});

Deno.test("a thread that waits for a lock for ever is found", async () => {
  const text = `TEARDOWN crossed
    thread a { lock x lock y unlock y unlock x }
    thread b { lock y lock x unlock x unlock y }`;
  const found = await broken(parseTeardown(text), { faults: 0, pages: 1, vcpus: 1, packages: 1 });
  assert(found.includes("ends null"));
});

Deno.test("a parallel loop has a thread for each item of all its sets", () => {
  const text = "TEARDOWN both thread t { each page in tdcs, tdr parallel { return page } }";
  const world = new World({ pages: 1, vcpus: 1, packages: 1 }, false, spr);
  const [fork] = new Threads(programOf(parseTeardown(text)), world).forks;
  const kinds = world.pages.filter(({ kind }) => kind === "tdcs" || kind === "tdr");
  assertEquals(fork!.lanes.length, kinds.length);
});

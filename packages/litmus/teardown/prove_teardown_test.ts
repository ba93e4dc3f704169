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
import type { PropertyId } from "./properties.ts";
import { type PropertyVerdict, type ProveOptions, proveTeardown } from "./prove_teardown.ts";

const BOTH = { platforms: [spr, gnr] };

const TINY: Omit<ProveOptions, "platforms"> = { pages: 1, vcpus: 1, packages: 1, faults: 0 };

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
    reach.harm,
    "The host has guest page 0, and the module still counts it as in use: its PAMT entry is REG, " +
      "its Secure EPT entry blocked since epoch 1.",
  );
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

// The steps of a teardown without T6 that change the module (§3), and what they change.
const CHANGES: readonly (readonly [what: string, ...changes: string[]])[] = [
  ["TDH.MEM.RANGE.BLOCK of guest page 0", "Secure EPT: guest page 0 mapped to blocked in epoch 1"],
  ["TDH.MEM.TRACK", "TD: epoch 1 to 2"],
  ["TDH.MEM.PAGE.REMOVE of guest page 0", "PAMT: guest page 0 REG to NDA"],
  ["TDH.VP.FLUSH of vCPU 0", "vCPU 0: outside, associated to flushed"],
  [
    "TDH.MNG.VPFLUSHDONE",
    "TD: KEYS_CONFIGURED to BLOCKED",
    "HKID 33: ASSIGNED to FLUSHED",
    "HKID 33: packages to write back: 0, 1",
  ],
  ["TDH.PHYMEM.CACHE.WB on package 0", "HKID 33: packages to write back: 1"],
  ["TDH.PHYMEM.CACHE.WB on package 1", "HKID 33: packages to write back: none"],
  ["TDH.MNG.KEY.FREEID", "TD: BLOCKED to TEARDOWN", "HKID 33: FLUSHED to FREE"],
  ["TDH.PHYMEM.PAGE.RECLAIM of TDVPR of vCPU 0", "PAMT: TDVPR of vCPU 0 TDVPR to NDA"],
  [
    "TDH.PHYMEM.PAGE.RECLAIM of Secure EPT page, level 3",
    "PAMT: Secure EPT page, level 3 EPT to NDA",
  ],
  ["TDH.PHYMEM.PAGE.RECLAIM of TDCS page 5", "PAMT: TDCS page 5 TDCX to NDA"],
  ["TDH.PHYMEM.PAGE.RECLAIM of TDR", "PAMT: TDR TDR to NDA", "TD: gone"],
];
// What becomes of the line of the TDR: it is dirty from T4 on (M7), and evicted behind the reset.
const LINE = [
  [
    "TDH.MNG.KEY.FREEID",
    "",
    "memory zeros by KeyID 32, TD owner 1; cached under KeyID 32: zeros, dirty",
  ],
  ["resets TDR", "", "memory zeros by KeyID 0, TD owner 0; cached under KeyID 32: zeros, dirty"],
  ["eviction, KeyID 32, TDR", "K3 W1", "memory zeros by KeyID 32, TD owner 1"],
  ["partial write host, KeyID 0, TDR", "W5", "memory poisoned (partial-write), TD owner 1"],
  ["load, KeyID 0, TDR", "K1 R0", "memory poisoned (partial-write), TD owner 1"],
];

Deno.test("a counterexample says what each step changes, where it stands, and what the line does", async () => {
  const text = Deno.readTextFileSync(
    new URL("examples/t6-left-out.teardown", import.meta.url),
  );
  const { properties } = await proveTeardown(parseTeardown(text), {
    ...BOTH,
    ...TINY,
    packages: 2,
    busy: 0,
  });
  const { harm, page, machine, steps } = properties.find(({ id }) => id === "machine-check")!
    .counterexample!;
  assertEquals([harm, page, machine], [
    "The host consumes poison in TDR: a machine check.",
    "TDR",
    "spr Li",
  ]);
  for (const [what, ...changes] of CHANGES) {
    const step = steps.find((step) => step.what === what)!;
    assertEquals(step.changes, changes, what);
    const written = text.split("\n")[step.textLine! - 1]!;
    assert(written.trim().includes(what.split(" ")[0]!), written);
  }
  const changing = new Set(CHANGES.map(([what]) => what.split(" ")[0]));
  for (const { what, changes } of steps) {
    if (changes.length > 0) assert(changing.has(what.split(" ")[0]), what);
  }
  assertEquals(
    steps.filter(({ line }) => line !== null).map((
      { what, rules, line },
    ) => [what, rules.join(" "), line]),
    LINE,
  );
});

const one = (work: string) => `TEARDOWN one thread t { ${work} }`;
const PAGE = "guest page 0";
// A teardown, what it breaks, and the sentence for that.
const HARMS: readonly (readonly [string, PropertyId, harm: string])[] = [
  [
    one("each p in guest { return p }"),
    "reach",
    `The host has ${PAGE}, and the module still counts it as in use: its PAMT entry is REG, its ` +
    "Secure EPT entry mapped.",
  ],
  [
    one("each p in tdcs { return p }"),
    "reach",
    "The host has TDCS page 0, and the module still counts it as in use: its PAMT entry is TDCX.",
  ],
  [
    one("each p in guest { return p }"),
    "dirty",
    `The host has ${PAGE}, and a private line of it is still dirty in a cache.`,
  ],
  [
    one("each p in guest { return p return p } leak all"),
    "every-page",
    `The teardown deals with ${PAGE} once more, after it gave it away.`,
  ],
  [
    one("kick"),
    "every-page",
    `The teardown is over, and ${PAGE} neither came back nor is it reported leaked.`,
  ],
  [
    one("leak tdr"),
    "leak",
    "TDR is leaked although no SEAMCALL failed that Linux expects to succeed.",
  ],
  [
    "TEARDOWN x thread a { lock x lock y unlock y unlock x } " +
    "thread b { lock y lock x unlock x unlock y }",
    "ends",
    "From here no step leads to the end of the teardown.",
  ],
];

Deno.test("a counterexample says in a sentence what goes wrong", async () => {
  for (const [text, id, harm] of HARMS) {
    const { properties } = await proveTeardown(parseTeardown(text), { ...BOTH, ...TINY });
    const found = properties.find((property) => property.id === id)!.counterexample!;
    assertEquals(found.harm, harm);
  }
});

Deno.test("a counterexample says where vCPUs are, and with which operand a SEAMCALL was refused", async () => {
  const steps = async (work: string, id: PropertyId) => {
    const teardown = parseTeardown(one(work));
    const { properties } = await proveTeardown(teardown, { ...BOTH, ...TINY });
    return stepsOf(properties.find((property) => property.id === id)!);
  };
  const flushed = "TDH.MEM.TRACK each v in vcpus { TDH.VP.FLUSH v } each p in guest { return p }";
  assertEquals((await steps(flushed, "dirty")).flatMap(({ changes }) => changes), [
    "vCPU 0: outside, associated to inside since epoch 1",
    "TD: epoch 1 to 2",
    "vCPU 0: inside since epoch 1 to flushed",
  ]);
  const hasty = "each p in guest { TDH.PHYMEM.PAGE.RECLAIM p TDH.MEM.PAGE.REMOVE p return p }";
  assertEquals((await steps(hasty, "reach")).map(({ status }) => status), [
    "LIFECYCLE_STATE_INCORRECT",
    "GPA_RANGE_NOT_BLOCKED|RCX",
    null,
  ]);
});

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

Deno.test("states, steps and depth are those that can be counted by hand", async () => {
  // Three places of the thread; the vCPU outside, inside, and outside again when the guest may have
  // written its page. Each step of the thread from each of these, and the vCPU's three everywhere.
  const teardown = parseTeardown("TEARDOWN count thread t { lock x unlock x }");
  const { states, transitions, depth } = await proveTeardown(teardown, { ...BOTH, ...TINY });
  assertEquals([states, transitions, depth], [9, 2 * 3 + 3 * 3, 4]);
});

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
  // Whoever is first keeps it: nothing leads to the end from the start on.
  const kept = parseTeardown("TEARDOWN kept thread a { lock x } thread b { lock x }");
  assert((await broken(kept, TINY)).includes("ends null"));
});

Deno.test("a parallel loop has a thread for each item of all its sets", () => {
  const text = "TEARDOWN both thread t { each page in tdcs, tdr parallel { return page } }";
  const world = new World({ pages: 1, vcpus: 1, packages: 1 }, false, spr);
  const [fork] = new Threads(programOf(parseTeardown(text)), world).forks;
  const kinds = world.pages.filter(({ kind }) => kind === "tdcs" || kind === "tdr");
  assertEquals(fork!.lanes.length, kinds.length);
});

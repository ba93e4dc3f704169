// Everything that can happen while a TD is torn down does, and what must not is found.
import { assert, assertEquals } from "@std/assert";
import { decodeStatus } from "@tdx/seam";
import { brokenKinds, explorer, ONE, shapes } from "./_fixtures_test.ts";
import { LineSets, MAY, SEEN } from "./_line_sets.ts";
import { HOLDER } from "./_system.ts";

const SHORT = `TEARDOWN short
thread zap {
  each page in guest {
    TDH.MEM.RANGE.BLOCK page retry 1 stopped else { dead leak page next }
    TDH.MEM.TRACK else { dead }
    kick
    TDH.MEM.PAGE.REMOVE page retry 1 stopped else { dead leak page next }
    return page
  }
}
thread release after zap {
  dead
  each vcpu in vcpus { TDH.VP.FLUSH vcpu }
  TDH.MNG.VPFLUSHDONE else { leak all stop }
  each package in packages { TDH.PHYMEM.CACHE.WB package resume 10000 }
  TDH.MNG.KEY.FREEID else { leak all stop }
  TDH.PHYMEM.PAGE.RECLAIM tdr else { leak tdr stop }
}`;
const KICK = "kicks every vCPU out";
const DEAD = "no vCPU enters any more; kicks every vCPU out";
const END = `TEARDOWN end
thread t {
  kick
  dead
  each vcpu in vcpus { TDH.VP.FLUSH vcpu }
  TDH.MNG.VPFLUSHDONE
  each package in packages { TDH.PHYMEM.CACHE.WB package }
  TDH.MNG.KEY.FREEID
}`;

Deno.test("guest, vCPUs and the next TD do at any time what they can, and each vCPU for itself", () => {
  const empties = new Set([
    KICK,
    DEAD,
    "consumes hardware poison: the TD is fatal (M9)",
  ]);
  const steps: (readonly [from: number, to: number, by: string, what: string])[] = [];
  const { system, world } = explorer(END, { pages: 2, vcpus: 2, packages: 2 })(
    { faults: 1, followed: [] },
    (from, to, { by, what }) => steps.push([from, to, by, what]),
  );
  const others = steps.filter(([, , by]) => by !== "t");
  assertEquals([...new Set(others.map(([, , by, what]) => `${by}: ${what}`))].sort(), [
    "guest: TDG.MEM.PAGE.ACCEPT of guest page 1",
    "guest: consumes hardware poison: the TD is fatal (M9)",
    "host: TDH.MNG.CREATE and TDH.MNG.KEY.CONFIG: a third TD has HKID 33",
    "vCPU 0: TDH.VP.ENTER",
    "vCPU 0: leaves the TD",
    "vCPU 1: TDH.VP.ENTER",
    "vCPU 1: leaves the TD",
  ]);
  const inside = (state: number) =>
    world.view(system.module(state)).running.map((epoch) => epoch >= 0).join();
  let [left, emptied] = [0, 0];
  for (const [from, to, by, what] of steps) {
    if (what === "leaves the TD") {
      const was = inside(from).split(",");
      assertEquals(inside(to), was.with(Number(by.at(-1)), "false").join());
      if (inside(to).includes("true")) left++;
    } else if (by === "host") {
      const { tds } = world.snapshot(system.module(to));
      const live = tds.filter(({ lifeCycle }) => lifeCycle === "KEYS_CONFIGURED");
      assertEquals(live.map(({ hkid }) => hkid).sort(), [33, 34]);
    } else if (empties.has(what)) {
      assertEquals(inside(to), "false,false", what);
      if (inside(from).includes("true")) emptied++;
    }
  }
  assert(left > 0 && emptied > 0);
});

Deno.test("who entered before a table of the Secure EPT was blocked gets at what it maps, who enters later not (M13)", () => {
  const text =
    `TEARDOWN tables thread t { each p in sept { TDH.MEM.RANGE.BLOCK p } TDH.MEM.TRACK }`;
  const { system, world } = explorer(text, ONE)({ followed: [] });
  const seen = new Set<string>();
  for (let state = 0; state < system.size; state++) {
    const { running: [entered], reachable: [page], entries } = world.view(system.module(state));
    const blocked = entries.some((entry) => entry.startsWith("EPT blocked"));
    if (entered! > 0) seen.add(`${blocked ? "blocked" : "open"}, epoch ${entered}: ${page}`);
  }
  assertEquals([...seen].sort(), [
    "blocked, epoch 1: true",
    "blocked, epoch 2: false",
    "open, epoch 1: true",
  ]);
});

// A thread, and what it does on its first way where nothing goes wrong and no vCPU enters.
const WAYS: readonly (readonly [text: string, steps: readonly string[]])[] = [
  ["kick stop dead", [KICK]],
  // Not all vCPUs are flushed, so that it is refused; then the other way round.
  ["TDH.MNG.VPFLUSHDONE then { kick } else { dead }", ["TDH.MNG.VPFLUSHDONE", DEAD]],
  ["TDH.MNG.VPFLUSHDONE else { stop } kick", ["TDH.MNG.VPFLUSHDONE"]],
  ["TDH.MNG.VPFLUSHDONE then { dead } kick", ["TDH.MNG.VPFLUSHDONE", KICK]],
  ["TDH.MEM.TRACK then { kick } else { dead } kick", ["TDH.MEM.TRACK", KICK, KICK]],
  ["TDH.MEM.TRACK else { dead } kick", ["TDH.MEM.TRACK", KICK]],
  ["TDH.MEM.TRACK then { kick } dead", ["TDH.MEM.TRACK", KICK, DEAD]],
  ["each p in guest { leak p next kick } kick", [
    "leaks guest page 0",
    "leaks guest page 1",
    KICK,
  ]],
  [
    "each v in vcpus { each p in tdvpr of v, tdr { leak p } kick }",
    ["leaks TDVPR of vCPU 0", "leaks TDR", KICK, "leaks TDVPR of vCPU 1", "leaks TDR", KICK],
  ],
  // As each loop leaves its parallel ones behind only when all are over.
  ["each p in guest parallel { leak p } kick", ["leaks guest page 0", "leaks guest page 1", KICK]],
  ["each p in guest parallel { leak p next kick } dead", [
    "leaks guest page 0",
    "leaks guest page 1",
    DEAD,
  ]],
  ["lock a kick unlock a", ["takes the lock a", KICK, "releases the lock a"]],
  // The last page of a region puts its pair: there, behind all the others.
  ["each p in guest { put p { kick } } dead", [
    "puts guest page 0",
    "puts guest page 1",
    KICK,
    DEAD,
  ]],
];

Deno.test("a thread does what its text says, in that order", () => {
  for (const [work, expected] of WAYS) {
    const text = `TEARDOWN way pamt dynamic thread t { ${work} }`;
    const next = new Map<number, readonly [number, string]>();
    const { system } = explorer(text, { pages: 2, vcpus: 2, packages: 1 })(
      { followed: [], symmetry: true },
      (from, to, { by, what }) => {
        if (by === "t" && !next.has(from)) next.set(from, [to, what]);
      },
    );
    const done: string[] = [];
    for (let step = next.get(system.initial[0]!); step !== undefined; step = next.get(step[0])) {
      done.push(step[1]);
    }
    assertEquals(done, [...expected], work);
  }
});

// A SEAMCALL, and what it answers although nothing is wrong, or is made to fail with.
const FAILS = "SEAMCALL_VMFAILINVALID";
const INJECTED: Readonly<Record<string, readonly string[]>> = {
  "TDH.MEM.RANGE.BLOCK": ["OPERAND_BUSY", FAILS],
  "TDH.MEM.TRACK": ["OPERAND_BUSY", FAILS],
  "TDH.MEM.PAGE.REMOVE": ["OPERAND_BUSY", FAILS],
  "TDH.VP.FLUSH": [FAILS],
  "TDH.MNG.VPFLUSHDONE": [FAILS],
  "TDH.PHYMEM.CACHE.WB": ["INTERRUPTED_RESUMABLE", FAILS],
  "TDH.MNG.KEY.FREEID": [FAILS],
  "TDH.PHYMEM.PAGE.RECLAIM": [FAILS],
};

Deno.test("each SEAMCALL fails, and is busy or interrupted where it can be, as often as was asked", () => {
  const injected = (faults: number, busy: number, fail?: "TDH.MEM.TRACK") => {
    const found: Record<string, Set<string>> = {};
    const { system } = explorer(SHORT, ONE)({ faults, busy, fail, followed: [] }, (_, __, step) => {
      if (step.injected !== true) return;
      (found[step.what.split(" ")[0]!] ??= new Set()).add(decodeStatus(step.status!).name);
    });
    for (let state = 0; state < system.size; state++) {
      const [, busies, failures] = system.threads(state);
      assert(busies! <= busy && failures! <= faults);
    }
    return Object.fromEntries(
      Object.entries(found).map(([leaf, statuses]) => [leaf, [...statuses].sort()]),
    );
  };
  assertEquals(injected(1, 1), INJECTED);
  assertEquals(injected(1, 0, "TDH.MEM.TRACK"), { "TDH.MEM.TRACK": [FAILS] });
  assertEquals(injected(0, 0), {});
  const interrupted = Object.entries(INJECTED).flatMap(([leaf, statuses]) => {
    const others = statuses.filter((status) => status !== FAILS);
    return others.length === 0 ? [] : [[leaf, others]];
  });
  assertEquals(injected(0, 1), Object.fromEntries(interrupted));
});

// What a thread does with a guest page, and what that breaks of it where nothing failed.
const WORK: readonly (readonly [work: string, broken: readonly string[]])[] = [
  ["", ["every-page"]],
  ["return page", ["dirty", "machine-check", "reach"]],
  ["leak page", ["leak"]],
  ["leak page leak page", ["leak"]],
  ["leak page reset page", ["every-page", "leak"]],
  ["leak page return page", ["dirty", "every-page", "leak", "machine-check", "reach"]],
  ["return page return page", ["dirty", "every-page", "machine-check", "reach"]],
  ["return page leak page", ["dirty", "every-page", "machine-check", "reach"]],
  ["return page clear page", ["dirty", "every-page", "machine-check", "reach"]],
  ["return page TDH.MEM.RANGE.BLOCK page", ["dirty", "every-page", "machine-check", "reach"]],
];

Deno.test("a page comes back once or is leaked for a reason, and is let alone after that", () => {
  for (const [work, expected] of WORK) {
    const text = `TEARDOWN one thread t { each page in guest { ${work} } }`;
    const { broken } = explorer(text, ONE)();
    const ofPage = [...broken].filter((each) => each.endsWith(" 0")).map((each) =>
      each.slice(0, -2)
    );
    assertEquals(ofPage.sort(), [...expected], work);
  }
});

Deno.test("a leaked page keeps the pair of its own region, and no other", () => {
  const text = "TEARDOWN pair pamt dynamic thread t { each page in guest { leak page } }";
  const { system, world } = explorer(text, ONE)({ followed: [] });
  const leaked = new Set<string>();
  for (let state = 0; state < system.size; state++) {
    world.pages.forEach(({ name }, page) => {
      if (system.page(state, page).holder === HOLDER.leaked) leaked.add(name);
    });
  }
  assertEquals([...leaked].sort(), [
    "PAMT page 0 of the guest region",
    "PAMT page 1 of the guest region",
    "guest page 0",
  ]);
});

const ZAP = "TEARDOWN zap reset never thread t { each page in guest { return page } }";

Deno.test("what the rules never let happen would be found: a plaintext that is read", () => {
  /** Lines that hold a TD's plaintext under KeyID 0 at first. */
  class Plain extends LineSets {
    override fresh() {
      const key = this.world.keyIds.key(0);
      return this.apply(super.fresh(), { kind: "movdir64b", by: "host", key, data: "secret" });
    }
  }
  for (const independence of [true, false]) {
    // The second page is not accepted yet, so that nobody has written it.
    const explore = explorer(ZAP, { ...ONE, pages: 2 }, Plain);
    const { broken } = explore({ independence, followed: [1] });
    assert(broken.has("plaintext 1"));
  }
  const { lines } = explorer(ZAP, ONE, Plain)({ followed: [] });
  const [line] = lines.elements(lines.fresh());
  const readers = lines.moves(line!, MAY.host, 1).filter(({ seen }) =>
    seen === SEEN.hostReadsSecret
  );
  assertEquals(readers.map(({ by, what }) => `${by}: ${what}`), [
    "host: load, KeyID 0",
    "device: DMA read, KeyID 0",
  ]);
});

Deno.test("what the module never lets happen would be found: a KeyID with a dirty line", () => {
  class Dirty extends LineSets {
    override canBeDirty() {
      return true;
    }
  }
  assert(explorer(SHORT, ONE, Dirty)({ followed: [] }).broken.has("key-reuse 0"));
  assert(!explorer(SHORT, ONE)({ followed: [] }).broken.has("key-reuse 0"));
});

Deno.test("of pages that are alike one stands for all, and nothing is lost by that", () => {
  const text = `TEARDOWN alike thread t {
    each page in guest { TDH.MEM.RANGE.BLOCK page else { leak page next } return page }
  }`;
  const explore = explorer(text, { ...ONE, pages: 3 });
  const how = { faults: 1, followed: [0, 1] };
  const [all, some] = [false, true].map((symmetry) => explore({ ...how, symmetry }));
  assert(some!.system.size < all!.system.size);
  assertEquals(shapes(some!), shapes(all!));
  assertEquals(brokenKinds(some!), brokenKinds(all!));
});

const EVER = ["cache: eviction, KeyID 0", "cache: speculative read, KeyID 0"];
const TOUCH = [
  "cache: eviction, KeyID 33",
  "guest: load, KeyID 33",
  "guest: store secret, KeyID 33",
];
const HOST = [
  "host: CLFLUSH, KeyID 0",
  "host: MOVDIR64B host, KeyID 0",
  "host: load, KeyID 0",
  "host: partial write host, KeyID 0",
  "host: store host, KeyID 0",
  "device: DMA partial write host, KeyID 0",
  "device: DMA write host, KeyID 0",
];
const takes = (td: string, keyId: number) => [
  `cache: eviction, KeyID ${keyId}`,
  `${td} TD takes the page: MOVDIR64B, KeyID ${keyId}`,
  `${td} TD: load, KeyID ${keyId}`,
  `${td} TD: store guest, KeyID ${keyId}`,
];
const TAKE = [...HOST, ...takes("second", 34)];
// What may happen to a line by itself, and what then does; a read that changes nothing is no move.
const MOVES: readonly (readonly [may: number, moves: readonly string[]])[] = [
  [0, EVER],
  [MAY.touch, [...EVER, ...TOUCH]],
  [MAY.host, [...EVER, ...HOST]],
  [MAY.host | MAY.touch, [...EVER, ...HOST, ...TOUCH]],
  [MAY.host | MAY.take, [...EVER, ...TAKE]],
  [MAY.host | MAY.take | MAY.next, [...EVER, ...TAKE, ...takes("third", 33)]],
];

Deno.test("a line meets at any time what everybody does who can get at it, and nothing else", () => {
  for (const [may, expected] of MOVES) {
    const { lines } = explorer(ZAP, ONE)({ followed: [] });
    const programmed = may & MAY.next ? 2 : 1;
    const { set } = lines.close(lines.fresh(), may, programmed);
    const moves = lines.elements(set).flatMap((element) => lines.moves(element, may, programmed));
    const seen = new Set(moves.map(({ by, what }) => `${by}: ${what}`));
    assertEquals([...seen].sort(), [...expected].sort(), `${may}`);
  }
});

Deno.test("a second TD that reads what another TD left is found", () => {
  const { lines, world } = explorer(ZAP, ONE)({ followed: [] });
  const [fresh] = lines.elements(lines.fresh());
  const may = MAY.host | MAY.take;
  const taken = lines.moves(fresh!, may, 1).find(({ by }) => by === "second TD takes the page")!.to;
  const left = { kind: "store", by: "module", key: world.otherKey, data: "secret" } as const;
  const read = lines.moves(lines.applyTo(taken, left), may, 1).filter(({ seen }) => seen > 0);
  assertEquals(read.map(({ by, what, seen }) => [by, what, seen]), [
    ["second TD", "load, KeyID 34", SEEN.nextReadsSecret],
  ]);
});

// What is dirty in a cache, and who has the page: whether that is a private line of somebody else.
const DIRTY: readonly (readonly [keyId: number, user: "host" | "second TD", dirty: boolean])[] = [
  [0, "host", false],
  [33, "host", true],
  [34, "host", true],
  [34, "second TD", false],
  [33, "second TD", true],
];

Deno.test("a private line is dirty too long under the key of whoever has the page no longer", () => {
  const { lines, world } = explorer(ZAP, ONE)({ followed: [] });
  const may = MAY.host | MAY.take;
  for (const [keyId, user, expected] of DIRTY) {
    let [element] = lines.elements(lines.fresh());
    if (user !== "host") {
      element = lines.moves(element!, may, 1).find(({ by }) => by.startsWith(user))!.to;
    }
    const key = world.keyIds.key(keyId);
    const dirty = lines.applyTo(element!, { kind: "store", by: "module", key, data: "guest" });
    assertEquals(lines.dirty(dirty, may) === SEEN.dirty, expected, `${keyId} ${user}`);
    assertEquals(lines.dirty(dirty, MAY.touch), 0);
  }
});

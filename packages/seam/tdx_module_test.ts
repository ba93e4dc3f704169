import { assert, assertEquals, assertThrows } from "@std/assert";
import { chunksOf, type FrameChunk, GiB, KeyIdSpace, PhysicalMemory, runOf, TiB } from "@tdx/core";
import { buildTd } from "./build_td.ts";
import { checkInvariants } from "./check_invariants.ts";
import { TdxModule } from "./tdx_module.ts";
import {
  block,
  framesOf,
  GUEST,
  liveTd,
  newModule,
  platform,
  reclaimAll,
  says,
  tearDown,
} from "./_fixtures_test.ts";

Deno.test("TdxModule needs a private KeyID for itself and one for a TD", () => {
  const keyIds = new KeyIdSpace({ maxPa: 46, keyIdBits: 1, shared: 0, private: 1 });
  const memory = new PhysicalMemory({ bytes: GiB, platform, keyIds });
  assertThrows(() => new TdxModule({ memory }), RangeError, "at least 2 private KeyIDs");
});

Deno.test("TdxModule refuses TDMRs and reserved areas that do not fit", () => {
  const bad: Parameters<typeof newModule>[0][] = [
    { tdmrs: [{ base: 0, size: GiB / 2 }] },
    { tdmrs: [{ base: 4096, size: GiB }] },
    { tdmrs: [{ base: 4 * GiB, size: GiB }] },
    { tdmrs: [{ base: GiB, size: GiB }, { base: 0, size: GiB }] },
    { tdmrs: [{ base: 0, size: 2 * GiB }, { base: GiB, size: GiB }] },
    { tdmrs: [{ base: 0, size: NaN }] },
    { tdmrs: [{ base: 0, size: GiB }], reserved: [{ base: GiB, size: 4096 }] },
    { reserved: [{ base: 64, size: 4096 }] },
  ];
  for (const options of bad) assertThrows(() => newModule(options), RangeError);
});

Deno.test("TdxModule with two TDMRs and a hole between them", () => {
  const module = newModule({
    tdmrs: [{ base: 0, size: GiB }, { base: 2 * GiB, size: GiB }],
    reserved: [{ base: 0, size: 4096 }],
  });
  const types = [0, 4096, GiB, 2 * GiB, 3 * GiB, 9 * GiB].map((pa) => module.page(pa)?.type);
  assertEquals(types, ["RSVD", "NDA", undefined, "NDA", undefined, undefined]);
  let pages = 0;
  module.forEachPages((_, count) => pages += count);
  assertEquals(pages, 2 * GiB / 4096);
});

Deno.test("TdxModule knows a TD from its creation to its end", () => {
  const module = newModule();
  const stages: unknown[] = [];
  const look = () => {
    const td = module.td(0);
    const hkid = module.keys().find(({ hkid }) => hkid === 33)!;
    stages.push([td?.lifeCycle, td?.opState, hkid.state]);
    assertEquals(checkInvariants(module), []);
  };
  look();
  module.mng.create(0, 33);
  look();
  [0, 1].forEach((pkg) => module.mng.keyConfig(0, pkg));
  look();
  for (let i = 1; i <= 6; i++) module.mng.addcx(i * 4096, 0);
  module.mng.init(0);
  module.vp.create(20 * 4096, 0);
  for (let i = 1; i <= 5; i++) module.vp.addcx((20 + i) * 4096, 20 * 4096);
  module.vp.init(20 * 4096, 0);
  module.mr.finalize(0);
  look();
  module.vp.flush(20 * 4096, 0);
  module.mng.vpflushdone(0);
  look();
  [0, 1].forEach((pkg) => module.phymem.cacheWb(pkg, 0));
  module.mng.keyFreeid(0);
  look();
  for (const [frame, count] of [[1, 6], [20, 1], [21, 5]] as const) {
    module.phymem.pageReclaim(runOf(frame, count));
  }
  assertEquals(module.phymem.pageReclaim(0).status, 0n);
  look();
  assertEquals(stages, [
    [undefined, undefined, "FREE"],
    ["HKID_ASSIGNED", "UNINITIALIZED", "ASSIGNED"],
    ["KEYS_CONFIGURED", "UNINITIALIZED", "ASSIGNED"],
    ["KEYS_CONFIGURED", "RUNNABLE", "ASSIGNED"],
    ["BLOCKED", "RUNNABLE", "FLUSHED"],
    ["TEARDOWN", "RUNNABLE", "FREE"],
    [undefined, undefined, "FREE"],
  ]);
});

Deno.test("TdxModule counts the SEAMCALLs of a build and a teardown by leaf", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  reclaimAll(module, td.tdr);
  assertEquals({ ...module.calls }, {
    "TDH.MNG.CREATE": 1,
    "TDH.MNG.KEY.CONFIG": 2,
    "TDH.MNG.ADDCX": 6,
    "TDH.MNG.INIT": 1,
    "TDH.VP.CREATE": 2,
    "TDH.VP.ADDCX": 10,
    "TDH.VP.INIT": 2,
    "TDH.MR.FINALIZE": 1,
    "TDH.MEM.SEPT.ADD": 3,
    "TDH.MEM.PAGE.AUG": 512,
    "TDH.VP.FLUSH": 2,
    "TDH.MNG.VPFLUSHDONE": 1,
    "TDH.PHYMEM.CACHE.WB": 2,
    "TDH.MNG.KEY.FREEID": 1,
    "TDH.PHYMEM.PAGE.RECLAIM": 512 + 3 + 6 + 12 + 1,
  });
  assertEquals(module.tds(), []);
  let used = 0;
  module.forEachPages(({ type }, count) => used += type === "NDA" ? 0 : count);
  assertEquals(used, 0);
});

Deno.test("TdxModule leaves every line of a TD that is gone owned, under its key or the global one", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  reclaimAll(module, td.tdr);
  const owned = (keyId: number) =>
    module.memory.countLines(({ memory }) => memory.owner === 1 && memory.key?.keyId === keyId);
  assertEquals([owned(32), owned(33)], [64, 64 * (512 + 3 + 6 + 12)]);
});

for (const lasting of [true, false]) {
  Deno.test(`TdxModule.pagesOf() lets the pages be reclaimed while it walks, lasting ${lasting}`, () => {
    const module = newModule({ bytes: 8 * GiB });
    // Every third frame of 3 GiB, so each block is a bitmap, and then a run.
    const frames = Uint32Array.from({ length: 262_144 }, (_, i) => 2 ** 18 + 3 * i);
    const chunks = [...chunksOf(frames)].map((chunk) => ({ ...chunk, lasting }));
    const td = liveTd(module, { memory: [...chunks, runOf(6 * 2 ** 18, 1000)] });
    tearDown(module, td);
    const reclaimed: number[] = [];
    for (const pages of module.pagesOf(td.tdr, "REG")) {
      const result = module.phymem.pageReclaim(pages);
      assertEquals([result.status, result.rest], [0n, null]);
      reclaimed.push(...framesOf(result.pages));
    }
    const wanted = [...frames, ...Array.from({ length: 1000 }, (_, i) => 6 * 2 ** 18 + i)];
    assertEquals(reclaimed.length, wanted.length);
    assert(reclaimed.every((frame, i) => frame === wanted[i]));
    assertEquals([...module.pagesOf(td.tdr, "REG")], []);
  });
}

Deno.test("TdxModule.pagesOf() walks on from 64 GiB to 64 GiB, to the end of memory", () => {
  const module = newModule({ bytes: 65 * GiB });
  const frames = [2 ** 24 - 1, 65 * 2 ** 18 - 1];
  const { tdr } = liveTd(module, { memory: frames.map((frame) => runOf(frame, 1)) });
  assertEquals([...module.pagesOf(tdr, "REG")].flatMap(framesOf), frames);
});

Deno.test("TdxModule.pagesOf() keeps two TDs and the types apart", () => {
  const module = newModule();
  const one = liveTd(module);
  const two = liveTd(module, { hkid: 34, control: 1000, memory: [runOf(2 ** 19, 7)] });
  const count = (tdr: number, type: "REG" | "TDCX" | "TDVPR" | "EPT") => {
    let sum = 0;
    for (const pages of module.pagesOf(tdr, type)) sum += pages.count;
    return sum;
  };
  for (const [{ tdr }, guest] of [[one, 512], [two, 7]] as const) {
    assertEquals(count(tdr, "REG"), guest);
    assertEquals(count(tdr, "TDCX"), 6 + 2 * 5);
    assertEquals(count(tdr, "TDVPR"), 2);
    assertEquals(count(tdr, "EPT"), 3);
  }
});

Deno.test("TdxModule.accept() takes all pages or none", () => {
  const module = newModule();
  const { tdr } = liveTd(module, { memory: [runOf(2 ** 18, 2)] });
  module.mem.pageAug(tdr, 2 * 4096, 0, runOf(2 ** 19, 4));
  const refused = (gpa: number, level: number, pages: number) =>
    assertThrows(() => module.accept(tdr, gpa, level, pages), RangeError, "pending pages");
  refused(2 * 4096, 0, 5); // one is not there
  refused(4096, 0, 2); // one is accepted
  refused(0x2001, 0, 1);
  refused(0, 1, 1);
  refused(0, 3, 1);
  assertEquals(module.page(2 ** 19 * 4096)?.mapping, "pending");
  module.accept(tdr, 2 * 4096, 0, 4);
  assertEquals(module.page(2 ** 19 * 4096)?.mapping, "mapped");
  assertThrows(() => module.accept(GiB, 0, 0), RangeError, "0x40000000");
});

Deno.test("TdxModule.accept() is for live TDs", () => {
  const module = newModule();
  const td = liveTd(module);
  block(module, td);
  assertThrows(() => module.accept(td.tdr, 0, 0), RangeError, "live TD");
});

Deno.test("TdxModule.lock() and unlock() go in pairs", () => {
  const module = newModule();
  const td = liveTd(module);
  module.lock(4096);
  assertThrows(() => module.lock(4096), RangeError, "frame 1");
  module.unlock(4096);
  assertThrows(() => module.unlock(4096), RangeError, "frame 1");
  assertThrows(() => module.lock(4 * GiB), RangeError, "0x100000000");
  assertThrows(() => module.lock(64), RangeError, "0x40");
  // A vCPU inside the TD shares the lock of its TDR.
  module.vp.enter(td.vcpus[0]!, 0);
  assertThrows(() => module.lock(td.tdr), RangeError, "frame 0");
});

Deno.test("TdxModule keeps the teardown of two TDs apart", () => {
  const module = newModule();
  const one = liveTd(module);
  const two = liveTd(module, { hkid: 34, control: 1000, memory: [runOf(2 ** 19, 7)] });
  tearDown(module, one);
  assertEquals(says(module.phymem.pageReclaim(runOf(2 ** 19, 7))), "LIFECYCLE_STATE_INCORRECT");
  reclaimAll(module, one.tdr);
  assertEquals(module.tds().map(({ tdr }) => tdr), [two.tdr]);
  tearDown(module, two);
  reclaimAll(module, two.tdr);
  assertEquals(module.tds(), []);
});

Deno.test("TdxModule reclaims what is left after a page was leaked, but not the TDR", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  module.lock(GiB);
  reclaimAll(module, td.tdr); // gives up on each chunk at its first refusal
  assertEquals(module.td(td.tdr)!.children, 512);
  const { rest } = module.phymem.pageReclaim(GUEST);
  module.phymem.pageReclaim(rest!);
  assertEquals(module.td(td.tdr)!.children, 1);
  assertEquals(says(module.phymem.pageReclaim(td.tdr)), "TD_ASSOCIATED_PAGES_EXIST");
});

Deno.test("TdxModule builds and reclaims 1 TiB in pages of 4 KiB by a few steps", () => {
  const module = newModule({ bytes: 2 * TiB, packages: 1 });
  const td = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [runOf(2 ** 28, 2 ** 28)] });
  tearDown(module, td);
  let steps = 0;
  for (const type of ["REG", "EPT", "TDCX", "TDVPR"] as const) {
    for (const pages of module.pagesOf(td.tdr, type)) {
      for (let rest: FrameChunk | null = pages; rest !== null; steps++) {
        const result = module.phymem.pageReclaim(rest);
        assertEquals(result.status, 0n);
        rest = result.rest;
      }
    }
  }
  assertEquals(module.phymem.pageReclaim(td.tdr).status, 0n);
  // 1024 regions of 1 GiB, and what lies around them.
  assert(steps < 1040, `${steps} steps`);
  assertEquals(module.calls["TDH.PHYMEM.PAGE.RECLAIM"], 2 ** 28 + td.controlPages);
});

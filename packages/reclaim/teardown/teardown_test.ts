import { assert, assertEquals, assertRejects } from "@std/assert";
import { chunksOf, type LineState, MiB, runOf, TiB } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { NEWEST_LINUX } from "@tdx/linux";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { buildTd, checkInvariants } from "@tdx/seam";
import { createReclaimer } from "../create_reclaimer.ts";
import {
  ALL_PAGES,
  bareModule,
  CONTROL_PAGES,
  GUEST_PAGES,
  keyIds,
  record,
  smallHost,
  steps,
  tearDown,
} from "../_fixtures_test.ts";
import { createTdHost } from "../td_host/td_host.ts";
import { TEARDOWN_PATHS, type TeardownOptions, type TeardownPath } from "./options.ts";

/** What both paths have in common, for the small TD: after its guest pages, T1 to T4. */
const FREE_KEY = [
  "2 TDH.VP.FLUSH", // T1, a vCPU each
  "1 TDH.MNG.VPFLUSHDONE", // T2
  "2 TDH.PHYMEM.CACHE.WB", // T3, a package each
  "1 TDH.MNG.KEY.FREEID", // T4
];
/** Then T5 for the control pages, the TDR last, and T6 for the TDR. */
const RECLAIM_CONTROL = [
  "5 TDH.PHYMEM.PAGE.RECLAIM TDCX", // each of the 2 vCPUs
  "1 TDH.PHYMEM.PAGE.RECLAIM TDVPR",
  "5 TDH.PHYMEM.PAGE.RECLAIM TDCX",
  "1 TDH.PHYMEM.PAGE.RECLAIM TDVPR",
  "4 TDH.PHYMEM.PAGE.RECLAIM EPT",
  "6 TDH.PHYMEM.PAGE.RECLAIM TDCX", // the TDCS
  "1 TDH.PHYMEM.PAGE.RECLAIM TDR",
  "1 TDH.PHYMEM.PAGE.WBINVD",
];

Deno.test("teardown() on the terminate path frees the key, then reclaims every page", async () => {
  const host = smallHost(gnr);
  const log = record(host.module);
  await tearDown(host, { path: "terminate" });
  assertEquals(steps(log), [
    ...FREE_KEY,
    "1024 TDH.PHYMEM.PAGE.RECLAIM REG",
    ...RECLAIM_CONTROL,
  ]);
  assert(log.every(({ status }) => status === 0n));
});

Deno.test("teardown() on the dynamic path removes the guest pages, then frees the key", async () => {
  const host = smallHost(gnr);
  const log = record(host.module);
  await tearDown(host, { path: "dynamic" });
  assertEquals(steps(log), [
    "1024 TDH.MEM.RANGE.BLOCK", // D1
    "1024 TDH.MEM.TRACK", // D2
    "1024 TDH.MEM.PAGE.REMOVE", // D3
    "1024 TDH.PHYMEM.PAGE.WBINVD", // D4
    ...FREE_KEY,
    ...RECLAIM_CONTROL,
  ]);
  assert(log.every(({ status }) => status === 0n));
});

Deno.test("teardown() takes the path of Linux by default", async () => {
  const { path, seamcalls } = await tearDown(smallHost(gnr));
  assertEquals([path, seamcalls["TDH.MEM.PAGE.REMOVE"]], ["dynamic", GUEST_PAGES]);
});

Deno.test("teardown() removes many pages at once as if they went one by one", async () => {
  const together = smallHost(emr);
  const oneByOne = smallHost(emr);
  Object.defineProperty(oneByOne.module, "callsUntilFault", { value: 0 });
  const log = record(oneByOne.module);
  const [expected, report] = await Promise.all(
    [oneByOne, together].map((host) => tearDown(host, { path: "dynamic", reuse: true })),
  );
  // 1024 times D1 to D4, a page each.
  const page = [
    "1 TDH.MEM.RANGE.BLOCK",
    "1 TDH.MEM.TRACK",
    "1 TDH.MEM.PAGE.REMOVE",
    "1 TDH.PHYMEM.PAGE.WBINVD",
  ];
  assertEquals(steps(log).slice(0, 4096), Array.from({ length: 1024 }, () => page).flat());
  assertEquals(report, expected);
});

// Of 1 TiB, 2^40 / 4096 = 268,435,456 pages, with 64 vCPUs. Secure EPT: ceil(268,435,456 / 512)
// = 524,288 pages, then 1,024 and 2, together 525,314. vCPUs: 64 TDVPR and 64 * 5 TDCX; the TDCS
// has 6 TDCX. With the TDR 525,314 + 64 + 326 + 1 = 525,705 control pages.
const EVERY_PAGE = { REG: 268_435_456, TDVPR: 64, TDCX: 326, EPT: 525_314, TDR: 1 };
const SEAMCALLS: Readonly<Record<TeardownPath, Record<string, number>>> = {
  terminate: {
    "TDH.VP.FLUSH": 64,
    "TDH.MNG.VPFLUSHDONE": 1,
    "TDH.PHYMEM.CACHE.WB": 2,
    "TDH.MNG.KEY.FREEID": 1,
    "TDH.PHYMEM.PAGE.RECLAIM": 268_435_456 + 525_705,
    "TDH.PHYMEM.PAGE.WBINVD": 1,
  },
  dynamic: {
    "TDH.MEM.RANGE.BLOCK": 268_435_456,
    "TDH.MEM.TRACK": 268_435_456,
    "TDH.MEM.PAGE.REMOVE": 268_435_456,
    "TDH.PHYMEM.PAGE.WBINVD": 268_435_456 + 1,
    "TDH.VP.FLUSH": 64,
    "TDH.MNG.VPFLUSHDONE": 1,
    "TDH.PHYMEM.CACHE.WB": 2,
    "TDH.MNG.KEY.FREEID": 1,
    "TDH.PHYMEM.PAGE.RECLAIM": 525_705,
  },
};

for (const path of TEARDOWN_PATHS) {
  Deno.test(`teardown() counts exactly what 1 TiB takes, ${path} path`, async () => {
    // Platform, and lines cleared and fences: 64 lines and one fence a page, or nothing.
    const table = [
      [gnr, [0, 0], [0, 0]],
      [emr, [17_179_869_184, 268_435_456], [525_705 * 64, 525_705]],
    ] as const;
    for (const [platform, guest, control] of table) {
      const host = createTdHost({ platform, guestBytes: TiB, vcpus: 64 });
      const report = await tearDown(host, { path, reuse: true });
      assertEquals(report, {
        kernel: NEWEST_LINUX,
        platform: platform.name,
        policy: "quirk",
        path,
        pagesReclaimed: 268_435_456,
        linesCleared: guest[0],
        fences: guest[1],
        control: { pagesReclaimed: 525_705, linesCleared: control[0], fences: control[1] },
        pagesByType: EVERY_PAGE,
        seamcalls: SEAMCALLS[path],
        retries: 0,
        leakedPages: 0,
        unclearedPages: 0,
        mappedPages: 0,
        leakedHkid: false,
        machineChecks: 0,
        retiredPages: 0,
      });
      assertEquals(host.module.tds(), []);
      assertEquals(checkInvariants(host.module), []);
    }
  });

  Deno.test(`teardown() leaves cleared lines on emr, and no dirty one anywhere, ${path} path`, async () => {
    for (const [platform, owner] of [[emr, 0], [gnr, 1]] as const) {
      const host = smallHost(platform);
      await tearDown(host, { path });
      const { memory } = host;
      const lines = memory.countLines(({ memory }) => memory.owner === owner, 0, ALL_PAGES * 4096);
      assertEquals(lines, ALL_PAGES * 64);
      assertEquals(memory.countLines(({ copies }) => copies.some(({ dirty }) => dirty)), 0);
      const load = memory.step({ kind: "load", by: "host", key: keyIds.key(0) }, 0);
      assertEquals([load.data, load.machineCheck], ["zeros", false]);
    }
  });

  Deno.test(`teardown() stops the vCPUs that are inside the TD, ${path} path`, async () => {
    const { module, tdr } = smallHost(gnr);
    module.td(tdr)!.vcpus.forEach(({ tdvpr }, lp) => module.vp.enter(tdvpr, lp));
    assertEquals(module.td(tdr)!.vcpus.map(({ running }) => running), [true, true]);
    const report = await tearDown({ module, tdr }, { path });
    assertEquals([report.pagesReclaimed, report.leakedPages], [GUEST_PAGES, 0]);
    assertEquals(checkInvariants(module), []);
  });

  Deno.test(`teardown() takes pages of 2 MiB, ${path} path`, async () => {
    const module = bareModule(emr);
    const guest = [runOf(2048, 3 * 512)];
    const { tdr } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: guest, level: 1 });
    const report = await tearDown({ module, tdr }, { path });
    assertEquals([report.pagesReclaimed, report.linesCleared], [3 * 512, 3 * 512 * 64]);
    // Control pages: 1 TDR, 6 TDCX, 6 for the vCPU, Secure EPT 1 + 1. D4 and T6 take 4 KiB.
    assertEquals(
      [report.seamcalls["TDH.MEM.PAGE.REMOVE"], report.seamcalls["TDH.PHYMEM.PAGE.WBINVD"]],
      path === "dynamic" ? [3, 3 * 512 + 1] : [undefined, 1],
    );
    assertEquals(
      report.seamcalls["TDH.PHYMEM.PAGE.RECLAIM"],
      path === "dynamic" ? 15 : 15 + 3,
    );
    assertEquals(checkInvariants(module), []);
  });

  Deno.test(`teardown() leaves the pages between scattered ones alone, ${path} path`, async () => {
    const module = bareModule(emr);
    const host = { by: "host", key: keyIds.key(0), data: "host" } as const;
    module.memory.apply({ kind: "movdir64b", ...host }, 8 * MiB, 8 * MiB);
    // Every second of 2,048 pages is the TD's.
    const frames = Uint32Array.from({ length: 1024 }, (_, i) => 2048 + 2 * i);
    const guest = chunksOf(frames);
    const { tdr } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: guest });
    const report = await tearDown({ module, tdr }, { path });
    assertEquals([report.pagesReclaimed, report.linesCleared], [1024, 1024 * 64]);
    const isHosts = ({ memory }: LineState) => memory.data === "host";
    assertEquals(module.memory.countLines(isHosts, 8 * MiB, 8 * MiB), 1024 * 64);
    assertEquals(checkInvariants(module), []);
  });

  Deno.test(`teardown() leaves other TDs alone, ${path} path`, async () => {
    const module = bareModule(emr);
    const build = (hkid: number, control: number, frame: number) =>
      buildTd(module, { hkid, vcpus: 1, control, memory: [runOf(frame, 512)] }).tdr;
    const [ours, other] = [build(33, 0, 2048), build(34, 100, 4096)];
    const key = module.td(other)!.key!;
    module.memory.apply({ kind: "store", by: "td", key, data: "secret" }, 16 * MiB, 2 * MiB);

    await tearDown({ module, tdr: ours }, { path });
    const { lifeCycle, children } = module.td(other)!;
    // 6 TDCX, 6 for the vCPU, Secure EPT 1 + 1 + 1, and the guest pages.
    assertEquals([lifeCycle, children], ["KEYS_CONFIGURED", 6 + 6 + 3 + 512]);
    assertEquals(module.memory.step({ kind: "load", by: "td", key }, 16 * MiB).data, "secret");
    assertEquals(checkInvariants(module), []);
    const report = await tearDown({ module, tdr: other }, { path });
    assertEquals([report.pagesReclaimed, module.tds()], [512, []]);
  });

  Deno.test(`teardown() takes a TD that was never finished, ${path} path`, async () => {
    const module = bareModule(spr);
    const { mng, mem } = module;
    mng.create(0, 33);
    // Without a key there is nothing but the TDR.
    const bare = await tearDown({ module, tdr: 0 }, { path });
    assertEquals([bare.pagesByType, bare.leakedPages], [{ TDR: 1 }, 0]);

    mng.create(0, 33);
    for (const pkg of [0, 1]) mng.keyConfig(0, pkg);
    for (let i = 1; i <= 6; i++) mng.addcx(i * 4096, 0);
    mng.init(0);
    for (const level of [3, 2, 1]) mem.septAdd(0, 0, level, (6 + level) * 4096);
    assertEquals(mem.pageAdd(0, 0, 10 * 4096).status, 0n);
    const report = await tearDown({ module, tdr: 0 }, { path });
    assertEquals(report.pagesByType, { REG: 1, TDCX: 6, EPT: 3, TDR: 1 });
    // It never ran, so there is nothing to track.
    assertEquals([report.seamcalls["TDH.MEM.TRACK"], report.leakedPages], [undefined, 0]);
    assertEquals(checkInvariants(module), []);
  });
}

Deno.test("teardown() reports what it did itself, not what was issued before", async () => {
  const { module, tdr } = smallHost(gnr);
  module.phymem.pageReclaim(tdr);
  module.phymem.cacheWb(0, 0);
  const { seamcalls } = await tearDown({ module, tdr });
  assertEquals(seamcalls["TDH.PHYMEM.PAGE.RECLAIM"], CONTROL_PAGES);
  assertEquals(seamcalls["TDH.PHYMEM.CACHE.WB"], 2);
  assertEquals(seamcalls["TDH.MNG.CREATE"], undefined);
});

Deno.test("teardown() flushes the vCPUs that are still associated with a processor (T1)", async () => {
  const { module, tdr } = smallHost(gnr);
  module.vp.flush(module.td(tdr)!.vcpus[0]!.tdvpr, 0);
  const { seamcalls, leakedHkid } = await tearDown({ module, tdr });
  assertEquals([seamcalls["TDH.VP.FLUSH"], leakedHkid], [1, false]);
});

Deno.test("teardown() refuses an address without a TDR, and a second end", async () => {
  const { module, tdr } = smallHost(gnr);
  const refuses = async (tdr: number) => {
    const { message } = await assertRejects(() => tearDown({ module, tdr }), RangeError);
    assertEquals(message, `Expected the address of a TDR, got 0x${tdr.toString(16)}`);
  };
  for (const wrong of [tdr + 4096, 0, tdr + 1, 2 ** 50]) await refuses(wrong);
  await tearDown({ module, tdr });
  await refuses(tdr);
});

Deno.test("teardown() refuses what it is not given right, and does nothing", async () => {
  const { memory, module, tdr } = smallHost(gnr);
  const log = record(module);
  const misspelt = { re_use: true } as TeardownOptions;
  await assertRejects(() => tearDown({ module, tdr }, misspelt), TypeError, "got re_use");
  await assertRejects(
    () => tearDown({ module, tdr }, { path: "fast" as TeardownPath }),
    RangeError,
    'Expected path to be one of dynamic, terminate, got "fast"',
  );
  await assertRejects(
    () => createReclaimer({ memory: smallHost(gnr).memory }).teardown(module, tdr),
    RangeError,
    "Expected the TDX module of the host's memory, got one of another memory",
  );
  assertEquals(log, []);
  assertEquals([module.td(tdr)!.children + 1, memory.counts.machineChecks], [ALL_PAGES, 0]);
});

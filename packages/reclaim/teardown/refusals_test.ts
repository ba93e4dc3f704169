import { assert, assertEquals } from "@std/assert";
import { forEachFrame } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { linux } from "@tdx/linux";
import { gnr } from "@tdx/platform-gnr";
import { checkInvariants, type TdxModule } from "@tdx/seam";
import {
  ALL_PAGES,
  busyAfterEach,
  CONTROL_PAGES,
  GUEST_PAGES,
  hostOfLargePages,
  record,
  smallHost,
  tearDown as tearDownAs,
} from "../_fixtures_test.ts";
import { randomNumbers } from "../td_host/random.ts";
import type { TdHost } from "../td_host/td_host.ts";
import type { TeardownReport } from "./report.ts";
import {
  TEARDOWN_PATHS,
  type TeardownOptions,
  type TeardownPhase,
  type TeardownProgress,
} from "./options.ts";

/** As a kernel that leaks what is refused; kernel_versions_test.ts has the others. */
function tearDown(host: Pick<TdHost, "module" | "tdr">, options: TeardownOptions) {
  return tearDownAs(host, options, { kernel: linux("6.18") });
}

/** Guest pages that are back when the key is to be freed. */
const BACK_BEFORE = { terminate: 0, dynamic: GUEST_PAGES };

/** Guest and control pages that came back, and leaked ones. */
function fate({ pagesReclaimed, control, leakedPages }: TeardownReport): number[] {
  return [pagesReclaimed, control.pagesReclaimed, leakedPages];
}

// D1 to D3: which SEAMCALL of the dynamic path meets the busy operand; the first page's are 0 to 3.
for (
  const [call, leaf] of [
    [0, "TDH.MEM.RANGE.BLOCK"],
    [1, "TDH.MEM.TRACK"],
    [2, "TDH.MEM.PAGE.REMOVE"],
    [4, "TDH.MEM.RANGE.BLOCK"],
    [4 * 512 + 1, "TDH.MEM.TRACK"],
    [4 * 1023 + 2, "TDH.MEM.PAGE.REMOVE"],
  ] as const
) {
  Deno.test(`teardown() tries ${leaf} again after one busy operand, SEAMCALL ${call}`, async () => {
    const host = smallHost(gnr);
    host.module.inject({ busyAfter: busyAfterEach(call) });
    const report = await tearDown(host, { path: "dynamic" });
    assertEquals([report.retries, ...fate(report)], [1, GUEST_PAGES, CONTROL_PAGES, 0]);
    assertEquals(report.seamcalls[leaf], GUEST_PAGES + 1);
  });

  Deno.test(`teardown() leaks the page after a second busy ${leaf}, SEAMCALL ${call}`, async () => {
    const host = smallHost(gnr);
    host.module.inject({ busyAfter: busyAfterEach(call, 0) });
    const report = await tearDown(host, { path: "dynamic" });
    // The TDR cannot go while it has a child.
    assertEquals([report.retries, ...fate(report)], [1, GUEST_PAGES - 1, CONTROL_PAGES - 1, 2]);
    assertEquals(report.pagesByType.TDR, undefined);
    assertEquals(host.module.td(host.tdr)!.children, 1);
    assertEquals(checkInvariants(host.module), []);
  });
}

Deno.test("teardown() has every vCPU outside before it tries once more", async () => {
  const { module, tdr } = smallHost(gnr);
  module.td(tdr)!.vcpus.forEach(({ tdvpr }, lp) => module.vp.enter(tdvpr, lp));
  module.inject({ busyAfter: busyAfterEach(0) });
  const inside: number[] = [];
  const block = module.mem.rangeBlock.bind(module.mem);
  module.mem.rangeBlock = (...operands) => {
    inside.push(module.td(tdr)!.vcpus.filter(({ running }) => running).length);
    return block(...operands);
  };
  await tearDown({ module, tdr }, { path: "dynamic" });
  assertEquals(inside.slice(0, 2), [2, 0]);
});

Deno.test("teardown() leaks a page whose flush is refused, and does not try again", async () => {
  const host = smallHost(emr);
  host.module.inject({ busyAfter: busyAfterEach(3) });
  const report = await tearDown(host, { path: "dynamic" });
  // The module has let go of the page, so the TDR can go.
  assertEquals([report.retries, ...fate(report)], [0, GUEST_PAGES - 1, CONTROL_PAGES, 1]);
  assertEquals(report.linesCleared, (GUEST_PAGES - 1) * 64);
  assertEquals(host.memory.state(0).memory.owner, 1);
});

Deno.test("teardown() leaks one frame of a 2 MiB page whose flush is refused, and no other", async () => {
  const host = hostOfLargePages();
  // BLOCK, TRACK and REMOVE of the first page, then the flush of each of its 4 KiB.
  host.module.inject({ busyAfter: busyAfterEach(3 + 100) });
  const back = new Set<number>();
  const report = await tearDown(host, {
    path: "dynamic",
    onBack: (pages) => forEachFrame(pages, (frame) => back.add(frame)),
  });
  assertEquals([report.pagesReclaimed, report.leakedPages], [2 * 512 - 1, 1]);
  assertEquals([99, 100, 101].map((frame) => back.has(frame)), [true, false, true]);
  assertEquals(report.seamcalls["TDH.PHYMEM.PAGE.WBINVD"], 2 * 512 + 1);
  assertEquals(host.module.tds(), []);
});

Deno.test("teardown() leaks a page that is refused by T5, and does not try again", async () => {
  const host = smallHost(emr);
  const log = record(host.module);
  host.module.lock(0x5000);
  const report = await tearDown(host, { path: "terminate" });
  assertEquals([report.retries, ...fate(report)], [0, GUEST_PAGES - 1, CONTROL_PAGES - 1, 2]);
  assertEquals(report.linesCleared, (GUEST_PAGES - 1) * 64);
  assertEquals(host.memory.state(0x5000).memory.owner, 1);
  const refused = log.filter(({ status }) => status !== 0n).map(({ status }) => status);
  // OPERAND_BUSY|RCX for the page, TD_ASSOCIATED_PAGES_EXIST for its TDR; T6 is not issued.
  assertEquals(refused, [0x8000020000000001n, 0xC000040000000000n]);
  assertEquals(report.seamcalls["TDH.PHYMEM.PAGE.WBINVD"], undefined);
});

Deno.test("teardown() asks once for a vCPU's TDCX page that is refused, a second one again", async () => {
  const host = smallHost(emr);
  const [tdcx] = host.module.td(host.tdr)!.vcpus[0]!.tdcx;
  host.module.lock(tdcx!);
  const first = await tearDown(host, {});
  assertEquals(first.seamcalls["TDH.PHYMEM.PAGE.RECLAIM"], CONTROL_PAGES);
  assertEquals(fate(first), [GUEST_PAGES, CONTROL_PAGES - 2, 2]);

  host.module.unlock(tdcx!);
  const second = await tearDown(host, {});
  assertEquals(second.pagesByType, { TDCX: 1, TDR: 1 });
  assertEquals([fate(second), host.module.tds()], [[0, 2, 0], []]);
});

Deno.test("teardown() does not ask again for the TDCX pages that an earlier one took back", async () => {
  const host = smallHost(emr);
  const { tdvpr } = host.module.td(host.tdr)!.vcpus[0]!;
  const lockOnce = (phase: TeardownPhase) => {
    if (phase === "reclaim pages") host.module.lock(tdvpr);
    if (phase === "reclaim TDR") host.module.unlock(tdvpr);
  };
  let last: TeardownPhase | undefined;
  const first = await tearDown(host, {
    onProgress({ phase }) {
      if (phase !== last) lockOnce(phase);
      last = phase;
    },
  });
  assertEquals(fate(first), [GUEST_PAGES, CONTROL_PAGES - 2, 2]);
  assertEquals((await tearDown(host, {})).pagesByType, { TDVPR: 1, TDR: 1 });
});

Deno.test("teardown() on the dynamic path meets a locked page alone, and goes on", async () => {
  const host = smallHost(gnr);
  host.module.lock(0x5000);
  const report = await tearDown(host, { path: "dynamic" });
  assertEquals([report.retries, ...fate(report)], [1, GUEST_PAGES - 1, CONTROL_PAGES - 1, 2]);
  // The lock is the page's: D1 and D2 pass, D3 is refused twice.
  assertEquals(
    ([
      "TDH.MEM.RANGE.BLOCK",
      "TDH.MEM.TRACK",
      "TDH.MEM.PAGE.REMOVE",
      "TDH.PHYMEM.PAGE.WBINVD",
    ] as const)
      .map((leaf) => report.seamcalls[leaf]),
    [GUEST_PAGES, GUEST_PAGES, GUEST_PAGES + 1, GUEST_PAGES - 1],
  );
});

Deno.test("teardown() leaks the TDR whose flush is refused", async () => {
  const host = smallHost(emr);
  const report = await tearDown(host, {
    path: "terminate",
    onProgress({ phase }) {
      if (phase === "reclaim TDR") host.module.inject({ busyAfter: busyAfterEach(1) });
    },
  });
  assertEquals(fate(report), [GUEST_PAGES, CONTROL_PAGES - 1, 1]);
  assertEquals(host.module.td(host.tdr), undefined);
});

for (const path of TEARDOWN_PATHS) {
  Deno.test(`teardown() resumes an interrupted CACHE.WB, ${path} path`, async () => {
    // Interrupts on each of the 2 packages, retries; 1 + 3 SEAMCALLs each.
    for (const [interrupts, retries] of [[3, 6], [9999, 19_998]] as const) {
      const host = smallHost(gnr);
      host.module.inject({ interrupts });
      const report = await tearDown(host, { path });
      assertEquals([report.retries, report.leakedHkid], [retries, false]);
      assertEquals(report.seamcalls["TDH.PHYMEM.CACHE.WB"], 2 + retries);
      assertEquals(fate(report), [GUEST_PAGES, CONTROL_PAGES, 0]);
    }
  });

  Deno.test(`teardown() gives up a CACHE.WB interrupted 10,000 times, ${path} path`, async () => {
    const host = smallHost(gnr);
    host.module.inject({ interrupts: 10_000 });
    const report = await tearDown(host, { path });
    // On both packages; KEY.FREEID is called all the same, and refused.
    assertEquals(report.seamcalls["TDH.PHYMEM.CACHE.WB"], 20_000);
    assertEquals(report.seamcalls["TDH.MNG.KEY.FREEID"], 1);
    assertEquals([report.retries, report.leakedHkid], [19_998, true]);
    const back = BACK_BEFORE[path];
    assertEquals(fate(report), [back, 0, ALL_PAGES - back]);
    assertEquals(report.seamcalls["TDH.PHYMEM.PAGE.RECLAIM"], undefined);
    assertEquals(checkInvariants(host.module), []);

    host.module.inject({});
    const second = await tearDown(host, { path });
    assertEquals(fate(second), [GUEST_PAGES - back, CONTROL_PAGES, 0]);
    assertEquals(host.module.tds(), []);
  });

  // The SEAMCALLs of the phase: 2 flushes, VPFLUSHDONE, CACHE.WB on 2 packages, KEY.FREEID.
  for (
    const [call, leaf] of [
      [0, "T1, VP.FLUSH"],
      [1, "T1, the second VP.FLUSH"],
      [2, "T2, VPFLUSHDONE"],
      [3, "T3, CACHE.WB"],
      [4, "T3, CACHE.WB on the second package"],
      [5, "T4, KEY.FREEID"],
    ] as const
  ) {
    Deno.test(`teardown() leaks the HKID where ${leaf} is refused, ${path} path`, async () => {
      const host = smallHost(gnr);
      const log = record(host.module);
      const report = await tearDown(host, {
        path,
        onProgress({ phase }) {
          host.module.inject(phase === "free the key" ? { busyAfter: busyAfterEach(call) } : {});
        },
      });
      assert(report.leakedHkid);
      const back = BACK_BEFORE[path];
      assertEquals(fate(report), [back, 0, ALL_PAGES - back]);
      assert(log.every(({ leaf }) => leaf !== "TDH.PHYMEM.PAGE.RECLAIM"));
      assertEquals(checkInvariants(host.module), []);

      // What was only refused for a while can be had by a second teardown.
      host.module.inject({});
      const second = await tearDown(host, { path });
      assertEquals(fate(second), [GUEST_PAGES - back, CONTROL_PAGES, 0]);
      assertEquals([second.leakedHkid, host.module.tds()], [false, []]);
      assertEquals(checkInvariants(host.module), []);
    });
  }

  Deno.test(`teardown() of a locked TD leaks all of it, a second one finishes, ${path} path`, async () => {
    const host = smallHost(gnr);
    host.module.lock(host.tdr);
    const first = await tearDown(host, { path });
    assertEquals(fate(first), [0, 0, ALL_PAGES]);
    assertEquals([first.leakedHkid, first.retries], [true, path === "dynamic" ? GUEST_PAGES : 0]);
    assertEquals(host.module.td(host.tdr)!.children, ALL_PAGES - 1);

    host.module.unlock(host.tdr);
    assertEquals(fate(await tearDown(host, { path })), [GUEST_PAGES, CONTROL_PAGES, 0]);
  });

  Deno.test(`teardown() leaks every page when all SEAMCALLs on pages are busy, ${path} path`, async () => {
    const host = smallHost(gnr);
    const report = await tearDown(host, {
      path,
      onProgress: injectorOnPages(host.module, () => 0),
    });
    // D1 is refused twice for each page, T5 once.
    assertEquals(report.retries, path === "dynamic" ? GUEST_PAGES : 0);
    // The TDR is asked for when nothing is busy any more, but it has children.
    assertEquals(fate(report), [0, 0, ALL_PAGES]);
    assertEquals(report.leakedHkid, false);
    assertEquals(checkInvariants(host.module), []);

    const second = await tearDown(host, { path });
    assertEquals(fate(second), [GUEST_PAGES, CONTROL_PAGES, 0]);
  });

  for (const seed of [1, 2, 3]) {
    Deno.test(`teardown() meets random busy operands as one by one, ${path} path, seed ${seed}`, async () => {
      const host = smallHost(emr);
      const report = await tearDown(host, {
        path,
        onProgress: injectorOnPages(host.module, randomGaps(seed)),
      });
      const expected = path === "dynamic" ? dynamicFate(seed) : terminateFate(seed);
      const { retries, seamcalls, linesCleared } = report;
      const [block, remove] = [seamcalls["TDH.MEM.RANGE.BLOCK"], seamcalls["TDH.MEM.PAGE.REMOVE"]];
      assertEquals({ fate: fate(report), retries, block, remove }, expected);
      assertEquals(linesCleared, report.pagesReclaimed * 64);
      assertEquals(checkInvariants(host.module), []);
    });
  }
}

/** Injects in the phases that work on pages, once as they begin. */
function injectorOnPages(
  module: TdxModule,
  busyAfter: () => number,
): (progress: TeardownProgress) => void {
  let current: TeardownPhase | undefined;
  return ({ phase }) => {
    if (phase === current) return;
    current = phase;
    const onPages = phase === "remove guest pages" || phase === "reclaim pages";
    module.inject(onPages ? { busyAfter } : {});
  };
}

/** How many SEAMCALLs go well before each busy one. */
function randomGaps(seed: number): () => number {
  const random = randomNumbers(seed);
  return () => Math.floor(random() * 12);
}

interface Expected {
  readonly fate: number[];
  readonly retries: number;
  readonly block: number | undefined;
  readonly remove: number | undefined;
}

/** Asks before each SEAMCALL whether it meets the fault; the gaps are those of the test above. */
function faults(gap: () => number): () => boolean {
  let left = gap();
  return () => {
    if (left-- > 0) return false;
    left = gap();
    return true;
  };
}

/** What comes out when every page goes by itself: T5 once for each page but the TDR. */
function terminateFate(seed: number): Expected {
  const busy = faults(randomGaps(seed));
  const count = (pages: number) => Array.from({ length: pages }, busy).filter((met) => met).length;
  const guest = count(GUEST_PAGES);
  const control = count(CONTROL_PAGES - 1);
  return {
    fate: [GUEST_PAGES - guest, CONTROL_PAGES - 1 - control, guest + control + 1],
    retries: 0,
    block: undefined,
    remove: undefined,
  };
}

/** The same for D1 to D3, each twice at most, and D4; then T5 for the control pages. */
function dynamicFate(seed: number): Expected {
  const gap = randomGaps(seed);
  const busy = faults(gap);
  let [back, retries, block, remove] = [0, 0, 0, 0];
  const twice = (count: () => void): boolean => {
    count();
    if (!busy()) return true;
    retries++;
    count();
    return !busy();
  };
  for (let page = 0; page < GUEST_PAGES; page++) {
    if (!twice(() => block++)) continue;
    // Without D2, D3 is called all the same, and the module refuses it.
    const tracked = twice(() => {});
    if (twice(() => remove++) && tracked && !busy()) back++;
  }
  const atControl = faults(gap);
  const control = Array.from({ length: CONTROL_PAGES - 1 }, atControl).filter((met) => met).length;
  const fate = [back, CONTROL_PAGES - 1 - control, GUEST_PAGES - back + control + 1];
  return { fate, retries, block, remove };
}

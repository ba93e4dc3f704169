// X6: the pairs of Dynamic PAMT come back with the pages that they describe.
import { assertEquals } from "@std/assert";
import { MiB, type Platform } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { checkInvariants } from "@tdx/seam";
import { busyAfterEach, CONTROL_PAGES, GUEST_PAGES, tearDown } from "../_fixtures_test.ts";
import { createTdHost, type TdHost } from "../td_host/td_host.ts";
import { TEARDOWN_PATHS } from "./options.ts";

/** Two regions of guest pages, and one of control pages, which the pairs share. */
const PAIR_PAGES = 6;

function dynamicHost(platform: Platform): TdHost {
  const dynamicPamt = true;
  return createTdHost({ platform, guestBytes: 4 * MiB, vcpus: 2, dynamicPamt });
}

for (const path of TEARDOWN_PATHS) {
  Deno.test(`teardown() takes the PAMT pairs back and resets them where it resets pages, ${path} path (X6)`, async () => {
    for (const [platform, policy, resets] of [[spr, "quirk", 1], [gnr, "quirk", 0]] as const) {
      const host = dynamicHost(platform);
      assertEquals(host.module.pamtPairs().length, PAIR_PAGES / 2);
      const report = await tearDown(host, { path, reuse: true }, { policy });
      assertEquals(report.pagesReclaimed, GUEST_PAGES);
      assertEquals(report.control.pagesReclaimed, CONTROL_PAGES);
      const linesCleared = resets * PAIR_PAGES * 64;
      assertEquals(report.pamt, {
        pagesReclaimed: PAIR_PAGES,
        linesCleared,
        fences: resets * PAIR_PAGES,
      });
      assertEquals(report.pagesByType["PAMT"], PAIR_PAGES);
      assertEquals(report.seamcalls["TDH.PHYMEM.PAMT.REMOVE"], PAIR_PAGES / 2);
      assertEquals([report.leakedPages, report.machineChecks], [0, 0]);
      assertEquals(host.module.pamtPairs(), []);
      assertEquals(checkInvariants(host.module), []);
    }
  });

  Deno.test(`teardown() leaves the pair of a region with a page that did not come back, ${path} path`, async () => {
    const host = dynamicHost(gnr);
    host.module.lock(5 * 4096);
    const { leakedPages, unclearedPages, pamt } = await tearDown(host, { path });
    assertEquals(leakedPages + unclearedPages > 0, true);
    // That of the page, and that of the control pages: the TDR cannot go.
    assertEquals(pamt?.pagesReclaimed, PAIR_PAGES - 4);
    assertEquals(host.module.pamtPairs().map(({ used }) => used > 0), [true, true]);
    assertEquals(checkInvariants(host.module), []);
    // What the module still counted comes back by a second teardown, and with it the pairs.
    host.module.unlock(5 * 4096);
    assertEquals((await tearDown(host, { path })).pamt?.pagesReclaimed, 4);
    assertEquals(host.module.pamtPairs(), []);
  });
}

// The first page of its region, and the next one.
for (const page of [0, 1]) {
  Deno.test(`teardown() leaves the pair of a region whose page ${page} was refused its flush`, async () => {
    const host = dynamicHost(gnr);
    // All four of the pages before, then BLOCK, TRACK and REMOVE of this one, then its PAGE.WBINVD: the
    // module counts the page no longer, Linux does.
    host.module.inject({ busyAfter: busyAfterEach(4 * page + 3) });
    const { pamt, control } = await tearDown(host, { path: "dynamic" });
    assertEquals([control.pagesReclaimed, pamt?.pagesReclaimed], [CONTROL_PAGES, PAIR_PAGES - 2]);
    assertEquals(host.module.pamtPairs().map(({ region, used }) => [region, used]), [[0, 0]]);
  });
}

Deno.test("teardown() says nothing of PAMT pages without Dynamic PAMT, and dirty lines of a pair show later (S7)", async () => {
  const plain = createTdHost({ platform: spr, guestBytes: 4 * MiB, vcpus: 2 });
  assertEquals((await tearDown(plain)).pamt, undefined);

  for (const path of TEARDOWN_PATHS) {
    const host = dynamicHost(spr);
    const { memory, module } = host;
    const pa = module.pamtPairs()[0]!.pages[0];
    const report = await tearDown(host, { path });
    assertEquals(report.pamt?.linesCleared, PAIR_PAGES * 64);
    // The reset went past the module's dirty line, which comes back, as that of a TDR without T6
    // (M7): on the dynamic path T3 writes it back, on the other any eviction may.
    assertEquals(memory.state(pa).memory.owner, path === "dynamic" ? 1 : 0);
    memory.step({ kind: "evict", by: "cache", key: module.globalKey }, pa);
    assertEquals(memory.state(pa).memory.owner, 1);
  }
});

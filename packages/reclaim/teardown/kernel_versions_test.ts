import { assertEquals, assertRejects } from "@std/assert";
import { linux } from "@tdx/linux";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { checkInvariants } from "@tdx/seam";
import {
  ALL_PAGES,
  busyAfterEach,
  CONTROL_PAGES,
  GUEST_PAGES,
  smallHost,
  tearDown,
} from "../_fixtures_test.ts";
import type { TeardownProgress } from "./options.ts";
import type { TeardownReport } from "./report.ts";

const LEAKING = ["6.16", "6.17", "6.18"];
const RETURNING = ["6.19", "7.1", "7.2", "7.3", "7.4"];

/** Guest pages back, control pages back, leaked, uncleared, of these still mapped. */
function fate(report: TeardownReport): number[] {
  const { pagesReclaimed, control, leakedPages, unclearedPages, mappedPages } = report;
  return [pagesReclaimed, control.pagesReclaimed, leakedPages, unclearedPages, mappedPages];
}

/**
 * X2: the SEAMCALL of the first guest page that is refused for good; what becomes of the page. While
 * the module counts the page among the TD's, the TDR is refused too.
 */
const REFUSALS = [
  ["TDH.MEM.RANGE.BLOCK", 0, 0, true],
  ["TDH.MEM.TRACK", 1, 0, true],
  ["TDH.MEM.PAGE.REMOVE", 2, 0, true],
  ["TDH.PHYMEM.PAGE.WBINVD", 3, Infinity, false],
] as const;

for (const [leaf, call, again, mapped] of REFUSALS) {
  const control = CONTROL_PAGES - (mapped ? 1 : 0);
  for (const version of [...LEAKING, ...RETURNING]) {
    const returned = RETURNING.includes(version) ? 1 : 0;
    const word = returned ? "returned as it is" : "leaked";
    Deno.test(`teardown() as Linux ${version}: a page whose ${leaf} fails is ${word} (X2)`, async () => {
      const host = smallHost(gnr);
      host.module.inject({ busyAfter: busyAfterEach(call, again) });
      const report = await tearDown(host, { path: "dynamic" }, { kernel: linux(version) });
      assertEquals(fate(report), [
        GUEST_PAGES - 1,
        control,
        (mapped ? 1 : 0) + (1 - returned),
        returned,
        mapped ? returned : 0,
      ]);
      // D3 is called even where D2 failed.
      const removes = report.seamcalls["TDH.MEM.PAGE.REMOVE"];
      const removed = { "TDH.MEM.RANGE.BLOCK": -1, "TDH.MEM.PAGE.REMOVE": 1 }[leaf as string] ?? 0;
      assertEquals(removes, GUEST_PAGES + removed);
      assertEquals(host.memory.state(0).memory.owner, 1);
      assertEquals(checkInvariants(host.module), []);
    });
  }
}

for (const [leaf, ...calls] of REFUSALS) {
  Deno.test(`teardown() counts a page whose ${leaf} fails once, over two teardowns (X2)`, async () => {
    const host = smallHost(gnr);
    const [call, again] = calls;
    host.module.inject({ busyAfter: busyAfterEach(call, again) });
    const stop = new AbortController();
    let last: TeardownProgress | undefined;
    const onProgress = (now: TeardownProgress) => {
      last = now;
      if (now.phase === "free the key") stop.abort();
    };
    const how = { kernel: linux("6.19") };
    await assertRejects(
      () => tearDown(host, { path: "dynamic", onProgress, signal: stop.signal }, how),
      DOMException,
    );
    assertEquals(last, { phase: "free the key", pagesDone: GUEST_PAGES, pagesTotal: ALL_PAGES });
    host.module.inject({});
    const report = await tearDown(host, { path: "terminate", onProgress }, how);
    assertEquals(fate(report), [0, CONTROL_PAGES, 0, 0, 0]);
    assertEquals([last!.pagesDone, last!.pagesTotal], [CONTROL_PAGES, CONTROL_PAGES]);
    assertEquals(checkInvariants(host.module), []);
  });
}

Deno.test("teardown() says what meets a host that uses pages returned uncleared (X2)", async () => {
  for (const [platform, checks] of [[spr, GUEST_PAGES], [gnr, 0]] as const) {
    for (const [version, met] of [["6.18", 0], ["6.19", checks]] as const) {
      const host = smallHost(platform);
      host.module.inject({ busyAfter: () => 0 });
      const report = await tearDown(host, {
        path: "dynamic",
        reuse: true,
        onProgress: ({ phase }) => phase === "free the key" && host.module.inject({}),
      }, { kernel: linux(version) });
      assertEquals(report.machineChecks, met, `${platform.name} ${version}`);
      assertEquals(report.unclearedPages, version === "6.18" ? 0 : GUEST_PAGES);
    }
  }
});

for (const version of [...LEAKING, ...RETURNING]) {
  const returned = RETURNING.includes(version) ? GUEST_PAGES : 0;
  const word = returned ? "returns as they are" : "leaks";
  Deno.test(`teardown() as Linux ${version} ${word} the pages of a fatal TD (M9)`, async () => {
    for (const reuse of [false, true]) {
      const host = smallHost(spr);
      host.module.markFatal(host.tdr);
      const kernel = linux(version);
      const report = await tearDown(host, { path: "dynamic", reuse }, { kernel });
      const { seamcalls, retries, machineChecks } = report;
      // TD_FATAL for each BLOCK, which is not tried again; the TDR keeps its guest pages.
      assertEquals([seamcalls["TDH.MEM.RANGE.BLOCK"], retries], [GUEST_PAGES, 0]);
      for (const leaf of ["TDH.MEM.TRACK", "TDH.MEM.PAGE.REMOVE"] as const) {
        assertEquals(seamcalls[leaf], undefined);
      }
      const leaked = GUEST_PAGES - returned + 1;
      assertEquals(fate(report), [0, CONTROL_PAGES - 1, leaked, returned, returned]);
      // What comes back is not cleared, not even where the kernel always clears.
      assertEquals([report.linesCleared, machineChecks], [0, reuse ? returned : 0]);
      assertEquals(host.module.td(host.tdr)!.children, GUEST_PAGES);
      assertEquals(checkInvariants(host.module), []);
    }
  });
}

Deno.test("teardown() of a fatal TD gets all pages back on the terminate path (M9)", async () => {
  const host = smallHost(spr);
  host.module.markFatal(host.tdr);
  const report = await tearDown(host, { path: "terminate", reuse: true });
  assertEquals(fate(report), [GUEST_PAGES, CONTROL_PAGES, 0, 0, 0]);
  assertEquals([report.machineChecks, host.module.tds()], [0, []]);
});

Deno.test("teardown() takes the worse where nothing tells what a kernel does with a page", async () => {
  const host = smallHost(gnr);
  host.module.inject({ busyAfter: busyAfterEach(3) });
  const kernel = linux("6.8.0-1014-intel");
  const report = await tearDown(host, { path: "dynamic" }, { kernel, policy: "always" });
  assertEquals(fate(report), [GUEST_PAGES - 1, CONTROL_PAGES, 0, 1, 0]);
});

Deno.test("teardown() leaks control pages on every kernel (X3)", async () => {
  for (const version of [...LEAKING, ...RETURNING]) {
    const kernel = linux(version);
    const locked = smallHost(gnr);
    let isLocked = false;
    const lockOnce = () => {
      if (!isLocked) locked.module.lock(tdvpr);
      isLocked = true;
    };
    const { tdvpr } = locked.module.td(locked.tdr)!.vcpus[0]!;
    const one = await tearDown(locked, {
      path: "dynamic",
      onProgress: ({ phase }) => phase === "reclaim pages" && lockOnce(),
    }, { kernel });
    assertEquals(fate(one), [GUEST_PAGES, CONTROL_PAGES - 2, 2, 0, 0], version);

    const kept = smallHost(gnr);
    kept.module.inject({ interrupts: 10_000 });
    const all = await tearDown(kept, { path: "dynamic" }, { kernel });
    assertEquals(fate(all), [GUEST_PAGES, 0, ALL_PAGES - GUEST_PAGES, 0, 0], version);
    assertEquals(all.leakedHkid, true);
  }
});

Deno.test("teardown() clears as each version does, one fence a page (X1)", async () => {
  for (const [version, always] of [["6.17", true], ["6.18", false], ["7.3", false]] as const) {
    for (const platform of [gnr, spr]) {
      const report = await tearDown(smallHost(platform), {}, { kernel: linux(version) });
      const cleared = always || platform === spr ? GUEST_PAGES : 0;
      assertEquals([report.linesCleared, report.fences], [cleared * 64, cleared]);
    }
  }
});

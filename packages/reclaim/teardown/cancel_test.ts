import { assert, assertEquals, assertRejects } from "@std/assert";
import { type FrameChunk, GiB } from "@tdx/core";
import { linux } from "@tdx/linux";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { checkInvariants, type TdxModule } from "@tdx/seam";
import {
  ALL_PAGES,
  busyAfterEach,
  GUEST_PAGES,
  hostOfLargePages,
  record,
  smallHost,
  tearDown,
} from "../_fixtures_test.ts";
import { createTdHost, type TdHost } from "../td_host/td_host.ts";
import {
  TEARDOWN_PATHS,
  type TeardownOptions,
  type TeardownPath,
  type TeardownPhase,
  type TeardownProgress,
} from "./options.ts";

const PHASES: Readonly<Record<TeardownPath, readonly TeardownPhase[]>> = {
  terminate: ["free the key", "reclaim pages", "reclaim TDR"],
  dynamic: ["remove guest pages", "free the key", "reclaim pages", "reclaim TDR"],
};

function pagesLeft({ module, tdr }: TdHost): number {
  return module.td(tdr)!.children + 1;
}

/** A second teardown takes back all that the first one left. */
async function finishes(host: TdHost, path: TeardownPath): Promise<void> {
  const left = pagesLeft(host);
  const { pagesReclaimed, control, ...report } = await tearDown(host, { path, reuse: true });
  assertEquals(pagesReclaimed + control.pagesReclaimed, left);
  assertEquals([report.leakedPages, report.leakedHkid, report.machineChecks], [0, false, 0]);
  assertEquals(host.module.tds(), []);
  assertEquals(checkInvariants(host.module), []);
}

/** Tears down until `stop` says so; gives the last progress. */
async function cancelled(
  host: TdHost,
  path: TeardownPath,
  stop: (progress: TeardownProgress) => boolean,
): Promise<TeardownProgress> {
  const controller = new AbortController();
  let last: TeardownProgress | undefined;
  const onProgress = (progress: TeardownProgress) => {
    last = progress;
    if (stop(progress)) controller.abort(new Error("enough"));
  };
  const { signal } = controller;
  await assertRejects(() => tearDown(host, { path, onProgress, signal }), Error, "enough");
  assertEquals(checkInvariants(host.module), []);
  return last!;
}

for (const path of TEARDOWN_PATHS) {
  for (const phase of PHASES[path]) {
    for (const next of TEARDOWN_PATHS) {
      Deno.test(`teardown() cancelled at "${phase}" of ${path} is finished by ${next}`, async () => {
        const host = smallHost(emr);
        const { pagesDone } = await cancelled(host, path, (now) => now.phase === phase);
        assertEquals(pagesLeft(host), ALL_PAGES - pagesDone);
        await finishes(host, next);
        // Together they have cleared every page of the TD.
        assertEquals(host.memory.countLines(({ memory }) => memory.owner === 1), 0);
      });
    }
  }

  Deno.test(`teardown() cancelled by a timer among the pages is finished, ${path} path`, async () => {
    const host = slowHost(path);
    const total = pagesLeft(host);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    let last: TeardownProgress | undefined;
    const onProgress = (now: TeardownProgress) => {
      last = now;
      slowOnPages(host.module, now.phase);
    };
    const { signal } = controller;
    await assertRejects(() => tearDown(host, { path, onProgress, signal }), DOMException);
    assertEquals(last!.phase, path === "dynamic" ? "remove guest pages" : "reclaim pages");
    assert(last!.pagesDone > 0 && last!.pagesDone < total, `${last!.pagesDone} of ${total}`);
    assertEquals(checkInvariants(host.module), []);
    hurry(host);
    await finishes(host, path);
  });

  Deno.test(`teardown() cancelled from onProgress among the pages is finished, ${path} path`, async () => {
    const host = slowHost(path);
    const total = pagesLeft(host);
    let shown = 0;
    const last = await cancelled(host, path, ({ phase, pagesDone }) => {
      slowOnPages(host.module, phase);
      return pagesDone > 0 && ++shown === 2;
    });
    assert(last.pagesDone < total);
    hurry(host);
    await finishes(host, path);
  });

  Deno.test(`teardown() stops after 64 GiB, and twice as far on where they went as one, ${path} path`, async () => {
    const host = createTdHost({ platform: gnr, guestBytes: 448 * GiB, vcpus: 1 });
    const log = record(host.module);
    await tearDown(host, { path });
    const leaf = path === "dynamic" ? "TDH.MEM.RANGE.BLOCK" : "TDH.PHYMEM.PAGE.RECLAIM";
    const guest = log.filter((issued) => issued.leaf === leaf).slice(0, 3);
    assertEquals(guest.map(({ count }) => count), [16_777_216, 33_554_432, 67_108_864]);
  });

  Deno.test(`teardown() with a signal that is aborted does nothing, ${path} path`, async () => {
    const host = smallHost(gnr);
    const log = record(host.module);
    await assertRejects(() => tearDown(host, { path, signal: AbortSignal.abort() }), DOMException);
    assertEquals(log, []);
    assertEquals(pagesLeft(host), ALL_PAGES);
  });

  Deno.test(`teardown() says how far it is, from the first page to the last, ${path} path`, async () => {
    const progress: TeardownProgress[] = [];
    await tearDown(smallHost(gnr), { path, onProgress: (now) => progress.push(now) });
    // Pages done when each phase begins, and at the end.
    const done = path === "dynamic" ? [0, GUEST_PAGES, GUEST_PAGES] : [0, 0];
    // On a busy machine there may be more reports within a phase.
    const begun = progress.filter(({ phase }, i) => phase !== progress[i - 1]?.phase);
    assertEquals(
      [...begun, progress.at(-1)],
      [...PHASES[path], "reclaim TDR" as const].map((phase, i) => ({
        phase,
        pagesDone: [...done, ALL_PAGES - 1, ALL_PAGES][i]!,
        pagesTotal: ALL_PAGES,
      })),
    );
  });

  Deno.test(`teardown() never goes back in its progress, ${path} path`, async () => {
    const host = slowHost(path);
    const progress: TeardownProgress[] = [];
    const total = pagesLeft(host);
    const onProgress = (now: TeardownProgress) => {
      progress.push(now);
      slowOnPages(host.module, now.phase);
      // The rest need not be slow.
      if (progress.length > 6) hurry(host);
    };
    const report = await tearDown(host, { path, onProgress });
    assert(progress.length > 6);
    for (const [i, { pagesDone, pagesTotal }] of progress.entries()) {
      assertEquals(pagesTotal, total);
      assert(pagesDone >= (progress[i - 1]?.pagesDone ?? 0) && pagesDone <= total);
    }
    assertEquals(progress.at(-1)!.pagesDone, total);
    const { pagesReclaimed, control, leakedPages } = report;
    assertEquals(pagesReclaimed + control.pagesReclaimed + leakedPages, total);
  });

  Deno.test(`teardown() ends its progress at the total where the HKID leaks, ${path} path`, async () => {
    const host = smallHost(gnr);
    host.module.inject({ interrupts: 10_000 });
    let last: TeardownProgress | undefined;
    await tearDown(host, { path, onProgress: (now) => last = now });
    assertEquals([last?.pagesDone, last?.pagesTotal], [ALL_PAGES, ALL_PAGES]);
  });
}

/**
 * A TD of 1 GiB whose teardown takes longer than a time slice, until {@link hurry}: one page goes at
 * a time, on the dynamic path as when a fault is near.
 */
function slowHost(path: TeardownPath): TdHost {
  const host = createTdHost({ platform: emr, guestBytes: GiB, vcpus: 1 });
  if (path === "dynamic") {
    Object.defineProperty(host.module, "callsUntilFault", { value: 0, configurable: true });
  }
  return host;
}

/** On the terminate path every second page is refused. */
function slowOnPages(module: TdxModule, phase: TeardownPhase): void {
  module.inject(phase === "reclaim pages" ? { busyAfter: () => 1 } : {});
}

function hurry({ module }: TdHost): void {
  Reflect.deleteProperty(module, "callsUntilFault");
  module.inject({});
}

Deno.test("teardown() is refused while another goes on in the module, and possible afterwards", async () => {
  const host = smallHost(gnr);
  const first = tearDown(host);
  await assertRejects(() => tearDown(host), RangeError, "one teardown at a time");
  assertEquals((await first).leakedPages, 0);
  await assertRejects(() => tearDown(host), RangeError, "TDR");
});

Deno.test("teardown() counts a page that was leaked or returned before it was cancelled once", async () => {
  // The page's BLOCK (with the one that is tried once more) or its PAGE.WBINVD is refused.
  for (
    const [busy, version, back, leaked] of [
      [[3], "6.18", ALL_PAGES - 1, 1],
      [[3], "7.2", ALL_PAGES, 0],
      [[0, 0], "6.18", ALL_PAGES, 0],
      [[0, 0], "7.2", ALL_PAGES, 0],
    ] as const
  ) {
    const host = smallHost(gnr);
    host.module.inject({ busyAfter: busyAfterEach(...busy) });
    const controller = new AbortController();
    let told = 0;
    const options: TeardownOptions = { path: "dynamic", onBack: ({ count }) => told += count };
    const kernel = linux(version);
    const onProgress = ({ phase }: TeardownProgress) =>
      phase === "free the key" && controller.abort();
    const { signal } = controller;
    const first = tearDown(host, { ...options, onProgress, signal }, { kernel });
    await assertRejects(() => first, DOMException);
    let last: TeardownProgress | undefined;
    const following = { ...options, onProgress: (now: TeardownProgress) => last = now };
    const { leakedPages } = await tearDown(host, following, { kernel });
    assertEquals([told, leakedPages], [back, leaked], `${busy} ${version}`);
    // What is left, and the page that leaked before, which counts as done.
    assertEquals(last!.pagesDone, last!.pagesTotal);
  }
});

Deno.test("teardown() knows how many pages are left, whatever the host had of them before (X2)", async () => {
  const host = smallHost(gnr);
  const kernel = linux("7.2");
  // Refused twice, page 0 is returned and stays the TD's too, so that its TDR must stay.
  host.module.inject({ busyAfter: busyAfterEach(2, 0) });
  const { leakedPages } = await tearDown(host, { path: "dynamic" }, { kernel });
  assertEquals([leakedPages, pagesLeft(host)], [1, 2]);
  const totals: number[][] = [];
  // A second one reclaims it and is stopped before the TDR, a third one has the TDR alone.
  for (const stop of [true, false]) {
    const controller = new AbortController();
    let [last, phase] = [[0, 0], ""];
    const onProgress = (now: TeardownProgress) => {
      last = [now.pagesDone, now.pagesTotal];
      phase = now.phase;
      if (stop && phase === "reclaim TDR") controller.abort();
    };
    const { signal } = controller;
    const ended = tearDown(host, { path: "terminate", onProgress, signal }, { kernel });
    if (stop) await assertRejects(() => ended, DOMException);
    else await ended;
    assertEquals(phase, "reclaim TDR");
    totals.push(last);
  }
  assertEquals(totals, [[0, 1], [1, 1]]);
});

Deno.test("teardown() leaks the removed pages that an error of onBack kept from coming back", async () => {
  const host = hostOfLargePages();
  const total = pagesLeft(host);
  // BLOCK, TRACK, REMOVE, then the flush of each 4 KiB: the 101st is refused, and ends a chunk.
  host.module.inject({ busyAfter: busyAfterEach(3 + 100) });
  let told = 0;
  const onBack = ({ count }: FrameChunk) => {
    told += count;
    throw new Error("no more");
  };
  await assertRejects(() => tearDown(host, { path: "dynamic", onBack }), Error, "no more");
  host.module.inject({});
  const { leakedPages } = await tearDown(host, { onBack: ({ count }) => told += count });
  assertEquals([leakedPages, told], [512 - 100, total - leakedPages]);
});

Deno.test("teardown() issues no SEAMCALL once it is cancelled while it lets other work run", async () => {
  for (const path of TEARDOWN_PATHS) {
    const host = slowHost(path);
    const controller = new AbortController();
    const issued = () => Object.values(host.module.calls).reduce((sum, calls) => sum + calls, 0);
    let atAbort = -1;
    // A timer strikes only where the teardown waits.
    setTimeout(() => {
      atAbort = issued();
      controller.abort();
    }, 0);
    const onProgress = ({ phase }: TeardownProgress) => slowOnPages(host.module, phase);
    const { signal } = controller;
    await assertRejects(() => tearDown(host, { path, onProgress, signal }), DOMException);
    assertEquals(issued(), atAbort, path);
  }
});

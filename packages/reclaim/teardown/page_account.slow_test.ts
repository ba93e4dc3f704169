// No page is lost, and none counted twice: a teardown that is aborted at every place to stop, with
// every fault, singly and in pairs, and the teardown that finishes it.
import { assertEquals } from "@std/assert";
import { forEachFrame, type FrameChunk, PAGE_BYTES } from "@tdx/core";
import { linux } from "@tdx/linux";
import { emr } from "@tdx/platform-emr";
import { checkInvariants, type LockedPart, type TdxModule } from "@tdx/seam";
import { busyAfterEach, tearDown } from "../_fixtures_test.ts";
import { PAGE_FATES } from "../mod.ts";
import { followPages } from "../td_host/page_fates.ts";
import { createTdHost } from "../td_host/td_host.ts";
import { TEARDOWN_PATHS, type TeardownPath } from "./options.ts";

/** More SEAMCALLs than a teardown of the TD below issues. */
const CALLS = 36;

/** Makes something go wrong; what it gives mends it, before the second teardown. */
type Fault = (module: TdxModule, tdr: number) => (() => void) | undefined;

interface Run {
  readonly path: TeardownPath;
  readonly next: TeardownPath;
  readonly version: string;
  readonly dynamicPamt: boolean;
  /** How many places to stop are passed before one stops. */
  readonly places: number;
}

/** Stops a teardown at its n-th place to stop. */
function stopAt(place: number): AbortSignal {
  let passed = 0;
  const throwIfAborted = () => {
    if (passed++ === place) throw new Error("stopped");
  };
  return { throwIfAborted } as AbortSignal;
}

/** Whether the first teardown was stopped before its end. */
async function account(run: Run, fault: Fault): Promise<boolean> {
  const { path, next, dynamicPamt } = run;
  const host = createTdHost({ platform: emr, guestBytes: 2 * PAGE_BYTES, vcpus: 1, dynamicPamt });
  const { module, tdr } = host;
  const total = module.td(tdr)!.children + 1;
  const pairs = new Set(module.pamtPairs().flatMap(({ pages }) => pages));
  const { onBack: follow, fates } = followPages(host);
  const back = new Set<number>();
  const onBack = (pages: FrameChunk, used: boolean) => {
    forEachFrame(pages, (frame) => {
      if (back.has(frame)) throw new Error(`page ${frame} came back twice`);
      if (!pairs.has(frame * PAGE_BYTES)) back.add(frame);
    });
    follow(pages, used);
  };
  const kernel = linux(run.version);
  const mend = fault(module, tdr);
  let isStopped = false;
  let leaked: number | undefined;
  const options = { path, signal: stopAt(run.places), onBack, reuse: true };
  try {
    leaked = (await tearDown(host, options, { kernel })).leakedPages;
  } catch (error) {
    if ((error as Error).message !== "stopped") throw error;
    isStopped = true;
  }
  mend?.();
  if (module.td(tdr) !== undefined) {
    let last;
    const onProgress = (now: { pagesDone: number; pagesTotal: number }) => last = now;
    const second = await tearDown(host, { path: next, onBack, onProgress, reuse: true }, {
      kernel,
    });
    leaked = second.leakedPages;
    const { pagesTotal } = last!;
    assertEquals(last, { phase: last!.phase, pagesDone: pagesTotal, pagesTotal });
  }
  assertEquals(back.size + leaked!, total);
  const map = fates();
  const count = (name: string) => map.count((fate) => PAGE_FATES[fate] === name);
  assertEquals([count("leaked"), checkInvariants(module)], [leaked!, []]);
  return isStopped;
}

const busy = (...calls: number[]): Fault => (module) => {
  module.inject({ busyAfter: busyAfterEach(...calls) });
  return undefined;
};

const lock = (what: (tdr: number) => number | LockedPart): Fault => (module, tdr) => {
  module.lock(what(tdr));
  return () => module.unlock(what(tdr));
};

/** Faults that last until they are mended, or for good. */
const LASTING: Readonly<Record<string, Fault>> = {
  "every SEAMCALL is busy": (module) => {
    module.inject({ busyAfter: () => 0 });
    return () => module.inject({});
  },
  "every CACHE.WB is interrupted": (module) => {
    module.inject({ interrupts: 10_000 });
    return () => module.inject({});
  },
  "the TD is fatal": (module, tdr) => {
    module.markFatal(tdr);
    return undefined;
  },
  "a guest page is locked": lock(() => PAGE_BYTES),
  "a control page is locked": lock((tdr) => tdr + PAGE_BYTES),
  "the TDR is locked": lock((tdr) => tdr),
  "the KOT is locked": lock(() => "KOT"),
  "the Secure EPT is locked": lock((tdr) => ({ tdr, part: "SEPT_TREE" })),
  "the epoch is locked": lock((tdr) => ({ tdr, part: "TD_EPOCH" })),
};

for (const path of TEARDOWN_PATHS) {
  const runs = ["6.18", "7.2"].flatMap((version) =>
    TEARDOWN_PATHS.map((next) => ({ path, next, version, dynamicPamt: false }))
  );

  for (const [name, fault] of Object.entries(LASTING)) {
    Deno.test(`teardown() loses no page where it is stopped and ${name}, ${path} path`, async () => {
      for (const run of runs.flatMap((run) => [run, { ...run, dynamicPamt: true }])) {
        for (let places = 0; await account({ ...run, places }, fault); places++);
      }
    });
  }

  Deno.test(`teardown() loses no page where it is stopped at any place and a SEAMCALL is busy, ${path} path`, async () => {
    for (const run of runs.flatMap((run) => [run, { ...run, dynamicPamt: true }])) {
      for (let call = 0; call < CALLS; call++) {
        for (let places = 0; await account({ ...run, places }, busy(call)); places++);
      }
    }
  });

  Deno.test(`teardown() loses no page where two SEAMCALLs are busy, ${path} path`, async () => {
    for (let call = 0; call < CALLS; call++) {
      for (let gap = 0; call + gap < CALLS; gap++) {
        const run = runs[(call + gap) % runs.length]!;
        for (let places = 0; await account({ ...run, places }, busy(call, gap)); places++);
      }
    }
  });
}

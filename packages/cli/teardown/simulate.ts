import { defined, type FrameMap, type Mode, type Platform } from "@tdx/core";
import type { Kernel } from "@tdx/linux/kernel";
import {
  clearOrigin,
  createReclaimer,
  createTdHost,
  type Decision,
  followPages,
  type HostKeys,
  KNOWN_CLEARS,
  type OtherHost,
  type Policy,
  type ShutdownTime,
  simulatedTime,
  type TdHost,
  type TeardownPath,
  type TeardownProgress,
  type TeardownReport,
} from "@tdx/reclaim";
import { showProgress } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";
import { busyInjector, type FaultPlan, poisonLines } from "./faults.ts";

/** A teardown to simulate. */
export interface TeardownPlan {
  readonly platform: Platform;
  readonly mode: Mode;
  readonly hostKeys: HostKeys;
  readonly kernel: Kernel;
  /** The policy instead of the kernel's. */
  readonly policy: Policy | undefined;
  readonly path: TeardownPath;
  /** Guest memory, in bytes. */
  readonly guestBytes: number;
  readonly vcpus: number;
  /** Memory of the host in bytes; `undefined` for just enough. */
  readonly hostBytes: number | undefined;
  /** Whether guest pages are scattered over the host. */
  readonly scatter: boolean;
  readonly faults: FaultPlan;
}

/** Looks at a host after the teardown, and at what became of its pages. */
export type Look<Seen> = (host: TdHost, fates: FrameMap) => Seen;

/** A teardown that was simulated. */
export interface Simulated<Seen> {
  readonly decision: Decision;
  readonly report: TeardownReport;
  /** The same for each of the other hosts. */
  readonly others: readonly TeardownReport[];
  /** What was seen of the host, which is not kept: it can take a gigabyte. */
  readonly seen: Seen | undefined;
  /** Time it took to build host and TD, in milliseconds. */
  readonly setUpMs: number;
  /** Time it took to tear the TD down and to use its pages, in milliseconds. */
  readonly computeMs: number;
}

/** Simulates a teardown after which the host uses every guest page; for other hosts too. */
export async function simulate<Seen>(
  plan: TeardownPlan,
  output: Output,
  look?: Look<Seen>,
  otherHosts: readonly OtherHost[] = [],
): Promise<Simulated<Seen>> {
  const { platform, mode, hostKeys, kernel, policy, path, guestBytes, vcpus, hostBytes, faults } =
    plan;
  const started = performance.now();
  output.progress("setting up the host and its TD");
  const scatterSeed = plan.scatter ? faults.seed : undefined;
  const host = createTdHost({
    platform,
    guestBytes,
    vcpus,
    mode,
    // Linux uses Dynamic PAMT where both have it (X6).
    dynamicPamt: kernel.dynamicPamt === true,
    ...defined({ hostBytes, scatterSeed }),
  });
  if (faults.poisonRate > 0) output.progress("poisoning lines");
  poisonLines(host, faults);
  if (faults.fatal) host.module.markFatal(host.tdr);
  const inject = busyInjector(host, faults);
  const follower = look === undefined ? undefined : followPages(host);
  const setUp = performance.now();
  const reclaimer = createReclaimer({
    memory: host.memory,
    hostKeys,
    kernel,
    ...defined({ policy }),
  });
  const { others = [], ...report } = await reclaimer.teardown(host.module, host.tdr, {
    path,
    reuse: true,
    others: otherHosts,
    ...defined({ onBack: follower?.onBack }),
    onProgress(progress) {
      inject(progress.phase);
      showTeardown(output, progress);
    },
  });
  const computeMs = performance.now() - setUp;
  return {
    decision: reclaimer.decision,
    report,
    others,
    seen: follower && look?.(host, follower.fates()),
    setUpMs: setUp - started,
    computeMs,
  };
}

/** Shows on a terminal how far a teardown is. */
export function showTeardown(output: Output, progress: TeardownProgress): void {
  showProgress(output, progress.pagesDone / progress.pagesTotal, progress.phase);
}

/** How long a teardown would take on a real host, with what a clear costs by one reading. */
export interface SimulatedTime extends ShutdownTime {
  /** `published` or `measured`; they do not agree, and neither is chosen. */
  readonly clearAs: string;
}

/** The time of a simulated teardown, by the same cost terms as `tdx estimate`. */
export function simulatedTimes(
  report: TeardownReport,
  { guestBytes, vcpus }: { readonly guestBytes: number; readonly vcpus: number },
): SimulatedTime[] {
  return KNOWN_CLEARS.map((clear) => ({
    clearAs: clearOrigin(clear).name,
    ...simulatedTime(report, { guestBytes, vcpus, clear }),
  }));
}

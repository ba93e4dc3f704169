import type { FrameMap } from "@tdx/core";
import {
  createReclaimer,
  createTdHost,
  type Decision,
  followPages,
  type TdHost,
  type TeardownReport,
} from "@tdx/reclaim";
import type { Output } from "../output.ts";
import { busyInjector, poisonLines } from "./faults.ts";
import type { TeardownPlan } from "./plan.ts";
import { showProgress } from "./progress.ts";

/** Looks at a host after the teardown, and at what became of its pages. */
export type Look<Seen> = (host: TdHost, fates: FrameMap) => Seen;

/** A teardown that was simulated. */
export interface Simulated<Seen> {
  readonly decision: Decision;
  readonly report: TeardownReport;
  /** What was seen of the host, which is not kept: it can take a gigabyte. */
  readonly seen: Seen | undefined;
  /** Time it took to build host and TD, in milliseconds. */
  readonly setUpMs: number;
  /** Time it took to tear the TD down and to use its pages, in milliseconds. */
  readonly computeMs: number;
}

/** Simulates a teardown after which the host uses every guest page. */
export async function simulate<Seen>(
  plan: TeardownPlan,
  output: Output,
  look?: Look<Seen>,
): Promise<Simulated<Seen>> {
  const { platform, mode, hostKeys, policy, path, guestBytes, vcpus, hostBytes, faults } = plan;
  const started = performance.now();
  const host = createTdHost({
    platform,
    guestBytes,
    vcpus,
    mode,
    ...(hostBytes === undefined ? {} : { hostBytes }),
    ...(plan.scatter ? { scatterSeed: faults.seed } : {}),
  });
  poisonLines(host, faults);
  const inject = busyInjector(host, faults);
  const follower = look === undefined ? undefined : followPages(host);
  const setUp = performance.now();
  const reclaimer = createReclaimer({ memory: host.memory, hostKeys, policy });
  const report = await reclaimer.teardown(host.module, host.tdr, {
    path,
    reuse: true,
    ...(follower === undefined ? {} : { onBack: follower.onBack }),
    onProgress(progress) {
      inject(progress.phase);
      showProgress(output, progress);
    },
  });
  const computeMs = performance.now() - setUp;
  return {
    decision: reclaimer.decision,
    report,
    seen: follower && look?.(host, follower.fates()),
    setUpMs: setUp - started,
    computeMs,
  };
}

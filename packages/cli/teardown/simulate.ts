import {
  createReclaimer,
  createTdHost,
  type Decision,
  followPages,
  type PageFollower,
  type TdHost,
  type TeardownReport,
} from "@tdx/reclaim";
import type { Output } from "../output.ts";
import { busyInjector, poisonLines } from "./faults.ts";
import type { TeardownPlan } from "./plan.ts";
import { showProgress } from "./progress.ts";

/** A teardown that was simulated. */
export interface Simulated {
  /** The host afterwards. */
  readonly host: TdHost;
  readonly decision: Decision;
  readonly report: TeardownReport;
  /** What became of the host's pages, where that was followed. */
  readonly follower: PageFollower | undefined;
  /** Time it took to build host and TD, in milliseconds. */
  readonly setUpMs: number;
  /** Time it took to tear the TD down and to use its pages, in milliseconds. */
  readonly computeMs: number;
}

/** Simulates a teardown after which the host uses every guest page. */
export async function simulate(
  plan: TeardownPlan,
  output: Output,
  { follow }: { readonly follow: boolean },
): Promise<Simulated> {
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
  const follower = follow ? followPages(host) : undefined;
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
  return {
    host,
    decision: reclaimer.decision,
    report,
    follower,
    setUpMs: setUp - started,
    computeMs: performance.now() - setUp,
  };
}

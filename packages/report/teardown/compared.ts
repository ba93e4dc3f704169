import type { Platform } from "@tdx/core";
import type { Policy, ShutdownTime, TeardownReport } from "@tdx/reclaim";
import { groupsOf } from "../page/numbers.ts";

/** One teardown among those that are compared. */
export interface ComparedTeardown {
  /** The platform it was simulated on. */
  readonly platform: Platform;
  /** The policy. */
  readonly policy: Policy;
  /** What it did. */
  readonly report: TeardownReport;
  /** How long it takes by each reading of what a clear costs. */
  readonly times: readonly (ShutdownTime & { readonly clearAs: string })[];
}

/** Platforms on which everything came out the same under every policy. */
export interface Alike {
  /** Their names: `spr, emr`. */
  readonly names: string;
  /** One teardown for each policy. */
  readonly teardowns: readonly ComparedTeardown[];
}

/** Puts platforms together that nothing tells apart. */
export function alike(compared: readonly ComparedTeardown[]): Alike[] {
  const platforms = groupsOf(compared, ({ platform }) => platform.name);
  return groupsOf(platforms, (runs) => JSON.stringify(runs.map(figures))).map((same) => ({
    names: same.map((runs) => runs[0]!.platform.name).join(", "),
    teardowns: same[0]!,
  }));
}

function figures({ policy, report: { platform: _, ...report }, times }: ComparedTeardown): object {
  return { policy, report, times };
}

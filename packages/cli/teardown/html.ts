import type { FrameMap } from "@tdx/core";
import { type OtherHost, POLICIES, type TdHost } from "@tdx/reclaim";
import { mapMemory, type ReportOrigin, teardownHtml, type TeardownPage } from "@tdx/report";
import { PLATFORMS } from "../platforms.ts";
import type { OtherPath } from "./teardown_text.ts";
import { type Simulated, simulatedTimes, type TeardownPlan } from "./simulate.ts";

// Loaded only where --html is given: what pages are drawn with is more than the rest of the command.

/** What a report shows of a host. */
type Seen = Pick<TeardownPage, "rules" | "map">;

/** Takes from a host what the report shows of it. */
export function lookAt(host: TdHost, fates: FrameMap): Seen {
  return { rules: host.memory.counts.rules, map: mapMemory(host, fates) };
}

/** Every platform under every policy. */
export const ALL_HOSTS: readonly OtherHost[] = PLATFORMS.flatMap((platform) =>
  POLICIES.map((policy) => ({ platform, policy }))
);

/** The report on a teardown whose host was looked at, and that was simulated for all hosts too. */
export function teardownPage(
  origin: ReportOrigin,
  plan: Omit<TeardownPlan, "path">,
  { decision, report, seen, others }: Simulated<Seen>,
  otherPaths: readonly OtherPath[],
): string {
  const { platform, mode, guestBytes, vcpus } = plan;
  return teardownHtml({
    origin,
    platform,
    mode,
    guestBytes,
    vcpus,
    decision,
    report,
    ...seen!,
    otherPaths: otherPaths.map((report) => ({ report, times: report.simulatedTimes })),
    compared: ALL_HOSTS.map((host, i) => {
      const report = others[i]!;
      return { ...host, report, times: simulatedTimes(report, plan) };
    }),
  });
}

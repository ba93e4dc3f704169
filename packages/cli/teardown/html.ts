import type { FrameMap, Platform } from "@tdx/core";
import {
  POLICIES,
  type Policy,
  policyClears,
  type TdHost,
  type TeardownReport,
} from "@tdx/reclaim";
import {
  type ComparedTeardown,
  mapMemory,
  type ReportOrigin,
  teardownHtml,
  type TeardownPage,
} from "@tdx/report";
import { PLATFORMS } from "../platforms.ts";
import type { Output } from "../shell/stdio.ts";
import { simulate, type Simulated, simulatedTimes, type TeardownPlan } from "./simulate.ts";

// Loaded only where --html is given: what pages are drawn with is more than the rest of the command.

/** What a report shows of a host. */
type Seen = Pick<TeardownPage, "rules" | "map">;

/** Takes from a host what the report shows of it. */
export function lookAt(host: TdHost, fates: FrameMap): Seen {
  return { rules: host.memory.counts.rules, map: mapMemory(host, fates) };
}

/** The report on a teardown whose host was looked at. */
export async function teardownPage(
  origin: ReportOrigin,
  plan: TeardownPlan,
  { decision, report, seen }: Simulated<Seen>,
  output: Output,
): Promise<string> {
  const { platform, mode, guestBytes, vcpus } = plan;
  const compared = await compare(plan, report, output);
  return teardownHtml({
    origin,
    platform,
    mode,
    guestBytes,
    vcpus,
    decision,
    report,
    ...seen!,
    compared,
  });
}

/**
 * The same teardown on every platform under every policy. What lines do depends on how memory
 * behaves, and on whether the host clears: what is alike in both is simulated once.
 */
export async function compare(
  plan: TeardownPlan,
  report: TeardownReport,
  output: Output,
): Promise<ComparedTeardown[]> {
  const known = new Map([[simulationName(plan.platform, report.policy), report]]);
  const compared: ComparedTeardown[] = [];
  for (const platform of PLATFORMS) {
    for (const policy of POLICIES) {
      const name = simulationName(platform, policy);
      if (!known.has(name)) {
        known.set(name, (await simulate({ ...plan, platform, policy }, output)).report);
      }
      const alike = { ...known.get(name)!, platform: platform.name, policy };
      compared.push({ platform, policy, report: alike, times: simulatedTimes(alike, plan) });
    }
  }
  return compared;
}

/** What a simulation depends on, among what is compared. */
function simulationName(platform: Platform, policy: Policy): string {
  return JSON.stringify([platform.memory, policyClears(policy, platform)]);
}

import { decide, POLICIES, type TeardownReport } from "@tdx/reclaim";
import type { ComparedTeardown } from "@tdx/report";
import type { Options } from "../options.ts";
import type { Output } from "../output.ts";
import { PLATFORMS } from "../platforms.ts";
import { writeOutput } from "../write_output.ts";
import type { TeardownPlan } from "./plan.ts";
import { simulate, type Simulated } from "./simulate.ts";
import { simulatedTimes } from "./simulated_times.ts";

/** Writes the report on a teardown that was followed. */
export async function writeTeardownHtml(
  file: string,
  plan: TeardownPlan,
  { host, decision, report, follower }: Simulated,
  options: Options,
  output: Output,
): Promise<void> {
  // Loaded only here: what the report is drawn with is much more than the rest of the command.
  const { mapMemory, teardownHtml } = await import("@tdx/report");
  const { originNow } = await import("../html/origin.ts");
  const { platform, mode, guestBytes, vcpus } = plan;
  const html = teardownHtml({
    origin: originNow("teardown", options),
    platform,
    mode,
    guestBytes,
    vcpus,
    decision,
    report,
    rules: host.memory.counts.rules,
    map: mapMemory(host, follower!.fates()),
    compared: await compare(plan, report, output),
  });
  await writeOutput(file, html, output);
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
  const known = new Map([[simulationName(plan), report]]);
  const compared: ComparedTeardown[] = [];
  for (const platform of PLATFORMS) {
    for (const policy of POLICIES) {
      const other = { ...plan, platform, policy };
      const name = simulationName(other);
      if (!known.has(name)) {
        known.set(name, (await simulate(other, output, { follow: false })).report);
      }
      const alike = { ...known.get(name)!, platform: platform.name, policy };
      compared.push({ platform, policy, report: alike, times: simulatedTimes(alike, plan) });
    }
  }
  return compared;
}

/** What a simulation depends on, among what is compared. */
function simulationName({ platform, policy, hostKeys, mode }: TeardownPlan): string {
  const { clear } = decide({ platform, policy, hostKeys, mode });
  return JSON.stringify([platform.memory, clear]);
}

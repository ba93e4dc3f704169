/**
 * The main job: what this machine's CPU means for reclaiming, and the teardown of a large TD on every
 * platform under the three policies.
 *
 * @module
 */
import { GiB, type Platform, showCount } from "@tdx/core";
import { type CpuIdentity, matchPlatform } from "@tdx/host";
import {
  createReclaimer,
  createTdHost,
  decide,
  POLICIES,
  type Policy,
  type TeardownReport,
} from "@tdx/reclaim";
import { PLATFORMS } from "./platforms.ts";
import { thisCpu } from "./shell/cpu.ts";
import { cpuModel, table } from "./shell/show.ts";
import { type Output, processStdio } from "./shell/stdio.ts";
import { showTeardown } from "./teardown/simulate.ts";

const GUEST_BYTES = 400 * GiB;
const VCPUS = 64;

/** Says what this machine is, and tears the TD down on every platform. */
export async function mainJob(output: Output): Promise<void> {
  output.print(await thisMachine());
  output.print(
    `\nA TD of 400 GiB with ${VCPUS} vCPUs, torn down on every platform, its pages used by the host:\n`,
  );
  const rows: string[][] = [];
  for (const platform of PLATFORMS) {
    for (const policy of POLICIES) {
      rows.push(row(platform, policy, await tornDown(platform, policy, output)));
    }
  }
  output.print(table(
    ["platform", "policy", "pages back", "lines cleared", "then a host machine check?"],
    rows,
  ));
  output.print(
    "\nNext: `deno task tdx decide --platform NAME` says why, `deno task tdx check` proves it over every sequence of host operations.",
  );
}

async function thisMachine(): Promise<string> {
  let cpu: CpuIdentity;
  try {
    cpu = await thisCpu();
  } catch (error) {
    return `This machine: unknown. ${(error as Error).message}`;
  }
  const name = `This machine: ${cpu.brand ?? cpu.vendor} (${cpu.vendor}, ${cpuModel(cpu)})`;
  try {
    const platform = matchPlatform(cpu, PLATFORMS);
    const { clear, reason } = decide({ platform });
    return `${name}: platform ${platform.name}, ${platform.title}.\n` +
      `A TDX host on it ${clear ? "must clear" : "need not clear"}: ${reason}.`;
  } catch (error) {
    if (error instanceof RangeError) return `${name}: no TDX host, nothing to reclaim.`;
    throw error;
  }
}

async function tornDown(
  platform: Platform,
  policy: Policy,
  output: Output,
): Promise<TeardownReport> {
  const { memory, module, tdr } = createTdHost({ platform, guestBytes: GUEST_BYTES, vcpus: VCPUS });
  return await createReclaimer({ memory, policy }).teardown(module, tdr, {
    reuse: true,
    onProgress: (progress) => showTeardown(output, progress),
  });
}

function row(platform: Platform, policy: Policy, report: TeardownReport): string[] {
  const { pagesReclaimed, linesCleared, machineChecks } = report;
  const verdict = machineChecks === 0 ? "none" : `YES, on ${showCount(machineChecks)} pages`;
  return [platform.name, policy, showCount(pagesReclaimed), showCount(linesCleared), verdict];
}

if (import.meta.main) await mainJob(processStdio());

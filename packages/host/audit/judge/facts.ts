import { defined, type Platform, TDX_PW_MCE } from "@tdx/core";
import type { Kernel } from "@tdx/linux/kernel";
import { type CpuIdentity, cpuLabel } from "../../cpu/cpu_identity.ts";
import { matchPlatform } from "../../cpu/match_platform.ts";
import { type Evidence, FILES, type Told, toldBy, whoTold } from "../readers/evidence.ts";
import { atLeast, type RunningKernel } from "../readers/proc_files.ts";
import { whyUnread } from "../readers/reading.ts";
import type { Judged } from "./judged.ts";
import { ASKED, judgeKernel, type KernelBehaviour } from "./kernel_behaviour.ts";
import { runningKernel } from "./running_kernel.ts";
import { type Answer, type FirmwareAnswer, judgeFirmware, judgeUse } from "./tdx_state.ts";

/** What the evidence comes to: all that checks and verdict look at. */
export interface Facts extends CpuFacts {
  readonly evidence: Evidence;
  readonly told: Told;
  /** The kernel that was asked about instead of the one that runs. */
  readonly asked?: RunningKernel;
  /** Who told the kernel's release, or would. */
  readonly releaseSource: string;
  /** Whether the firmware made TDX ready. */
  readonly firmware: Judged<FirmwareAnswer>;
  /** Whether TDs can run now. */
  readonly use: Judged<Answer>;
  /** What the kernel does on reclaim. */
  readonly kernel: Judged<KernelBehaviour>;
  /** What else is known of the kernel; `undefined` where nothing is. */
  readonly linux?: Kernel;
  /** Whether the kernel lists the erratum; `undefined` where nothing tells. */
  readonly flag?: boolean;
}

/** Why nothing sure is said of a platform's silicon: the fallback names no CPU, others may be assumed. */
export function whyAssumed({ name, cpus }: Platform): string {
  return cpus.length === 0
    ? "no platform names this CPU"
    : `what the platform ${name} says of it is assumed, not confirmed`;
}

interface CpuFacts {
  readonly cpu?: CpuIdentity;
  /** Where the CPU was read. */
  readonly cpuSource?: string;
  /** Only for an Intel CPU. */
  readonly platform?: Platform;
  /** Why no TD can run on the CPU: `AuthenticAMD family 26 model 2`, or `an Arm CPU`. */
  readonly otherCpu?: string;
  /** Why the CPU is not known. */
  readonly cpuTrouble?: string;
  /** Whether the silicon has the erratum; `undefined` where that is assumed. */
  readonly erratum?: boolean;
  /** Whether this is a virtual machine; `undefined` where the CPU's flags are not known. */
  readonly guest?: boolean;
}

/**
 * Draws the conclusions.
 *
 * @param asked A kernel to ask about instead of the one that runs.
 * @throws {RangeError} If the platforms contradict each other.
 */
export function drawFacts(
  evidence: Evidence,
  platforms: readonly Platform[],
  asked?: RunningKernel,
): Facts {
  const told = asked === undefined ? toldBy(evidence) : underKernel(toldBy(evidence), asked);
  const use = judgeUse(told, evidence);
  const linux = runningKernel(told);
  const cpu = cpuFacts(told, evidence, platforms);
  const releaseSource = asked === undefined ? whoTold("release", evidence, told) : ASKED;
  return {
    evidence,
    told,
    ...cpu,
    ...defined({ asked, linux, flag: flagOf(told, cpu, linux, asked) }),
    releaseSource,
    firmware: judgeFirmware(told, evidence),
    use,
    kernel: judgeKernel(told, evidence, use.value, linux, releaseSource),
  };
}

/** Leaves out what shows the kernel that runs, but not what it says of the machine. */
function underKernel({ symbols: _, log, ...told }: Told, release: RunningKernel): Told {
  if (log === undefined) return { ...told, release };
  const { disableFailed: _failed, kexecRefused: _refused, ...rest } = log;
  return { ...told, release, log: rest };
}

/**
 * Whether the kernel lists the erratum. Where the list was not read, the log may show that Linux
 * came past the place where it adds it (`tdx_init`), and a kernel that was asked about is taken to.
 */
function flagOf(
  { log }: Told,
  { cpu, erratum }: CpuFacts,
  linux: Kernel | undefined,
  asked: RunningKernel | undefined,
): boolean | undefined {
  if (asked !== undefined) return hasFlag(asked) ? erratum : undefined;
  if (cpu?.bugs !== undefined) return cpu.bugs.includes(TDX_PW_MCE);
  const came = log?.module === "initialized" && linux?.confidence === "exact";
  return came ? erratum : undefined;
}

/** Whether a kernel has the flag at all, by its number: it came with Linux 6.8 (1e536e106897). */
export function hasFlag(kernel: RunningKernel): boolean {
  return atLeast(kernel, 6, 8);
}

function cpuFacts(
  told: Told,
  evidence: Evidence,
  platforms: readonly Platform[],
): CpuFacts {
  const { cpuinfo: cpu } = told;
  if (cpu === undefined) return { cpuTrouble: whyUnread(FILES.cpuinfo.name, evidence.cpuinfo) };
  if (cpu === "arm") return { otherCpu: "an Arm CPU" };
  const cpuSource = whoTold("cpuinfo", evidence, told);
  const guest = cpu.hypervisor;
  if (cpu.vendor !== "GenuineIntel") {
    return defined({ cpu, cpuSource, guest, otherCpu: cpuLabel(cpu) });
  }
  const platform = matchPlatform(cpu, platforms);
  const confirmed = platform.confidence === "confirmed";
  return defined({
    cpu,
    cpuSource,
    platform,
    guest,
    erratum: confirmed ? platform.bugs.includes(TDX_PW_MCE) : undefined,
  });
}

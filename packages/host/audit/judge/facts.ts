import { defined, type Platform, TDX_PW_MCE } from "@tdx/core";
import type { Kernel } from "@tdx/linux/kernel";
import { type CpuIdentity, cpuLabel } from "../../cpu/cpu_identity.ts";
import { matchPlatform } from "../../cpu/match_platform.ts";
import { type Evidence, FILES, type Told, toldBy } from "../readers/evidence.ts";
import { whyUnread } from "../readers/reading.ts";
import type { Judged } from "./judged.ts";
import { judgeKernel, type KernelBehaviour } from "./kernel_behaviour.ts";
import { runningKernel } from "./running_kernel.ts";
import { type Answer, judgeFirmware, judgeUse } from "./tdx_state.ts";

/** What the evidence comes to: all that checks and verdict look at. */
export interface Facts extends CpuFacts {
  readonly evidence: Evidence;
  readonly told: Told;
  /** Whether the firmware enabled TDX. */
  readonly firmware: Judged<Answer>;
  /** Whether TDs can run now. */
  readonly use: Judged<Answer>;
  /** What the kernel does on reclaim. */
  readonly kernel: Judged<KernelBehaviour>;
  /** What else is known of the kernel; `undefined` where nothing is. */
  readonly linux?: Kernel;
}

interface CpuFacts {
  readonly cpu?: CpuIdentity;
  /** Only for an Intel CPU. */
  readonly platform?: Platform;
  /** Why no TD can run on the CPU: `AuthenticAMD family 26 model 2`, or `an Arm CPU`. */
  readonly otherCpu?: string;
  /** Why the CPU is not known. */
  readonly cpuTrouble?: string;
  /** Whether the silicon has the erratum; `undefined` where no source names the CPU. */
  readonly erratum?: boolean;
  /** Whether the kernel lists the erratum; `undefined` where it lists no bugs at all. */
  readonly flag?: boolean;
  /** Whether this is a virtual machine; `undefined` where the CPU's flags are not known. */
  readonly guest?: boolean;
}

/**
 * Draws the conclusions.
 *
 * @throws {RangeError} If the platforms contradict each other.
 */
export function drawFacts(evidence: Evidence, platforms: readonly Platform[]): Facts {
  const told = toldBy(evidence);
  const use = judgeUse(told, evidence);
  const linux = runningKernel(told);
  return {
    evidence,
    told,
    ...cpuFacts(told, evidence, platforms),
    firmware: judgeFirmware(told, evidence),
    use,
    kernel: judgeKernel(told, evidence, use.value, linux),
    ...(linux && { linux }),
  };
}

function cpuFacts(
  { cpuinfo: cpu }: Told,
  evidence: Evidence,
  platforms: readonly Platform[],
): CpuFacts {
  if (cpu === undefined) return { cpuTrouble: whyUnread(FILES.cpuinfo.name, evidence.cpuinfo) };
  if (cpu === "arm") return { otherCpu: "an Arm CPU" };
  const guest = cpu.hypervisor;
  if (cpu.vendor !== "GenuineIntel") return defined({ cpu, guest, otherCpu: cpuLabel(cpu) });
  const platform = matchPlatform(cpu, platforms);
  const confirmed = platform.confidence === "confirmed";
  return defined({
    cpu,
    platform,
    guest,
    erratum: confirmed ? platform.bugs.includes(TDX_PW_MCE) : undefined,
    flag: cpu.bugs?.includes(TDX_PW_MCE),
  });
}

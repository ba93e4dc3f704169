import { type Platform, TDX_PW_MCE } from "@tdx/core";
import { type CpuIdentity, cpuLabel } from "../../cpu/cpu_identity.ts";
import { matchPlatform } from "../../cpu/match_platform.ts";
import { type Evidence, FILES } from "../readers/evidence.ts";
import { valueOf, whyUnread } from "../readers/reading.ts";
import type { Judged } from "./judged.ts";
import { judgeKernel, type KernelBehaviour } from "./kernel_behaviour.ts";
import { judgeTdxUse, type TdxUse } from "./tdx_state.ts";

/** What the evidence comes to: all that checks and verdict look at. */
export interface Facts {
  readonly evidence: Evidence;
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
  readonly use: Judged<TdxUse>;
  readonly kernel: Judged<KernelBehaviour>;
}

/**
 * Draws the conclusions.
 *
 * @throws {RangeError} If the platforms contradict each other
 */
export function drawFacts(evidence: Evidence, platforms: readonly Platform[]): Facts {
  const use = judgeTdxUse(evidence);
  return {
    evidence,
    ...cpuFacts(evidence, platforms),
    use,
    kernel: judgeKernel(evidence, use.value),
  };
}

function cpuFacts(
  { cpuinfo }: Evidence,
  platforms: readonly Platform[],
): Omit<Facts, "evidence" | "use" | "kernel"> {
  const read = valueOf(cpuinfo);
  if (read === undefined) return { cpuTrouble: whyUnread(FILES.cpuinfo.name, cpuinfo) };
  if ("arm" in read) return { otherCpu: "an Arm CPU" };
  const { cpu } = read;
  const guest = cpu.hypervisor === undefined ? {} : { guest: cpu.hypervisor };
  if (cpu.vendor !== "GenuineIntel") {
    return { cpu, ...guest, otherCpu: cpuLabel(cpu) };
  }
  const platform = matchPlatform(cpu, platforms);
  return {
    cpu,
    platform,
    ...guest,
    ...(platform.confidence === "confirmed" && { erratum: platform.bugs.includes(TDX_PW_MCE) }),
    ...(cpu.bugs && { flag: cpu.bugs.includes(TDX_PW_MCE) }),
  };
}

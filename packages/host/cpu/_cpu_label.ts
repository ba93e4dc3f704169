import type { CpuIdentity } from "./cpu_identity.ts";

/** Names a CPU in a message: `GenuineIntel family 6 model 207`. */
export function cpuLabel(cpu: CpuIdentity): string {
  return `${cpu.vendor} family ${cpu.family} model ${cpu.model}`;
}

import { PAGE_BYTES } from "@tdx/core";
import type { Measurement, MeterCpu } from "@tdx/host/meter";

/** What Linux's clearing is, among what a meter measures: its direct map is of huge pages. */
export const AS_LINUX = "MOVDIR64B with a fence each 4 KiB through huge pages, one thread";

/** Whether a measurement is of memory cleared as Linux does it. */
export function isAsLinux({ method, stepBytes, threads, backing }: Measurement): boolean {
  return method === "movdir64b" && stepBytes === PAGE_BYTES && threads === 1 &&
    backing.pages === "huge";
}

/** Names the CPU that measured: brand or numbers, and whether a hypervisor stood between. */
export function meteredCpuName(cpu: MeterCpu): string {
  const name = cpu.brand ?? `${cpu.vendor} family ${cpu.family} model ${cpu.model}`;
  return cpu.hypervisor ? `${name}, under a hypervisor` : name;
}

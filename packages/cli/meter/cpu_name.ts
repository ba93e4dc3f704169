import type { MeterCpu } from "@tdx/host/meter";

/** Names the CPU that measured: brand or numbers, and whether a hypervisor stood between. */
export function cpuName({ brand, vendor, family, model, hypervisor }: MeterCpu): string {
  const name = brand ?? `${vendor} family ${family} model ${model}`;
  return hypervisor ? `${name}, under a hypervisor` : name;
}

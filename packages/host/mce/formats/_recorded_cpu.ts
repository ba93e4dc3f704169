import { decodeSignature } from "../../cpu/_cpuid.ts";
import type { RecordedCpu } from "../logged_machine_check.ts";

/** Linux's vendor numbers (arch/x86/include/asm/processor.h) with their vendor strings. */
const VENDORS: Readonly<Record<number, string>> = {
  0: "GenuineIntel",
  2: "AuthenticAMD",
  9: "HygonGenuine",
};

/**
 * Names the CPU model of a record.
 *
 * @param vendor Linux's number of the vendor.
 * @param signature CPUID leaf 1 EAX; 0 where the record does not have it.
 */
export function recordedCpu(vendor: number, signature: number): RecordedCpu | undefined {
  if (signature === 0) return undefined;
  return { vendor: VENDORS[vendor] ?? `vendor ${vendor}`, ...decodeSignature(signature) };
}

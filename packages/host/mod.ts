/**
 * The real machine: which CPU it has, and which platform that is.
 *
 * The readers take text and need no permission; where the text comes from is the caller's affair.
 *
 * @example From the text of `/proc/cpuinfo` to a model
 * ```ts
 * import { parseCpuinfo } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const cpu = parseCpuinfo(`processor : 0
 * vendor_id : GenuineIntel
 * cpu family : 6
 * model : 143
 * stepping : 8
 * `);
 *
 * assertEquals(cpu.model, 0x8f);
 * ```
 *
 * @module
 */
export type { CpuIdentity } from "./cpu_identity.ts";
export { parseCpuidDump } from "./cpuid_dump.ts";
export { parseCpuinfo } from "./cpuinfo.ts";
export { matchPlatform } from "./match_platform.ts";

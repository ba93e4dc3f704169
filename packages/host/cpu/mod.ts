/**
 * Which CPU a machine has, and which platform that is: the small part of `@tdx/host`, for programs
 * that must start quickly.
 *
 * @example The platform of a CPU
 * ```ts
 * import { matchPlatform, parseCpuidDump } from "@tdx/host/cpu";
 * import { emr } from "@tdx/platform-emr";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const cpu = parseCpuidDump(`
 * CPUID 00000000: 00000020-756E6547-6C65746E-49656E69 [GenuineIntel]
 * CPUID 00000001: 000C06F2-00800800-7FFEFBFF-BFEBFBFF
 * `);
 *
 * assertEquals(matchPlatform(cpu, [emr, gnr]).name, "emr");
 * ```
 *
 * @module
 */
export type { CpuIdentity } from "./cpu_identity.ts";
export { parseCpuText } from "./cpu_text.ts";
export { parseCpuidDump } from "./cpuid_dump.ts";
export { parseCpuinfo } from "./cpuinfo.ts";
export { matchPlatform, whyNoTdHost } from "./match_platform.ts";

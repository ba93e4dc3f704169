/**
 * Which CPU a machine has, and which platform that is: the small part of `@tdx/host`, for programs
 * that must start quickly.
 *
 * @module
 */
export type { CpuIdentity } from "./cpu_identity.ts";
export { parseCpuidDump } from "./cpuid_dump.ts";
export { parseCpuinfo } from "./cpuinfo.ts";
export { matchPlatform } from "./match_platform.ts";

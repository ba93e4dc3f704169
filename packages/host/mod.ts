/**
 * The real machine: which CPU it has, which platform that is, and an audit of what its kernel does
 * with memory that TDs give back.
 *
 * The readers take text and need no permission; where the text comes from is the caller's affair.
 * An audit reads through a {@link HostSource}.
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
export { type Audit, audit } from "./audit/audit.ts";
export { AUDIT_CHECKS } from "./audit/checks/audit_checks.ts";
export { type AuditCheck, type CheckResult, hasIncident } from "./audit/checks/check.ts";
export {
  type AuditGroup,
  type BrokenLine,
  type FleetSummary,
  summarizeFleet,
} from "./audit/fleet.ts";
export { readKernel } from "./audit/read_kernel.ts";
export { KERNEL_BEHAVIOURS, type KernelBehaviour } from "./audit/judge/kernel_behaviour.ts";
export { type Verdict, VERDICT_ADVICE } from "./audit/judge/verdict.ts";
export { archiveSource } from "./audit/sources/archive_source.ts";
export { fileSource } from "./audit/sources/file_source.ts";
export { folderSource } from "./audit/sources/folder_source.ts";
export type { HostFile, HostSource } from "./audit/sources/host_source.ts";
export { liveSource } from "./audit/sources/live_source.ts";
export * from "./cpu/mod.ts";
export type { NoteDamage } from "./_log_text.ts";
export type { TextLine } from "./_text_lines.ts";
export { logLines } from "./log_lines.ts";
export * from "./mce/mod.ts";
export * from "./shutdown/mod.ts";
export { UNCLEANED_MEMORY, type UncleanedMemory } from "./uncleaned_memory.ts";

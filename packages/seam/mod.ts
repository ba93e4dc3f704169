/**
 * The TDX module as the host sees it: PAMT, keys, the life cycle of a TD, and the SEAMCALLs that
 * build it and take it down, each with its checks in their order and the exact 64-bit status
 * (TDX module 1.5).
 *
 * What the model assumes or leaves out stands in {@link MODULE_ASSUMPTIONS}.
 *
 * @example A page can be reclaimed only once its TD has lost its key
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, runOf, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, decodeStatus, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * const guest = runOf(2 ** 18, 512); // 2 MiB at 1 GiB
 * buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [guest] });
 *
 * const { status } = module.phymem.pageReclaim(guest);
 * assertEquals(decodeStatus(status).name, "LIFECYCLE_STATE_INCORRECT");
 * ```
 *
 * @module
 */
export * from "./assumptions.ts";
export * from "./build_td.ts";
export * from "./check_invariants.ts";
export type { MemLeaves } from "./leaves/mem.ts";
export type { MngLeaves } from "./leaves/mng.ts";
export type { MrLeaves } from "./leaves/mr.ts";
export type { PhymemLeaves } from "./leaves/phymem.ts";
export type * from "./leaves/results.ts";
export type { VpLeaves } from "./leaves/vp.ts";
export type { KeyInfo, KeyState } from "./state/key_ownership.ts";
export { PAGE_TYPES, type PageLevel, type PageType } from "./state/page_type.ts";
export type { MappingState, PamtEntry } from "./state/pamt.ts";
export type { LockedPart, LockMode, TdPart } from "./state/_page_locks.ts";
export type { Faults, LeafCounts, LeafName } from "./state/seamcalls.ts";
export type {
  KeySnapshot,
  ModuleSnapshot,
  SeptPlace,
  TdSnapshot,
  VcpuSnapshot,
} from "./state/_snapshot.ts";
export { TDCS_PAGES, TDVPS_PAGES } from "./state/td.ts";
export type { GpaRange, LifeCycle, OpState, PageCounts, TdInfo, VcpuInfo } from "./state/td.ts";
export type { MemoryRange } from "./state/tdmr.ts";
export * from "./status/host_leaves.ts";
export { NEXT_STEPS, type NextStep } from "./status/next_step.ts";
export * from "./status/seamcall_log.ts";
export * from "./status/seamcall_status.ts";
export * from "./status/status_codes.ts";
export * from "./status/status_texts.ts";
export * from "./tdx_module.ts";

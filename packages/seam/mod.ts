/**
 * The TDX module as the host sees it: PAMT, keys, the life cycle of a TD, and the SEAMCALLs that
 * build it and take it down, each with its checks in their order and the exact 64-bit status
 * (TDX module 1.5).
 *
 * What the model assumes or leaves out stands in {@link MODULE_ASSUMPTIONS}.
 *
 * @example A page can be reclaimed only once its TD has lost its key
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { runOf } from "@tdx/core";
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
export * from "./control_pages.ts";
export { type KeyInfo, type KeyState } from "./state/key_ownership.ts";
export { type MemBuildLeaves } from "./leaves/mem_build.ts";
export { type CountResult, type MemRemoveLeaves, type RemoveResult } from "./leaves/mem_remove.ts";
export { type MngLeaves } from "./leaves/mng.ts";
export { type MrLeaves } from "./leaves/mr.ts";
export { type PagesResult } from "./leaves/pages.ts";
export { type PhymemLeaves, type ReclaimResult } from "./leaves/phymem.ts";
export { type VpLeaves } from "./leaves/vp.ts";
export { type Pages } from "./leaves/_checks.ts";
export * from "./state/page_type.ts";
export { type MappingState, type MemoryRange, type PamtEntry } from "./state/pamt.ts";
export * from "./status/seamcall_status.ts";
export { type Faults, type LeafName, type SeamcallResult } from "./state/seamcalls.ts";
export * from "./status/status_codes.ts";
export {
  type GpaRange,
  type LifeCycle,
  type OpState,
  type TdInfo,
  type VcpuInfo,
} from "./state/td.ts";
export * from "./tdx_module.ts";

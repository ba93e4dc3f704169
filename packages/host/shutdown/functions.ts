/** Where the time of a shutdown can go, in the order of a report. */
export const SHUTDOWN_PHASES = [
  "block",
  "track",
  "remove",
  "page write-back",
  "clear",
  "vCPU flush",
  "cache write-back",
  "key",
  "reclaim",
  "control pages",
  "Dynamic PAMT",
  "everything else",
] as const;

/** A phase; see {@link SHUTDOWN_PHASES}. */
export type ShutdownPhase = (typeof SHUTDOWN_PHASES)[number];

/** What a kernel function of a shutdown does. */
export interface ShutdownFunction {
  /** The phase that its time belongs to. */
  readonly phase: ShutdownPhase;
  /** Whether others of these functions run within it, so that only the rest of its time is its own. */
  readonly whole: boolean;
}

const piece = (phase: ShutdownPhase): ShutdownFunction => ({ phase, whole: false });
const whole = (phase: ShutdownPhase): ShutdownFunction => ({ phase, whole: true });

/**
 * The functions of Linux that a shutdown's time is told by: `arch/x86/virt/vmx/tdx/tdx.c` and
 * `arch/x86/kvm/vmx/tdx.c` from 6.16 on. `shutdown.sh` probes the same.
 */
export const SHUTDOWN_FUNCTIONS: Readonly<Record<string, ShutdownFunction>> = {
  tdh_mem_range_block: piece("block"),
  tdh_mem_track: piece("track"),
  tdh_mem_page_remove: piece("remove"),
  tdh_phymem_page_wbinvd_hkid: piece("page write-back"),
  tdx_clear_page: piece("clear"),
  tdx_quirk_reset_page: piece("clear"),
  tdx_quirk_reset_paddr: piece("clear"),
  tdh_vp_flush: piece("vCPU flush"),
  tdh_phymem_cache_wb: piece("cache write-back"),
  tdh_mng_vpflushdone: piece("key"),
  tdh_mng_key_freeid: piece("key"),
  tdx_mmu_release_hkid: whole("key"),
  tdh_phymem_page_reclaim: piece("reclaim"),
  tdh_phymem_page_wbinvd_tdr: piece("control pages"),
  tdx_vcpu_free: whole("control pages"),
  tdx_sept_free_private_spt: whole("control pages"),
  tdx_vm_destroy: whole("control pages"),
  tdx_pamt_put: piece("Dynamic PAMT"),
};

/** The name of a function as its source has it, without what the compiler or a module adds. */
export function plainName(symbol: string): string {
  return symbol.trim().replace(/\..*$/, "");
}

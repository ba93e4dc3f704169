import type { Pages } from "./_checks.ts";
import type { PageLevel, PageType } from "../state/page_type.ts";
import type { SeamState } from "../state/_seam_state.ts";
import type { SeamcallResult } from "../state/seamcalls.ts";
import { cacheWbLeaf } from "./cache_wb.ts";
import { pageReclaim } from "./page_reclaim.ts";
import { pageWbinvd } from "./page_wbinvd.ts";
import type { PagesResult } from "./pages.ts";

/** What became of pages that were to be reclaimed, and what they were. */
export interface ReclaimResult extends PagesResult {
  /** What the pages were used for; `null` where the refusal came before that was known. */
  readonly type: PageType | null;
  /** Address of the owner's TDR in bytes; `null` for a TDR, or as above. */
  readonly owner: number | null;
  /** Size of the pages; `null` as above. */
  readonly level: PageLevel | null;
}

/** The TDH.PHYMEM leaves: physical memory, whoever owns it. */
export interface PhymemLeaves {
  /**
   * TDH.PHYMEM.CACHE.WB (T3) on a package: writes back dirty lines of the HKIDs that are FLUSHED
   * when it starts, and keeps them cached.
   *
   * A dirty line may sit in the cache of any package, so it is sure to be in memory only when the
   * last package is done; until then it is left dirty (assumption S1).
   *
   * Refuses with OPERAND_INVALID|RCX (command), OPERAND_BUSY|WBCACHE, WBCACHE_RESUME_ERROR. Gives
   * NO_HKID_READY_TO_WBCACHE, which is no error, and INTERRUPTED_RESUMABLE as faults say.
   *
   * @param pkg The package that the calling processor belongs to, from 0.
   * @param command 0 to start, 1 to resume after an interrupt.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is nothing that a register can hold, or the machine has
   * no such package.
   */
  cacheWb(pkg: number, command: number): SeamcallResult;

  /**
   * TDH.PHYMEM.PAGE.RECLAIM (T5): frees pages of a TD in teardown. Only metadata change: the lines
   * keep TD owner, MAC and poison.
   *
   * Refuses, in this order: OPERAND_INVALID|RCX (misaligned, beyond the physical address bits, or
   * with KeyID bits), OPERAND_ADDR_RANGE_ERROR|RCX, OPERAND_BUSY|RCX, PAGE_METADATA_INCORRECT|RCX
   * (NDA or RSVD), OPERAND_INVALID|RCX (not aligned to its page size), OPERAND_BUSY|TDR,
   * LIFECYCLE_STATE_INCORRECT, TD_ASSOCIATED_PAGES_EXIST.
   *
   * @param pages Pages in use; larger ones than 4 KiB by their first address, or as a chunk of
   * whole ones.
   * @returns The status, what the pages were, the pages it is about, and the rest.
   * @throws {TypeError} Where the pages are neither an address nor a chunk.
   * @throws {RangeError} Where they are outside the memory, or a chunk ends within a larger page.
   */
  pageReclaim(pages: Pages): ReclaimResult;

  /**
   * TDH.PHYMEM.PAGE.WBINVD (T6, D4): writes back and drops the cached lines of free pages under
   * one KeyID. The register carries the KeyID in the upper bits of the address; here it is apart.
   *
   * Refuses with what is wrong with the page (OPERAND_INVALID, OPERAND_ADDR_RANGE_ERROR,
   * OPERAND_BUSY, PAGE_METADATA_INCORRECT unless NDA, all |RCX).
   *
   * @param pages Free pages of 4 KiB.
   * @param hkid The KeyID: 0, or a private one.
   * @returns The status, the pages it is about, and the rest.
   * @throws {TypeError} Where the pages are neither an address nor a chunk.
   * @throws {RangeError} Where the pages are outside the memory or the KeyID is another one: what
   * key a shared KeyID has is the host's affair, which the module does not see.
   */
  pageWbinvd(pages: Pages, hkid: number): PagesResult;
}

/** The TDH.PHYMEM leaves of a module. */
export function phymemLeaves(state: SeamState): PhymemLeaves {
  return {
    cacheWb: cacheWbLeaf(state),
    pageReclaim: (pages) => pageReclaim(state, pages),
    pageWbinvd: (pages, hkid) => pageWbinvd(state, pages, hkid),
  };
}

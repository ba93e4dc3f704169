import { firstFrame, forEachFrame, type FrameChunk, type Key, PAGE_BYTES } from "@tdx/core";
import { outOfRange, requireWhole } from "@tdx/core/arguments";
import type { SeamState } from "../state/_seam_state.ts";
import { framesPer, isInUse, pageBytes, type PageType } from "../state/page_type.ts";
import type { Td } from "../state/td.ts";
import { status } from "../status/seamcall_status.ts";
import { call, callForPages, removalHint, SUCCESS } from "./_call.ts";
import {
  alike,
  checkPair,
  freePair,
  lockFrame,
  lockPages,
  lockTdr,
  quietPart,
  refuseAddress,
  requireWholePages,
  usePair,
} from "./_checks.ts";
import type {
  Pages,
  PagesResult,
  PamtRemoveResult,
  ReclaimResult,
  SeamcallResult,
} from "./results.ts";

/**
 * The TDH.PHYMEM leaves: physical memory, whoever owns it.
 *
 * @example
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 2 * GiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * assertEquals(module.phymem.pageReclaim(GiB).status, 0xC000030000000001n); // it is NDA
 * ```
 */
export class PhymemLeaves {
  readonly #state: SeamState;

  /** @ignore */
  constructor(state: SeamState) {
    this.#state = state;
  }

  /**
   * TDH.PHYMEM.CACHE.WB (T3) on a package: writes back the dirty lines of every KeyID, and keeps
   * them cached (M8). The package is done for the HKIDs that are FLUSHED when it starts.
   *
   * A dirty line may sit in the cache of any package, so it is sure to be in memory only when the
   * last package is done; until then it is left dirty (assumption S1).
   *
   * Refuses with OPERAND_INVALID|RCX (command), OPERAND_BUSY|WBCACHE or |KOT, WBCACHE_RESUME_ERROR. Gives
   * NO_HKID_READY_TO_WBCACHE, which is not an error, and INTERRUPTED_RESUMABLE as faults say.
   *
   * @param pkg The package that the calling processor belongs to, from 0.
   * @param command 0 to start, 1 to resume after an interrupt.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0, or `pkg` not a package.
   */
  cacheWb(pkg: number, command: number): SeamcallResult {
    const { calls, keys, packages, parts, writeBacks } = this.#state;
    requireWhole("package", pkg, 0, packages - 1);
    return call(this.#state, "TDH.PHYMEM.CACHE.WB", { command }, () => {
      if (command > 1) return status("OPERAND_INVALID", "RCX");
      if (calls.meetsBusy()) return status("OPERAND_BUSY", "WBCACHE");
      if (!parts.isFree("KOT", "shared")) return status("OPERAND_BUSY", "KOT");
      const saved = writeBacks.get(pkg);
      writeBacks.delete(pkg);
      if (command === 1 && saved === undefined) return status("WBCACHE_RESUME_ERROR");
      const { snapshot, interruptsLeft } = command === 1
        ? saved!
        : { snapshot: keys.flushed(), interruptsLeft: calls.interrupts };
      if (snapshot.length === 0) return status("NO_HKID_READY_TO_WBCACHE");
      if (interruptsLeft > 0) {
        writeBacks.set(pkg, { snapshot, interruptsLeft: interruptsLeft - 1 });
        return status("INTERRUPTED_RESUMABLE");
      }

      let isLast = false;
      for (const hkid of snapshot) {
        const { pending } = keys.entry(hkid)!;
        if (pending.delete(pkg) && pending.size === 0) isLast = true;
      }
      // With the last package done, the dirty lines of every KeyID are in memory (S1, M8).
      if (isLast) this.#state.writeBackAll();
      return SUCCESS;
    });
  }

  /**
   * TDH.PHYMEM.PAGE.RECLAIM (T5): frees pages of a TD in teardown. Only metadata change: the lines
   * keep TD owner, MAC and poison. The TDR, which counts the pages, gets dirty lines (M7): T6 before
   * it is used again.
   *
   * Refuses, in this order: OPERAND_INVALID|RCX (misaligned, beyond the physical address bits, or
   * with KeyID bits), OPERAND_ADDR_RANGE_ERROR|RCX, OPERAND_BUSY|RCX, PAGE_METADATA_INCORRECT|RCX
   * (NDA, RSVD or PAMT), OPERAND_INVALID|RCX (not aligned to its page size), OPERAND_BUSY|TDR,
   * LIFECYCLE_STATE_INCORRECT, TD_ASSOCIATED_PAGES_EXIST.
   *
   * @param pages Pages in use; larger ones than 4 KiB by their first address, or as a chunk of
   * whole ones.
   * @returns The status, what the pages were, the pages it is about, and the rest.
   * @throws {RangeError} If the pages are outside the memory, or a chunk ends within a larger page.
   */
  pageReclaim(pages: Pages): ReclaimResult {
    const { pamt, tds } = this.#state;
    const span = this.#spanFrom(pages);
    let page: Pick<ReclaimResult, "type" | "owner" | "level"> = UNKNOWN;
    let removable: number[] = [];
    const result = callForPages(this.#state, "TDH.PHYMEM.PAGE.RECLAIM", {}, pages, span, () => {
      const chunk = lockPages(this.#state, pages, "RCX", "exclusive", span);
      if (typeof chunk === "bigint") return chunk;
      const piece = pamt.piece(quietPart(this.#state, chunk, span));
      const { type, owner, level } = piece.entry!;
      if (type === "NDA" || type === "RSVD" || type === "PAMT") {
        return status("PAGE_METADATA_INCORRECT", "RCX");
      }
      page = { type, owner, level };
      if (span < framesPer(level)) return status("OPERAND_INVALID", "RCX");
      requireWholePages(piece.pages, span);
      const td = tds.get(owner ?? firstFrame(chunk) * PAGE_BYTES)!;
      const busy = type === "TDR" ? undefined : lockTdr(this.#state, td);
      if (busy !== undefined) return busy;
      if (td.lifeCycle !== "TEARDOWN") return status("LIFECYCLE_STATE_INCORRECT");
      if (type === "TDR" && td.children > 0) return status("TD_ASSOCIATED_PAGES_EXIST");

      // Each TDR is another TD, whatever lies beside it.
      const frames = type === "TDR" ? 1 : piece.pages.count;
      const [done, rest] = alike(this.#state, chunk, frames, span, "exclusive");
      removable = this.#state.free(done, piece.entry!, owner);
      this.#forget(td, type, done);
      return [done, rest];
    });
    return { ...result, ...page, r9: removalHint(removable), removable };
  }

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
   * @throws {RangeError} If the pages are outside the memory or the KeyID is another one: what key
   * a shared KeyID has is the host's affair, which the module does not see.
   */
  pageWbinvd(pages: Pages, hkid: number): PagesResult {
    const { memory, pamt } = this.#state;
    const key = this.#keyOf(hkid);
    return callForPages(this.#state, "TDH.PHYMEM.PAGE.WBINVD", { hkid }, pages, 1, () => {
      const chunk = lockPages(this.#state, pages, "RCX", "shared");
      if (typeof chunk === "bigint") return chunk;
      const piece = pamt.piece(quietPart(this.#state, chunk));
      if (piece.entry?.type !== "NDA") return status("PAGE_METADATA_INCORRECT", "RCX");

      const [done, rest] = alike(this.#state, chunk, piece.pages.count, 1, "shared");
      memory.applyChunk(this.#state.operation("page-wbinvd", key), done);
      return [done, rest];
    });
  }

  /**
   * TDH.PHYMEM.PAMT.ADD: gives the module a pair of pages for the PAMT entries of a 2 MiB region's
   * 4 KiB pages. The module zeroes them under the global key.
   *
   * Refuses, in this order: OPERAND_INVALID|RAX without Dynamic PAMT; OPERAND_INVALID (|RCX for the
   * region, |RDX and |R8 for the pages) and OPERAND_ADDR_RANGE_ERROR (|RDX, |R8, |RCX);
   * OPERAND_BUSY|RCX, HPA_RANGE_NOT_FREE|RCX (it has a pair, or is a larger page); OPERAND_BUSY and
   * PAGE_NOT_FREE, both |RDX and |R8. The pages need no pair themselves. As module 2.0 has it.
   *
   * @param region Address of the region in bytes.
   * @param first Address of a free 4 KiB page in bytes.
   * @param second Address of another one.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  pamtAdd(region: number, first: number, second: number): SeamcallResult {
    const { pamt } = this.#state;
    const operands = { region, first, second };
    return call(this.#state, "TDH.PHYMEM.PAMT.ADD", operands, () => {
      if (pamt.pairs === null) return status("OPERAND_INVALID", "RAX");
      if (!this.#isRegion(region)) return status("OPERAND_INVALID", "RCX");
      const frame = region / PAGE_BYTES;
      const refusal = refuseAddress(this.#state, first, "RDX") ??
        refuseAddress(this.#state, second, "R8") ?? this.#lockRegion(frame);
      if (refusal !== undefined) return refusal;
      const isFree = pamt.pairs.get(frame / framesPer(1)) === undefined &&
        pamt.entry(frame)!.level === 0;
      if (!isFree) return status("HPA_RANGE_NOT_FREE", "RCX");
      const pair = checkPair(this.#state, first, second, ["RDX", "R8"], frame);
      if (typeof pair === "bigint") return pair;

      usePair(this.#state, frame, pair, 0);
      return SUCCESS;
    });
  }

  /**
   * TDH.PHYMEM.PAMT.REMOVE: gives the pair of a region back, once no 4 KiB page of the region is in
   * use. The pages come back as the module left them: uncleared, with TD owner 1, and with dirty lines
   * under the global KeyID (S7).
   *
   * Refuses, in this order: OPERAND_INVALID|RAX without Dynamic PAMT, OPERAND_INVALID|RCX,
   * OPERAND_ADDR_RANGE_ERROR|RCX, OPERAND_BUSY|RCX, NO_PAMT_PAGE_PAIR|RCX, PAMT_PAGE_NOT_EMPTY with
   * the operand 0 or 1: which of the two pages. As module 2.0 has it.
   *
   * @param region Address of the region in bytes.
   * @returns The status, and the addresses of the two pages.
   * @throws {RangeError} If the operand is not a whole number from 0.
   */
  pamtRemove(region: number): PamtRemoveResult {
    const { pamt } = this.#state;
    let removed: [number, number] | null = null;
    const result = call(this.#state, "TDH.PHYMEM.PAMT.REMOVE", { region }, () => {
      if (pamt.pairs === null) return status("OPERAND_INVALID", "RAX");
      if (!this.#isRegion(region)) return status("OPERAND_INVALID", "RCX");
      const frame = region / PAGE_BYTES;
      const refusal = this.#lockRegion(frame);
      if (refusal !== undefined) return refusal;
      const pair = pamt.pairs.get(frame / framesPer(1));
      if (pair === undefined) return status("NO_PAMT_PAGE_PAIR", "RCX");
      if (pair.used > 0) {
        // Ids 0 and 1 are those of RAX and RCX.
        return status("PAMT_PAGE_NOT_EMPTY", this.#isHalfUsed(frame) ? "RAX" : "RCX");
      }

      const [first, second] = pair.pages;
      freePair(this.#state, frame);
      removed = [first * PAGE_BYTES, second * PAGE_BYTES];
      return SUCCESS;
    });
    return { ...result, pair: removed };
  }

  #isRegion(region: number): boolean {
    return region % pageBytes(1) === 0 && region < this.#state.memory.keyIds.addressLimit;
  }

  #lockRegion(frame: number): bigint | undefined {
    if (this.#state.pamt.entry(frame) === undefined) {
      return status("OPERAND_ADDR_RANGE_ERROR", "RCX");
    }
    return lockFrame(this.#state, frame, "RCX", "exclusive", framesPer(1));
  }

  /** Whether a page is in use whose entry is in the first page of the region's pair. */
  #isHalfUsed(frame: number): boolean {
    let used = false;
    this.#state.pamt.forEach(frame, framesPer(1) / 2, ({ type }) => used ||= isInUse(type));
    return used;
  }

  /** Frames of the page that begins where `pages` do; 1 within a larger page. */
  #spanFrom(pages: Pages): number {
    const first = typeof pages === "number" ? pages / PAGE_BYTES : firstFrame(pages);
    const span = framesPer(this.#state.pamt.entry(Math.floor(first))?.level ?? 0);
    return first % span === 0 ? span : 1;
  }

  #forget(td: Td, type: PageType, pages: FrameChunk): void {
    if (type === "TDR") {
      this.#state.tds.delete(td.tdr);
      return;
    }
    td.children -= pages.count;
    this.#state.storeTdr(td);
    if (type === "TDVPR") forEachFrame(pages, (frame) => td.vcpus.delete(frame * PAGE_BYTES));
  }

  #keyOf(hkid: number): Key {
    const { keys, memory } = this.#state;
    if (hkid === 0) return memory.keyIds.key(0);
    const entry = keys.entry(hkid);
    if (entry === undefined) throw outOfRange("hkid", "0 or a private KeyID", hkid);
    return entry.key;
  }
}

/** What a reclaim says of a page before it has looked at it. */
const UNKNOWN = { type: null, owner: null, level: null } as const;

import { firstFrame, type FrameChunk, PAGE_BYTES, runOf } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import type { LockMode } from "../state/_page_locks.ts";
import type { SeamState } from "../state/_seam_state.ts";
import type { SecureEpt } from "../state/_secure_ept.ts";
import { framesPer, pageBytes, type PageLevel } from "../state/page_type.ts";
import { isBlocked, noGuestPage, type PamtEntry } from "../state/pamt.ts";
import type { LeafName } from "../state/seamcalls.ts";
import type { OpState, Td } from "../state/td.ts";
import { status } from "../status/seamcall_status.ts";
import { call, callForPages, callTimes, removalHint, SUCCESS } from "./_call.ts";
import {
  alike,
  checkPage,
  checkPair,
  checkTd,
  freePair,
  lacksPair,
  lockFrame,
  lockPages,
  lockPart,
  quietPart,
  refuseAddress,
  requireWholePages,
  usePair,
  walk,
} from "./_checks.ts";
import type {
  CountResult,
  Pages,
  PagesResult,
  PromoteResult,
  RemoveResult,
  SeamcallResult,
} from "./results.ts";

/** The entry of a Secure EPT that a leaf is about. */
interface Place {
  readonly tdr: number;
  readonly gpa: number;
  readonly level: number;
}

/** The lowest and the highest level that a leaf takes. */
type Levels = readonly [number, number];

/** Guest pages that a leaf found, alike as far as the Secure EPT and the PAMT go. */
interface Found {
  readonly td: Td;
  /** Number of the first one. */
  readonly page: number;
  readonly entry: PamtEntry;
  readonly frames: FrameChunk;
}

/** What tells the leaves that add pages apart. */
interface AddLeaf {
  readonly name: LeafName;
  readonly tdrLock: LockMode;
  readonly opStates: readonly OpState[];
  readonly levels: Levels;
  /** How a guest page is mapped; `null` for a Secure EPT page. */
  readonly mapping: "mapped" | "pending" | null;
  /** What the module writes to the page; `null` for a page that is yet to be accepted. */
  readonly writes: "zeros" | "host" | null;
}

const SEPT_ADD: AddLeaf = {
  name: "TDH.MEM.SEPT.ADD",
  tdrLock: "shared",
  opStates: ["INITIALIZED", "RUNNABLE"],
  levels: [1, 3],
  mapping: null,
  writes: "zeros",
};

const PAGE_ADD: AddLeaf = {
  name: "TDH.MEM.PAGE.ADD",
  tdrLock: "exclusive",
  opStates: ["INITIALIZED"],
  levels: [0, 0],
  mapping: "mapped",
  writes: "host",
};

const PAGE_AUG: AddLeaf = {
  name: "TDH.MEM.PAGE.AUG",
  tdrLock: "shared",
  opStates: ["INITIALIZED", "RUNNABLE"],
  levels: [0, 1],
  mapping: "pending",
  writes: null,
};

/**
 * The TDH.MEM leaves: the Secure EPT of a TD, and its guest pages.
 *
 * With Dynamic PAMT those that take a page of 4 KiB refuse it with MISSING_PAMT_PAGE_PAIR where its
 * region has no pair, behind OPERAND_BUSY; those that give one back hint at a pair that can go.
 *
 * Those that add pages take many at once as a chunk of frames, which go to consecutive GPAs; those
 * that take pages out of a live TD (D1 to D3) take consecutive GPAs. What comes back is as if the
 * leaf were issued page by page in ascending order; a call deals with as many pages as have the same
 * fate, and a removal with as many as lie together in memory.
 *
 * All but TDH.MEM.TRACK refuse first, in this order, with: what is wrong with the TDR (|RDX),
 * TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED, OP_STATE_INCORRECT, OPERAND_INVALID|RCX (GPA or
 * level), EPT_WALK_FAILED|RCX (a Secure EPT page on the way to the entry is missing or blocked),
 * EPT_ENTRY_STATE_INCORRECT|RCX (something is mapped there, or nothing is).
 *
 * @example
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory, runOf } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 2 * GiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * const memoryOfTd = [runOf(GiB / 4096, 512)];
 * const { tdr } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: memoryOfTd });
 * module.mem.rangeBlock(tdr, 0, 0, 512); // D1
 * module.mem.track(tdr); // D2
 * assertEquals(module.mem.pageRemove(tdr, 0, 0, 512).pages, runOf(GiB / 4096, 512)); // D3
 * ```
 */
export class MemLeaves {
  readonly #state: SeamState;

  /** @ignore */
  constructor(state: SeamState) {
    this.#state = state;
  }

  /**
   * TDH.MEM.SEPT.ADD: adds a page to the Secure EPT, which holds 512 entries.
   *
   * Refuses as the class says, then with what is wrong with the page (|R8).
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address that the page translates, a multiple of what it spans.
   * @param level Level of the entry that points at it: 1 for a page that spans 2 MiB, 2 for 1 GiB,
   * 3 for 512 GiB.
   * @param pages Free pages of 4 KiB.
   * @returns The status, the pages it is about, and the rest.
   * @throws {RangeError} If an operand is not a whole number from 0, or a page not in memory.
   */
  septAdd(tdr: number, gpa: number, level: number, pages: Pages): PagesResult {
    return this.#add(SEPT_ADD, { tdr, gpa, level }, pages);
  }

  /**
   * TDH.MEM.PAGE.ADD: adds a page with initial content, which the module copies from the host,
   * before the TD is finalised. The source page is not modelled; the content counts as `host`.
   *
   * Refuses as the class says, then with what is wrong with the page (|R8).
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa Guest physical address, a multiple of 4 KiB.
   * @param pages Free pages of 4 KiB.
   * @returns The status, the pages it is about, and the rest.
   * @throws {RangeError} If an operand is not a whole number from 0, or a page not in memory.
   */
  pageAdd(tdr: number, gpa: number, pages: Pages): PagesResult {
    return this.#add(PAGE_ADD, { tdr, gpa, level: 0 }, pages);
  }

  /**
   * TDH.MEM.PAGE.AUG: adds a page that the guest has to accept; until then nothing is written.
   *
   * Refuses as the class says, then with what is wrong with the page (|R8).
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa Guest physical address, a multiple of the page size.
   * @param level 0 for 4 KiB, 1 for 2 MiB.
   * @param pages Free pages; for 2 MiB the address of one, or a contiguous chunk of whole ones.
   * @returns The status, the pages it is about, and the rest.
   * @throws {RangeError} If an operand is not a whole number from 0, a page not in memory, or a
   * chunk not one of whole pages.
   */
  pageAug(tdr: number, gpa: number, level: number, pages: Pages): PagesResult {
    return this.#add(PAGE_AUG, { tdr, gpa, level }, pages);
  }

  /**
   * TDH.MEM.RANGE.BLOCK (D1): blocks guest pages and notes the TD's epoch. An entry that points at a
   * Secure EPT page is blocked with all that the page maps (M13).
   *
   * Refuses as the class says, then with GPA_RANGE_ALREADY_BLOCKED|RCX.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address, a multiple of the page size.
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB.
   * @param pages How many consecutive pages, each by its own SEAMCALL; default 1.
   * @returns The status, and how many pages it is about.
   * @throws {RangeError} If an operand is not a whole number from 0, or `pages` is 0.
   */
  rangeBlock(tdr: number, gpa: number, level: number, pages: number = 1): CountResult {
    requireWhole("pages", pages, 1);
    return callTimes(this.#state, "TDH.MEM.RANGE.BLOCK", { tdr, gpa, level }, pages, () => {
      const found = this.#find({ tdr, gpa, level }, pages, [0, 3], "table");
      if (typeof found === "bigint") return found;
      const { td, page, entry, frames } = found;
      if (isBlocked(entry)) return status("GPA_RANGE_ALREADY_BLOCKED", "RCX");

      const span = framesPer(entry.level);
      const [blocked] = alike(this.#state, frames, frames.count, span, null);
      const mapping = entry.mapping === "pending" ? "pending-blocked" : "blocked";
      this.#state.pamt.change(blocked, entry, { ...entry, mapping, epoch: td.epoch });
      const count = blocked.count / span;
      if (entry.type === "EPT") td.sept.setBlocked(page, level, count, true);
      return count;
    });
  }

  /**
   * TDH.MEM.TRACK (D2): begins a new epoch. Then kick the vCPUs.
   *
   * Refuses with what is wrong with the TDR (|RCX), the TD's state, or PREVIOUS_TLB_EPOCH_BUSY
   * while a vCPU runs that entered before the last tracking.
   *
   * @param tdr Address of the TDR in bytes.
   * @param times How many SEAMCALLs; default 1.
   * @returns The status, and how many SEAMCALLs it is about.
   * @throws {RangeError} If the operand is not a whole number from 0, or `times` is 0.
   */
  track(tdr: number, times: number = 1): CountResult {
    requireWhole("times", times, 1);
    return callTimes(this.#state, "TDH.MEM.TRACK", { tdr }, times, () => {
      const td = checkTd(this.#state, tdr, "RCX", "shared", "INITIALIZED", "RUNNABLE");
      if (typeof td === "bigint") return td;
      const busy = lockPart(this.#state, { tdr, part: "TD_EPOCH" }, "exclusive");
      if (busy !== undefined) return busy;
      if (td.runsSince(td.epoch - 1)) return status("PREVIOUS_TLB_EPOCH_BUSY");

      // A second one would find the vCPUs that run now in the epoch before.
      const count = td.runsSince(td.epoch) ? 1 : Math.min(times, this.#state.calls.quiet);
      td.epoch += count;
      return count;
    });
  }

  /**
   * TDH.MEM.PAGE.REMOVE (D3): takes blocked and tracked pages out of the TD. Only metadata change:
   * the lines keep TD owner, MAC and poison.
   *
   * Refuses as the class says, then with OPERAND_BUSY|RCX, GPA_RANGE_NOT_BLOCKED|RCX,
   * TLB_TRACKING_NOT_DONE|RCX; the last two only after TDH.MR.FINALIZE, before which the TD cannot
   * have run.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address, a multiple of the page size.
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB.
   * @param pages How many consecutive pages, each by its own SEAMCALL; default 1.
   * @returns The status, how many pages it is about, and the frames that were removed.
   * @throws {RangeError} If an operand is not a whole number from 0, or `pages` is 0.
   */
  pageRemove(tdr: number, gpa: number, level: number, pages: number = 1): RemoveResult {
    requireWhole("pages", pages, 1);
    let removed: FrameChunk | null = null;
    let removable: number[] = [];
    const result = callTimes(this.#state, "TDH.MEM.PAGE.REMOVE", { tdr, gpa, level }, pages, () => {
      const found = this.#find({ tdr, gpa, level }, pages, [0, 2]);
      if (typeof found === "bigint") return found;
      const { td, page, entry, frames } = found;
      const span = framesPer(level);
      const refusal = lockFrame(this.#state, firstFrame(frames), "RCX", "exclusive", span) ??
        refuseUntracked(td, entry);
      if (refusal !== undefined) return refusal;

      [removed] = alike(this.#state, frames, frames.count, span, "exclusive");
      const count = removed.count / span;
      removable = this.#state.free(removed, entry);
      td.sept.leaves[level]!.remove(page, count);
      td.children -= removed.count;
      return count;
    });
    const rcx = removed === null
      ? this.#entryShown(result.status, { tdr, gpa, level })
      : rcxOf(removed, removable);
    return { ...result, pages: removed, rcx, removable };
  }

  /**
   * TDH.MEM.SEPT.REMOVE: takes a page out of the Secure EPT. Nothing is written to it.
   *
   * Refuses as the class says, then with OPERAND_BUSY|RCX; once the TD is finalised with
   * GPA_RANGE_NOT_BLOCKED|RCX and TLB_TRACKING_NOT_DONE|RCX; with EPT_PAGE_NOT_FREE|RCX (an entry of
   * it is in use).
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address that the page translates, a multiple of what it spans.
   * @param level Level of the entry that points at it: 1 for a page that spans 2 MiB, 2 for 1 GiB,
   * 3 for 512 GiB.
   * @returns The status, and the frame that was removed.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  septRemove(tdr: number, gpa: number, level: number): RemoveResult {
    let removed: FrameChunk | null = null;
    let removable: number[] = [];
    const result = call(this.#state, "TDH.MEM.SEPT.REMOVE", { tdr, gpa, level }, () => {
      const td = checkTd(this.#state, tdr, "RDX", "shared", "INITIALIZED", "RUNNABLE");
      if (typeof td === "bigint") return td;
      const place = walk(this.#state, td, gpa, level, [1, 3], "exclusive");
      if (typeof place === "bigint") return place;
      if (place.entry !== "table") return status("EPT_ENTRY_STATE_INCORRECT", "RCX");
      const { frames } = td.sept.tables[level]!.translate(place.page, 1);
      const entry = this.#state.pamt.entry(frames.frame)!;
      const refusal = lockFrame(this.#state, frames.frame, "RCX", "exclusive") ??
        refuseUntracked(td, entry);
      if (refusal !== undefined) return refusal;
      if (!td.sept.isEmpty(place.page, level)) return status("EPT_PAGE_NOT_FREE", "RCX");

      removable = this.#state.free(frames, entry);
      td.sept.removeTable(place.page, level);
      td.children--;
      removed = frames;
      return SUCCESS;
    });
    return { ...result, count: 1, pages: removed, rcx: rcxOf(removed, removable), removable };
  }

  /**
   * TDH.MEM.RANGE.UNBLOCK: lets guest pages, or all below an entry that points at a Secure EPT page, be
   * used again as before the block.
   *
   * Refuses as the class says (EPT_ENTRY_STATE_INCORRECT|RCX also where nothing is blocked), then with
   * TLB_TRACKING_NOT_DONE|RCX once the TD is finalised.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address, a multiple of the page size.
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB, 3 for 512 GiB.
   * @param pages How many consecutive pages, each by its own SEAMCALL; default 1.
   * @returns The status, and how many pages it is about.
   * @throws {RangeError} If an operand is not a whole number from 0, or `pages` is 0.
   */
  rangeUnblock(tdr: number, gpa: number, level: number, pages: number = 1): CountResult {
    requireWhole("pages", pages, 1);
    return callTimes(this.#state, "TDH.MEM.RANGE.UNBLOCK", { tdr, gpa, level }, pages, () => {
      const found = this.#find({ tdr, gpa, level }, pages, [0, 3], "table");
      if (typeof found === "bigint") return found;
      const { td, page, entry, frames } = found;
      if (!isBlocked(entry)) return status("EPT_ENTRY_STATE_INCORRECT", "RCX");
      const refusal = refuseUntracked(td, entry);
      if (refusal !== undefined) return refusal;

      const span = framesPer(entry.level);
      const [unblocked] = alike(this.#state, frames, frames.count, span, null);
      this.#state.pamt.change(unblocked, entry, unblock(entry));
      const count = unblocked.count / span;
      if (entry.type === "EPT") td.sept.setBlocked(page, level, count, false);
      return count;
    });
  }

  /**
   * TDH.MEM.PAGE.DEMOTE: splits a guest page into 512 smaller ones, unblocked, under a new Secure EPT
   * page. A 2 MiB page needs a pair of Dynamic PAMT where the module has that.
   *
   * Refuses as the class says, then once the TD is finalised with GPA_RANGE_NOT_BLOCKED|RCX and
   * TLB_TRACKING_NOT_DONE|RCX; then with what is wrong with the new page (|R8). From here on it is
   * written: OPERAND_BUSY|RCX (the page to split), what is wrong with the pair (|R12, |R13).
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa Guest physical address, a multiple of the page size.
   * @param level Size of the page: 1 for 2 MiB, 2 for 1 GiB.
   * @param page Address of a free 4 KiB page in bytes, for the Secure EPT.
   * @param pair R12 and R13: addresses of two free 4 KiB pages in bytes; default 0.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  pageDemote(
    tdr: number,
    gpa: number,
    level: number,
    page: number,
    pair: readonly [number, number] = [0, 0],
  ): SeamcallResult {
    const state = this.#state;
    const operands = { tdr, gpa, level, page, r12: pair[0], r13: pair[1] };
    return call(state, "TDH.MEM.PAGE.DEMOTE", operands, () => {
      const found = this.#find({ tdr, gpa, level }, 1, [1, 2]);
      if (typeof found === "bigint") return found;
      const { td, entry, frames } = found;
      const untracked = refuseUntracked(td, entry);
      if (untracked !== undefined) return untracked;
      const sept = checkPage(state, page, "R8", "NDA");
      if (typeof sept === "bigint") return sept;
      // The new page is written before the rest is looked at, as in M6.
      state.write(runOf(sept, 1), td.key!);
      const region = firstFrame(frames);
      const busy = lockFrame(state, region, "RCX", "exclusive", framesPer(level));
      if (busy !== undefined) return busy;
      const needsPair = state.pamt.pairs !== null && level === 1;
      const checked = needsPair ? this.#checkDemotePair(pair, region) : null;
      if (typeof checked === "bigint") return checked;

      const small = { ...unblock(entry), level: level - 1 as PageLevel };
      state.pamt.change(frames, entry, small);
      if (checked !== null) usePair(state, region, checked, framesPer(1));
      state.use(runOf(sept, 1), noGuestPage("EPT", tdr));
      td.sept.leaves[level]!.remove(found.page, 1);
      td.sept.tables[level]!.insert(found.page, runOf(sept, 1));
      td.sept.leaves[level - 1]!.insert(found.page * framesPer(1), frames);
      td.children++;
      return SUCCESS;
    });
  }

  /**
   * TDH.MEM.PAGE.PROMOTE: joins 512 guest pages, mapped and one behind the other in memory, to one larger
   * page; the Secure EPT page comes back, and of 4 KiB pages their pair of Dynamic PAMT. Nothing is
   * written to any of them. The only way to a page of 1 GiB.
   *
   * Refuses as the class says, then with OPERAND_BUSY|RCX (the Secure EPT page), once the TD is
   * finalised with GPA_RANGE_NOT_BLOCKED|RCX and TLB_TRACKING_NOT_DONE|RCX, with
   * EPT_INVALID_PROMOTE_CONDITIONS|RCX.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa Guest physical address, a multiple of the size of the new page.
   * @param level Size of the new page: 1 for 2 MiB, 2 for 1 GiB.
   * @returns The status, the Secure EPT page, and the PAMT pair.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  pagePromote(tdr: number, gpa: number, level: number): PromoteResult {
    const state = this.#state;
    let removed: FrameChunk | null = null;
    let removable: number[] = [];
    let pair: PromoteResult["pair"] = null;
    const result = call(state, "TDH.MEM.PAGE.PROMOTE", { tdr, gpa, level }, () => {
      const td = checkTd(state, tdr, "RDX", "shared", "INITIALIZED", "RUNNABLE");
      if (typeof td === "bigint") return td;
      const place = walk(state, td, gpa, level, [1, 2], "shared");
      if (typeof place === "bigint") return place;
      if (place.entry !== "table") return status("EPT_ENTRY_STATE_INCORRECT", "RCX");
      const { frames } = td.sept.tables[level]!.translate(place.page, 1);
      const entry = state.pamt.entry(frames.frame)!;
      const refusal = lockFrame(state, frames.frame, "RCX", "exclusive") ??
        refuseUntracked(td, entry);
      if (refusal !== undefined) return refusal;
      const joined = this.#joinable(td, place.page, level);
      if (joined === null) return status("EPT_INVALID_PROMOTE_CONDITIONS", "RCX");

      const leaf = state.pamt.entry(joined.frame)!;
      state.pamt.change(joined, leaf, { ...leaf, level: level as PageLevel });
      if (state.pamt.pairs !== null && level === 1) {
        const [first, second] = freePair(state, joined.frame);
        pair = [first * PAGE_BYTES, second * PAGE_BYTES];
      }
      removable = state.free(frames, entry);
      removed = frames;
      td.sept.removeTable(place.page, level);
      td.sept.leaves[level - 1]!.remove(place.page * framesPer(1), framesPer(1));
      td.sept.leaves[level]!.insert(place.page, joined);
      td.children--;
      return SUCCESS;
    });
    return {
      ...result,
      count: 1,
      pages: removed,
      rcx: rcxOf(removed, removable),
      removable,
      pair,
    };
  }

  #checkDemotePair(
    [first, second]: readonly [number, number],
    region: number,
  ): [number, number] | bigint {
    const state = this.#state;
    const refusal = refuseAddress(state, first, "R12") ?? refuseAddress(state, second, "R13");
    if (refusal !== undefined) return refusal;
    // Unlike TDH.PHYMEM.PAMT.ADD, it locks pages inside the region too, which it holds: never free.
    for (const [address, operand] of [[first, "R12"], [second, "R13"]] as const) {
      const frame = address / PAGE_BYTES;
      if (frame >= region && frame < region + framesPer(1)) return status("OPERAND_BUSY", operand);
    }
    return checkPair(state, first, second, ["R12", "R13"], region);
  }

  /** The frames of all the pages under an entry, where they can be one larger page. */
  #joinable({ sept }: Td, page: number, level: number): FrameChunk | null {
    const [pages, span] = [framesPer(1), framesPer(level)];
    const extents = sept.leaves[level - 1]!;
    const first = page * pages;
    if (extents.present(first, pages) < pages) return null;
    const start = firstFrame(extents.translate(first, 1).frames);
    if (start % span !== 0) return null;
    for (let done = 0; done < pages;) {
      const { count, frames } = extents.translate(first + done, pages - done);
      const wanted = start + done * span / pages;
      if (frames.words !== null && frames.count < frames.blocks * framesPer(1)) return null;
      if (firstFrame(frames) !== wanted) return null;
      done += count;
    }
    const joined = runOf(start, span);
    const piece = this.#state.pamt.piece(joined);
    return piece.rest === null && piece.entry!.mapping === "mapped" ? joined : null;
  }

  /** The Secure EPT entry that a refusal shows in RCX: the one at which the walk ended. */
  #entryShown(refusal: bigint, { tdr, gpa, level }: Place): bigint {
    if (!SHOWS_ENTRY.has(refusal)) return 0n;
    const { sept } = this.#state.tds.get(tdr)!;
    for (let at = 3; at > level; at--) {
      const page = Math.floor(gpa / pageBytes(at));
      if (sept.entry(page, at) !== "table" || sept.isBlocked(page, at)) {
        return this.#entryOf(sept, page, at);
      }
    }
    return this.#entryOf(sept, gpa / pageBytes(level), level);
  }

  /** An entry as the host sees it: without the address of a Secure EPT page. */
  #entryOf(sept: SecureEpt, page: number, level: number): bigint {
    const entry = sept.entry(page, level);
    if (entry === "table") return sept.isBlocked(page, level) ? 0n : READ_WRITE_EXECUTE;
    if (entry !== "leaf") return SUPPRESS_VE;
    const { frame } = sept.leaves[level]!.translate(page, 1).frames;
    const isMapped = this.#state.pamt.entry(frame)!.mapping === "mapped";
    return SUPPRESS_VE | BigInt(frame) << 12n | LEAF_WRITE_BACK |
      (isMapped ? READ_WRITE_EXECUTE : 0n);
  }

  #add(leaf: AddLeaf, { tdr, gpa, level }: Place, pages: Pages): PagesResult {
    const { pamt } = this.#state;
    const { name, mapping, writes } = leaf;
    const span = mapping === null ? 1 : framesPer(Math.min(level, leaf.levels[1]));
    if (typeof pages !== "number") requireWholePages(pages, span);
    return callForPages(this.#state, name, { tdr, gpa, level }, pages, span, () => {
      const td = checkTd(this.#state, tdr, "RDX", leaf.tdrLock, ...leaf.opStates);
      if (typeof td === "bigint") return td;
      const place = walk(this.#state, td, gpa, level, leaf.levels, "shared");
      if (typeof place === "bigint") return place;
      if (place.entry !== "free") return status("EPT_ENTRY_STATE_INCORRECT", "RCX");
      const chunk = lockPages(this.#state, pages, "R8", "exclusive", span);
      if (typeof chunk === "bigint") return chunk;
      if (span === 1 && lacksPair(this.#state, chunk)) {
        return status("MISSING_PAMT_PAGE_PAIR", "R8");
      }
      const quiet = quietPart(this.#state, chunk, span);
      const fit = pamt.freeFrames(quiet, span);
      if (fit < span) return status("PAGE_METADATA_INCORRECT", "R8");

      const entries = td.sept.free(place.page, level, Math.floor(fit / span));
      const [added, rest] = alike(this.#state, chunk, entries * span, span, "exclusive");
      if (writes !== null) this.#state.write(added, td.key!, writes);
      const use = mapping === null
        ? noGuestPage("EPT", tdr)
        : { type: "REG", owner: tdr, level: level as PageLevel, mapping, epoch: null } as const;
      this.#state.use(added, use);
      (mapping === null ? td.sept.tables : td.sept.leaves)[level]!.insert(place.page, added);
      td.children += added.count;
      return [added, rest];
    });
  }

  /** Makes the checks that come before the page itself. */
  #find(
    { tdr, gpa, level }: Place,
    pages: number,
    levels: Levels,
    also: "table" | null = null,
  ): Found | bigint {
    const td = checkTd(this.#state, tdr, "RDX", "shared", "INITIALIZED", "RUNNABLE");
    if (typeof td === "bigint") return td;
    const mode = also === "table" ? "exclusive" : "shared";
    const place = walk(this.#state, td, gpa, level, levels, mode);
    if (typeof place === "bigint") return place;
    if (place.entry !== "leaf" && place.entry !== also) {
      return status("EPT_ENTRY_STATE_INCORRECT", "RCX");
    }
    const extents = place.entry === "leaf" ? td.sept.leaves : td.sept.tables;
    const reachable = td.sept.unblocked(place.page, level, pages);
    const { frames } = extents[level]!.translate(place.page, reachable);
    const piece = this.#state.pamt.piece(frames);
    return { td, page: place.page, entry: piece.entry!, frames: piece.pages };
  }
}

/** RCX of a leaf that gives back a page. */
function rcxOf(removed: FrameChunk | null, removable: readonly number[]): bigint {
  return removed === null
    ? 0n
    : BigInt(firstFrame(removed)) * BigInt(PAGE_BYTES) | removalHint(removable);
}

/** What an entry says once it is no longer blocked. */
function unblock(entry: PamtEntry): PamtEntry {
  const was = entry.mapping === "pending-blocked" ? "pending" : "mapped";
  const mapping = isBlocked(entry) ? (entry.type === "REG" ? was : null) : entry.mapping;
  return { ...entry, mapping, epoch: null };
}

/** Bits of a Secure EPT entry. */
const READ_WRITE_EXECUTE = 0x7n;
/** Bit 7: a page; bit 6 and bits 5:3: memory type write-back, whatever the guest says. */
const LEAF_WRITE_BACK = 0xf0n;
/** Set where the guest gets no #VE. */
const SUPPRESS_VE = 1n << 63n;

/** The refusals that show the entry. */
const SHOWS_ENTRY: ReadonlySet<bigint> = new Set([
  status("EPT_WALK_FAILED", "RCX"),
  status("EPT_ENTRY_STATE_INCORRECT", "RCX"),
  status("GPA_RANGE_NOT_BLOCKED", "RCX"),
]);

/** Says if a vCPU may still hold a translation of a page; a TD never finalised has never run. */
function refuseUntracked(td: Td, entry: PamtEntry): bigint | undefined {
  if (td.opState !== "RUNNABLE") return undefined;
  if (!isBlocked(entry)) return status("GPA_RANGE_NOT_BLOCKED", "RCX");
  const { epoch } = entry;
  const before = td.epoch - 1;
  const tracked = epoch! < before || (epoch === before && !td.runsSince(before));
  return tracked ? undefined : status("TLB_TRACKING_NOT_DONE", "RCX");
}

import { firstFrame, type FrameChunk, PAGE_BYTES } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import type { LockMode } from "../state/_page_locks.ts";
import type { SeamState } from "../state/_seam_state.ts";
import type { SecureEpt } from "../state/_secure_ept.ts";
import { framesPer, pageBytes, type PageLevel } from "../state/page_type.ts";
import { noGuestPage, type PamtEntry } from "../state/pamt.ts";
import type { LeafName } from "../state/seamcalls.ts";
import type { OpState, Td } from "../state/td.ts";
import { status } from "../status/seamcall_status.ts";
import { call, callForPages, SUCCESS } from "./_call.ts";
import {
  alike,
  checkTd,
  lockFrame,
  lockPages,
  lockPart,
  requireWholePages,
  walk,
} from "./_checks.ts";
import type { CountResult, Pages, PagesResult, RemoveResult } from "./results.ts";

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
 * Those that add pages take many at once as a chunk of frames, which go to consecutive GPAs; those
 * that take pages out of a live TD (D1 to D3) take consecutive GPAs. What comes back is as if the
 * leaf were issued page by page in ascending order; a call deals with as many pages as have the same
 * fate, and a removal with as many as lie together in memory.
 *
 * All but TDH.MEM.TRACK refuse first, in this order, with: what is wrong with the TDR (|RDX),
 * TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED, OP_STATE_INCORRECT, OPERAND_INVALID|RCX (GPA or
 * level), EPT_WALK_FAILED|RCX (the Secure EPT page is missing that would hold the entry),
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
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB.
   * @param pages How many consecutive pages, each by its own SEAMCALL; default 1.
   * @returns The status, and how many pages it is about.
   * @throws {RangeError} If an operand is not a whole number from 0, or `pages` is 0.
   */
  rangeBlock(tdr: number, gpa: number, level: number, pages: number = 1): CountResult {
    requireWhole("pages", pages, 1);
    let count = 1;
    const result = call(this.#state, "TDH.MEM.RANGE.BLOCK", { tdr, gpa, level }, () => {
      const found = this.#find({ tdr, gpa, level }, pages, [0, 3], "table");
      if (typeof found === "bigint") return found;
      const { td, entry, frames } = found;
      if (entry.mapping === "blocked") return status("GPA_RANGE_ALREADY_BLOCKED", "RCX");

      const span = framesPer(entry.level);
      const [blocked] = alike(this.#state, frames, frames.count, span, null);
      this.#state.pamt.change(blocked, entry, { ...entry, mapping: "blocked", epoch: td.epoch });
      count = blocked.count / span;
      return count;
    });
    return { ...result, count };
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
    let count = 1;
    const result = call(this.#state, "TDH.MEM.TRACK", { tdr }, () => {
      const td = checkTd(this.#state, tdr, "RCX", "shared", "INITIALIZED", "RUNNABLE");
      if (typeof td === "bigint") return td;
      const busy = lockPart(this.#state, { tdr, part: "TD_EPOCH" }, "exclusive");
      if (busy !== undefined) return busy;
      if (td.runsSince(td.epoch - 1)) return status("PREVIOUS_TLB_EPOCH_BUSY");

      // A second one would find the vCPUs that run now in the epoch before.
      count = td.runsSince(td.epoch) ? 1 : Math.min(times, this.#state.calls.quiet);
      td.epoch += count;
      return count;
    });
    return { ...result, count };
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
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB.
   * @param pages How many consecutive pages, each by its own SEAMCALL; default 1.
   * @returns The status, how many pages it is about, and the frames that were removed.
   * @throws {RangeError} If an operand is not a whole number from 0, or `pages` is 0.
   */
  pageRemove(tdr: number, gpa: number, level: number, pages: number = 1): RemoveResult {
    requireWhole("pages", pages, 1);
    let count = 1;
    let removed: FrameChunk | null = null;
    const result = call(this.#state, "TDH.MEM.PAGE.REMOVE", { tdr, gpa, level }, () => {
      const found = this.#find({ tdr, gpa, level }, pages, [0, 2]);
      if (typeof found === "bigint") return found;
      const { td, page, entry, frames } = found;
      const span = framesPer(level);
      const refusal = lockFrame(this.#state, firstFrame(frames), "RCX", "exclusive", span) ??
        refuseUntracked(td, entry);
      if (refusal !== undefined) return refusal;

      [removed] = alike(this.#state, frames, frames.count, span, "exclusive");
      count = removed.count / span;
      this.#state.pamt.free(removed, entry);
      td.sept.leaves[level]!.remove(page, count);
      td.children -= removed.count;
      return count;
    });
    const rcx = removed === null
      ? this.#entryShown(result.status, { tdr, gpa, level })
      : BigInt(firstFrame(removed)) * BigInt(PAGE_BYTES);
    return { ...result, count, pages: removed, rcx };
  }

  /**
   * TDH.MEM.SEPT.REMOVE: takes a page out of the Secure EPT. Nothing is written to it.
   *
   * Refuses as the class says, then, once the TD is finalised, with GPA_RANGE_NOT_BLOCKED|RCX and
   * TLB_TRACKING_NOT_DONE|RCX, and with OPERAND_BUSY|RCX or EPT_PAGE_NOT_FREE|RCX (an entry of it
   * is in use).
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
    const result = call(this.#state, "TDH.MEM.SEPT.REMOVE", { tdr, gpa, level }, () => {
      const td = checkTd(this.#state, tdr, "RDX", "shared", "INITIALIZED", "RUNNABLE");
      if (typeof td === "bigint") return td;
      const place = walk(this.#state, td, gpa, level, [1, 3], "exclusive");
      if (typeof place === "bigint") return place;
      if (place.entry !== "table") return status("EPT_ENTRY_STATE_INCORRECT", "RCX");
      const { frames } = td.sept.tables[level]!.translate(place.page, 1);
      const entry = this.#state.pamt.entry(frames.frame)!;
      const refusal = refuseUntracked(td, entry) ??
        lockFrame(this.#state, frames.frame, "RCX", "exclusive");
      if (refusal !== undefined) return refusal;
      if (!td.sept.isEmpty(place.page, level)) return status("EPT_PAGE_NOT_FREE", "RCX");

      this.#state.pamt.free(frames, entry);
      td.sept.tables[level]!.remove(place.page, 1);
      td.children--;
      removed = frames;
      return SUCCESS;
    });
    return { ...result, count: 1, pages: removed, rcx: 0n };
  }

  /** The Secure EPT entry that a refusal shows in RCX: the one at which the walk ended. */
  #entryShown(refusal: bigint, { tdr, gpa, level }: Place): bigint {
    if (!SHOWS_ENTRY.has(refusal)) return 0n;
    const { sept } = this.#state.tds.get(tdr)!;
    for (let at = 3; at > level; at--) {
      const page = Math.floor(gpa / pageBytes(at));
      if (sept.entry(page, at) !== "table") return this.#entryOf(sept, page, at);
    }
    return this.#entryOf(sept, gpa / pageBytes(level), level);
  }

  /** An entry as the host sees it: without the address of a Secure EPT page. */
  #entryOf(sept: SecureEpt, page: number, level: number): bigint {
    const entry = sept.entry(page, level);
    if (entry === "table") return READ_WRITE_EXECUTE;
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
      const piece = pamt.piece(chunk);
      const isFree = piece.entry?.type === "NDA" && piece.pages.count >= span;
      if (!isFree) return status("PAGE_METADATA_INCORRECT", "R8");

      const entries = td.sept.free(place.page, level, Math.floor(piece.pages.count / span));
      const [added, rest] = alike(this.#state, chunk, entries * span, span, "exclusive");
      if (writes !== null) this.#state.write(added, td.key!, writes);
      const use = mapping === null
        ? noGuestPage("EPT", tdr)
        : { type: "REG", owner: tdr, level: level as PageLevel, mapping, epoch: null } as const;
      pamt.use(added, use);
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
    const { frames } = extents[level]!.translate(place.page, pages);
    const piece = this.#state.pamt.piece(frames);
    return { td, page: place.page, entry: piece.entry!, frames: piece.pages };
  }
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
function refuseUntracked(td: Td, { mapping, epoch }: PamtEntry): bigint | undefined {
  if (td.opState !== "RUNNABLE") return undefined;
  if (mapping !== "blocked") return status("GPA_RANGE_NOT_BLOCKED", "RCX");
  const before = td.epoch - 1;
  const tracked = epoch! < before || (epoch === before && !td.runsSince(before));
  return tracked ? undefined : status("TLB_TRACKING_NOT_DONE", "RCX");
}

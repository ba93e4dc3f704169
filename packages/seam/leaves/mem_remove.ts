import type { FrameChunk } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import { firstFrame, splitChunk } from "@tdx/core";
import { checkTd, refuseUnbuilt, requireAddress, requireGpa, walk } from "./_checks.ts";
import type { PamtEntry } from "../state/pamt.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";
import type { LeafName, SeamcallResult } from "../state/seamcalls.ts";
import { status } from "../status/seamcall_status.ts";
import { framesPer, type OpState, pageBytes, type Td } from "../state/td.ts";
import { alike } from "./pages.ts";

/**
 * What became of consecutive SEAMCALLs of one leaf: the first `count` of them had the same fate.
 * On success they were done; a refusal concerns one. Go on behind them.
 */
export interface CountResult extends SeamcallResult {
  /** How many SEAMCALLs, and so how many pages, the status is about. */
  readonly count: number;
}

/** What became of guest pages that were to be removed. */
export interface RemoveResult extends CountResult {
  /** The frames that were removed; `null` where the removal was refused. */
  readonly pages: FrameChunk | null;
}

/**
 * The TDH.MEM leaves that take pages out of a TD while its key is live (D1 to D3).
 *
 * Consecutive GPAs can be given at once. What comes back is as if the leaf were issued page by page
 * in ascending order; a call does as many pages as have the same fate and lie together in memory.
 */
export interface MemRemoveLeaves {
  /**
   * TDH.MEM.RANGE.BLOCK (D1): blocks guest pages and notes the TD's epoch.
   *
   * Refuses, in this order, with: what is wrong with the TDR (|RDX), TD_KEYS_NOT_CONFIGURED,
   * TDCS_NOT_ALLOCATED, OP_STATE_INCORRECT, OPERAND_INVALID|RCX (GPA or level),
   * EPT_WALK_FAILED|RCX (no Secure EPT page holds the entry), EPT_ENTRY_STATE_INCORRECT|RCX
   * (nothing is mapped there), GPA_RANGE_ALREADY_BLOCKED|RCX.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address, a multiple of the page size.
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB.
   * @param pages How many consecutive pages, each by its own SEAMCALL; default 1.
   * @returns The status, and how many pages it is about.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is nothing that a register can hold, or the entry points
   * at a Secure EPT page: blocking more than a page at once is not modelled.
   */
  rangeBlock(tdr: number, gpa: number, level: number, pages?: number): CountResult;

  /**
   * TDH.MEM.TRACK (D2): begins a new epoch. Then kick the vCPUs.
   *
   * Refuses with what is wrong with the TDR (|RCX), the TD's state, or PREVIOUS_TLB_EPOCH_BUSY
   * while a vCPU runs that entered before the last tracking.
   *
   * @param tdr Address of the TDR in bytes.
   * @param times How many SEAMCALLs; default 1.
   * @returns The status, and how many SEAMCALLs it is about.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  track(tdr: number, times?: number): CountResult;

  /**
   * TDH.MEM.PAGE.REMOVE (D3): takes blocked and tracked pages out of the TD. Only metadata change:
   * the lines keep TD owner, MAC and poison.
   *
   * Refuses as {@link MemRemoveLeaves.rangeBlock} does as far as the entry, then with
   * OPERAND_BUSY|RCX, GPA_RANGE_NOT_BLOCKED|RCX, TLB_TRACKING_NOT_DONE|RCX; the last two not before
   * TDH.MR.FINALIZE, when the TD cannot have run.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address, a multiple of the page size.
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB.
   * @param pages How many consecutive pages, each by its own SEAMCALL; default 1.
   * @returns The status, how many pages it is about, and the frames that were removed.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is nothing that a register can hold.
   */
  pageRemove(tdr: number, gpa: number, level: number, pages?: number): RemoveResult;
}

/** Guest pages that a leaf found, alike as far as the Secure EPT and the PAMT go. */
interface Found {
  readonly td: Td;
  readonly page: number;
  readonly entry: PamtEntry;
  readonly frames: FrameChunk;
}

const SET_UP: readonly OpState[] = ["INITIALIZED", "RUNNABLE"];

/** The TDH.MEM leaves of a module that take pages out. */
export function memRemoveLeaves(state: SeamState): MemRemoveLeaves {
  const { calls, pamt } = state;
  return {
    rangeBlock(tdr, gpa, level, pages = 1) {
      requireGuestPages(tdr, gpa, level, pages);
      requireNoTable(state.tds.get(tdr), gpa, level);
      const found = find(state, "TDH.MEM.RANGE.BLOCK", tdr, gpa, level, pages, [0, 3]);
      if (typeof found === "bigint") return { status: found, count: 1 };
      const { td, entry } = found;
      if (entry.mapping === "blocked") {
        return { status: status("GPA_RANGE_ALREADY_BLOCKED", "RCX"), count: 1 };
      }

      const frames = limit(found.frames, level, 1 + calls.quiet);
      const count = frames.count / framesPer(level);
      calls.repeat("TDH.MEM.RANGE.BLOCK", count - 1);
      pamt.change(frames, entry, { ...entry, mapping: "blocked", epoch: td.epoch });
      return { status: SUCCESS, count };
    },

    track(tdr, times = 1) {
      requireAddress("tdr", tdr);
      requireWhole("times", times, 1);
      calls.begin("TDH.MEM.TRACK");
      const td = checkTd(state, tdr, "RCX", "shared");
      if (typeof td === "bigint") return { status: td, count: 1 };
      const unbuilt = refuseUnbuilt(td, "RUNNABLE");
      if (unbuilt !== undefined) return { status: unbuilt, count: 1 };
      if (td.runningSince(td.epoch - 1) > 0) {
        return { status: status("PREVIOUS_TLB_EPOCH_BUSY"), count: 1 };
      }

      // A second one would find the vCPUs that run now in the epoch before.
      const count = td.runningSince(td.epoch) > 0 ? 1 : Math.min(times, 1 + calls.quiet);
      calls.repeat("TDH.MEM.TRACK", count - 1);
      td.epoch += count;
      return { status: SUCCESS, count };
    },

    pageRemove(tdr, gpa, level, pages = 1) {
      requireGuestPages(tdr, gpa, level, pages);
      const found = find(state, "TDH.MEM.PAGE.REMOVE", tdr, gpa, level, pages, [0, 2]);
      if (typeof found === "bigint") return { status: found, count: 1, pages: null };
      const { td, page, entry } = found;
      const span = framesPer(level);
      const refusal = state.busy(firstFrame(found.frames), "RCX", "exclusive", span) ??
        refuseUntracked(td, entry);
      if (refusal !== undefined) return { status: refusal, count: 1, pages: null };

      const frames = limit(found.frames, level, alike(state, found.frames, span, "exclusive"));
      const count = frames.count / span;
      calls.repeat("TDH.MEM.PAGE.REMOVE", count - 1);
      pamt.free(frames, entry);
      td.leaves[level]!.remove(page, count);
      td.children -= frames.count;
      return { status: SUCCESS, count, pages: frames };
    },
  };
}

function find(
  state: SeamState,
  leaf: LeafName,
  tdr: number,
  gpa: number,
  level: number,
  pages: number,
  levels: readonly [number, number],
): Found | bigint {
  state.calls.begin(leaf);
  const td = checkTd(state, tdr, "RDX", "shared");
  if (typeof td === "bigint") return td;
  const unbuilt = refuseUnbuilt(td, ...SET_UP);
  if (unbuilt !== undefined) return unbuilt;
  const place = walk(td, gpa, level, levels);
  if (typeof place === "bigint") return place;
  if (place.kind !== "leaf") return status("EPT_ENTRY_STATE_INCORRECT", "RCX");
  const { frames } = td.leaves[level]!.translate(place.page, pages);
  const piece = state.pamt.piece(frames);
  return { td, page: place.page, entry: piece.entry!, frames: piece.pages };
}

/** The first pages of a chunk. */
function limit(frames: FrameChunk, level: number, pages: number): FrameChunk {
  return splitChunk(frames, Math.min(frames.count, pages * framesPer(level)))[0];
}

/** Whether a vCPU may still hold a translation (a TD that was never finalised never ran). */
function refuseUntracked(td: Td, { mapping, epoch }: PamtEntry): bigint | undefined {
  if (td.opState !== "RUNNABLE") return undefined;
  if (mapping !== "blocked") return status("GPA_RANGE_NOT_BLOCKED", "RCX");
  const before = td.epoch - 1;
  const tracked = epoch! < before || (epoch === before && td.runningSince(before) === 0);
  return tracked ? undefined : status("TLB_TRACKING_NOT_DONE", "RCX");
}

function requireGuestPages(tdr: number, gpa: number, level: number, pages: number): void {
  requireAddress("tdr", tdr);
  requireGpa(gpa, level);
  requireWhole("pages", pages, 1);
}

function requireNoTable(td: Td | undefined, gpa: number, level: number): void {
  if (td?.tables[level]?.present(Math.floor(gpa / pageBytes(level)), 1)) {
    throw new RangeError(
      `Expected a GPA and level that map a page, got the Secure EPT page of level ${level} at ` +
        `0x${gpa.toString(16)}; blocking all it maps at once is not modelled`,
    );
  }
}

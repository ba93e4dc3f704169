import { type FrameChunk, PAGE_BYTES } from "@tdx/core";
import { requireWhole, wrongType } from "@tdx/core/arguments";
import { TDCS_PAGES } from "../control_pages.ts";
import { firstFrame, rankOf, requireChunk, runOf } from "@tdx/core";
import type { LockMode } from "../state/_page_locks.ts";
import type { PageType } from "../state/page_type.ts";
import type { SeamState } from "../state/_seam_state.ts";
import { status } from "../status/seamcall_status.ts";
import type { OperandName, StatusName } from "../status/status_codes.ts";
import { framesPer, type OpState, pageBytes, type Td, type Vcpu } from "../state/td.ts";

/**
 * Pages that a leaf takes: the address of one page in bytes, or many 4 KiB frames, as a
 * `FrameMap` of `@tdx/core` or {@link chunksOf} gives them.
 */
export type Pages = number | FrameChunk;

/** A guest physical address of a TD with GPAW 0 that is private is below this. */
export const GPA_LIMIT: number = 2 ** 47;

// Every check gives what it looked up, or a bigint: the status of the refusal.

/** Refuses what no register can hold as an address. */
export function requireAddress(name: string, address: number): void {
  requireWhole(name, address, 0);
}

/** Refuses what is neither an address nor frames of this memory. */
export function requirePages(state: SeamState, pages: Pages): void {
  if (typeof pages === "number") return requireAddress("pages", pages);
  if (typeof pages !== "object" || pages === null) {
    throw wrongType("pages", "an address or a chunk of frames", pages);
  }
  requireChunk(pages);
  if (rankOf(pages, state.pamt.frames) !== pages.count) {
    throw new RangeError(
      `Expected frames from 0 to ${
        state.pamt.frames - 1
      }, got ${pages.count} from ${pages.frame} on`,
    );
  }
}

/**
 * Checks the address of the first page: aligned to `span` frames, without KeyID bits, in a TDMR.
 * Gives the frames as a chunk, of `span` frames for a single page.
 */
export function checkAddress(
  { memory, pamt }: SeamState,
  pages: Pages,
  operand: OperandName,
  span: number = 1,
): FrameChunk | bigint {
  const address = typeof pages === "number" ? pages : firstFrame(pages) * PAGE_BYTES;
  if (address % (span * PAGE_BYTES) !== 0 || address >= memory.keyIds.addressLimit) {
    return status("OPERAND_INVALID", operand);
  }
  const frame = address / PAGE_BYTES;
  if (pamt.entry(frame) === undefined) return status("OPERAND_ADDR_RANGE_ERROR", operand);
  return typeof pages === "number" ? runOf(frame, span) : pages;
}

/** Checks one 4 KiB page: address, lock, then type. Gives its frame number. */
export function checkPage(
  state: SeamState,
  pa: number,
  operand: OperandName,
  type: PageType,
  mode: LockMode = "exclusive",
): number | bigint {
  const chunk = checkAddress(state, pa, operand);
  if (typeof chunk === "bigint") return chunk;
  const busy = state.busy(chunk.frame, operand, mode);
  if (busy !== undefined) return busy;
  const entry = state.pamt.entry(chunk.frame)!;
  if (entry.level !== 0 || entry.type !== type) return status("PAGE_METADATA_INCORRECT", operand);
  return chunk.frame;
}

/** Checks the TDR that names a TD. */
export function checkTd(
  state: SeamState,
  tdr: number,
  operand: OperandName,
  mode: LockMode,
): Td | bigint {
  const frame = checkPage(state, tdr, operand, "TDR", mode);
  return typeof frame === "bigint" ? frame : state.tds.get(tdr)!;
}

/** Checks a TDVPR, and takes the lock of the TDR that owns it. */
export function checkVcpu(
  state: SeamState,
  tdvpr: number,
  operand: OperandName,
  mode: LockMode,
): Vcpu | bigint {
  const frame = checkPage(state, tdvpr, operand, "TDVPR", mode);
  if (typeof frame === "bigint") return frame;
  const td = state.tds.get(state.pamt.entry(frame)!.owner!)!;
  return state.busy(td.tdr / PAGE_BYTES, "TDR", "shared") ?? td.vcpus.get(tdvpr)!;
}

/** Checks that a TD has keys and a TDCS, and is set up far enough. */
export function refuseUnbuilt(td: Td, ...allowed: readonly OpState[]): bigint | undefined {
  if (td.lifeCycle !== "KEYS_CONFIGURED") return status("TD_KEYS_NOT_CONFIGURED");
  if (td.tdcsPages < TDCS_PAGES.min) return status("TDCS_NOT_ALLOCATED");
  return allowed.includes(td.opState) ? undefined : status("OP_STATE_INCORRECT");
}

/** An entry of a Secure EPT. */
export interface SeptEntry {
  /** Number of the page at that level: the GPA divided by its size. */
  readonly page: number;
  readonly kind: "free" | "leaf" | "table";
}

/** Refuses what no register can hold as a GPA with a level. */
export function requireGpa(gpa: number, level: number): void {
  requireAddress("gpa", gpa);
  requireWhole("level", level, 0, 7);
}

/** Checks a GPA with its level and walks to the Secure EPT entry. */
export function walk(
  td: Td,
  gpa: number,
  level: number,
  [low, high]: readonly [number, number],
): SeptEntry | bigint {
  const fits = level >= low && level <= high && gpa < GPA_LIMIT && gpa % pageBytes(level) === 0;
  if (!fits) return status("OPERAND_INVALID", "RCX");
  const page = gpa / pageBytes(level);
  if (tablesAbove(td, page, level, 1) === 0) return status("EPT_WALK_FAILED", "RCX");
  if (td.leaves[level]?.present(page, 1)) return { page, kind: "leaf" };
  return { page, kind: td.tables[level]!.present(page, 1) ? "table" : "free" };
}

/** How many pages from one on have the Secure EPT page that holds their entries, at most `limit`. */
export function tablesAbove(td: Td, page: number, level: number, limit: number): number {
  // The root is part of the TDCS.
  if (level === 3) return limit;
  const span = framesPer(1);
  const [table, place] = [Math.floor(page / span), page % span];
  const tables = td.tables[level + 1]!.present(table, Math.ceil((place + limit) / span));
  return Math.min(Math.max(tables * span - place, 0), limit);
}

/** A result without anything but a refusal. */
export function refusal(name: StatusName, operand?: OperandName): { status: bigint } {
  return { status: status(name, operand) };
}

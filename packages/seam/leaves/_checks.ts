// Checks that leaves share. Each gives what it looked up, or ends the SEAMCALL with a status. A
// SEAMCALL is done before the next one begins, so a lock that nobody holds is as good as taken.
import { firstFrame, type FrameChunk, PAGE_BYTES, splitChunk } from "@tdx/core";
import type { LockMode } from "../state/_page_locks.ts";
import { GPA_LIMIT, type SeptEntry } from "../state/_secure_ept.ts";
import type { SeamState } from "../state/_seam_state.ts";
import { framesPer, pageBytes, type PageType } from "../state/page_type.ts";
import { type OpState, type Td, TDCS_PAGES, type Vcpu } from "../state/td.ts";
import type { OperandName } from "../status/status_codes.ts";
import { chunkFrom, refuse, type Split } from "./_call.ts";
import type { Pages } from "./results.ts";

/** Checks the address of the first page: aligned to `span` frames, without KeyID bits, in a TDMR. */
export function checkAddress(
  { memory, pamt }: SeamState,
  pages: Pages,
  operand: OperandName,
  span: number = 1,
): FrameChunk {
  const address = typeof pages === "number" ? pages : firstFrame(pages) * PAGE_BYTES;
  if (address % (span * PAGE_BYTES) !== 0 || address >= memory.keyIds.addressLimit) {
    refuse("OPERAND_INVALID", operand);
  }
  if (pamt.entry(address / PAGE_BYTES) === undefined) refuse("OPERAND_ADDR_RANGE_ERROR", operand);
  return chunkFrom(pages, span);
}

/** Takes the lock of the page that a frame is part of, or of `span` frames. */
export function lockPage(
  { calls, locks, pamt }: SeamState,
  frame: number,
  operand: OperandName,
  mode: LockMode,
  span: number = 1,
): void {
  const size = framesPer(pamt.entry(frame)?.level ?? 0);
  const isFree = !calls.meetsBusy() &&
    locks.isFree(frame - frame % size, Math.max(size, span), mode);
  if (!isFree) refuse("OPERAND_BUSY", operand);
}

/** Checks and locks a 4 KiB page of a type; gives its frame number. */
export function checkPage(
  state: SeamState,
  pa: number,
  operand: OperandName,
  type: PageType,
  mode: LockMode = "exclusive",
): number {
  const { frame } = checkAddress(state, pa, operand);
  lockPage(state, frame, operand, mode);
  const entry = state.pamt.entry(frame)!;
  if (entry.level !== 0 || entry.type !== type) refuse("PAGE_METADATA_INCORRECT", operand);
  return frame;
}

/** Checks and locks the TDR that names a TD. */
export function checkTd(state: SeamState, tdr: number, operand: OperandName, mode: LockMode): Td {
  checkPage(state, tdr, operand, "TDR", mode);
  return state.tds.get(tdr)!;
}

/** Checks and locks the TDVPR that names a vCPU, and then the TDR that owns it. */
export function checkVcpu(
  state: SeamState,
  tdvpr: number,
  operand: OperandName,
  mode: LockMode,
): Vcpu {
  const frame = checkPage(state, tdvpr, operand, "TDVPR", mode);
  const td = state.tds.get(state.pamt.entry(frame)!.owner!)!;
  lockPage(state, td.tdr / PAGE_BYTES, "TDR", "shared");
  return td.vcpus.get(tdvpr)!;
}

/** Checks that a TD has keys and a TDCS, and is set up far enough but not too far. */
export function checkOpState(td: Td, ...allowed: readonly OpState[]): void {
  if (td.lifeCycle !== "KEYS_CONFIGURED") refuse("TD_KEYS_NOT_CONFIGURED");
  if (td.tdcsPages < TDCS_PAGES.min) refuse("TDCS_NOT_ALLOCATED");
  if (!allowed.includes(td.opState)) refuse("OP_STATE_INCORRECT");
}

/** Checks a GPA with its level, and walks to the Secure EPT entry. */
export function walk(
  { sept }: Td,
  gpa: number,
  level: number,
  [low, high]: readonly [number, number],
): { readonly page: number; readonly entry: SeptEntry } {
  const fits = level >= low && level <= high && gpa < GPA_LIMIT && gpa % pageBytes(level) === 0;
  if (!fits) refuse("OPERAND_INVALID", "RCX");
  const page = gpa / pageBytes(level);
  const entry = sept.entry(page, level);
  return entry === undefined ? refuse("EPT_WALK_FAILED", "RCX") : { page, entry };
}

/**
 * Those of the first `frames` of a chunk whose pages go like the first one, which passed: up to a
 * lock that the leaf takes (`null` for none), or to the SEAMCALL that meets an injected fault.
 */
export function alike(
  { calls, locks }: SeamState,
  chunk: FrameChunk,
  frames: number,
  span: number,
  mode: LockMode | null,
): Split {
  const free = mode === null ? Infinity : locks.freePages(chunk, span, mode);
  return splitChunk(chunk, span * Math.min(Math.floor(frames / span), free, calls.quiet));
}

/** Throws unless frames are a row of whole pages of `span` frames. */
export function requireWholePages(pages: FrameChunk, span: number): void {
  if (span === 1 || (pages.words === null && pages.count % span === 0)) return;
  throw new RangeError(
    `Expected a contiguous chunk of whole pages of ${span} frames, got ${pages.count} frames`,
  );
}

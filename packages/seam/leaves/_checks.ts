// Checks that leaves share. Each gives what it looked up, or a bigint: the status of the refusal. A
// SEAMCALL is done before the next one begins, so a lock that nobody holds is as good as taken.
import { firstFrame, type FrameChunk, PAGE_BYTES, runOf, sliceChunk, splitChunk } from "@tdx/core";
import type { LockedPart, LockMode } from "../state/_page_locks.ts";
import { GPA_LIMIT, type SeptEntry } from "../state/_secure_ept.ts";
import type { SeamState } from "../state/_seam_state.ts";
import { framesPer, isInUse, pageBytes, type PageType } from "../state/page_type.ts";
import { noGuestPage } from "../state/pamt.ts";
import { type OpState, type Td, TDCS_PAGES, type Vcpu } from "../state/td.ts";
import { status } from "../status/seamcall_status.ts";
import type { OperandName } from "../status/status_codes.ts";
import { chunkFrom, type Split } from "./_call.ts";
import type { Pages } from "./results.ts";

/**
 * Checks the address of the first page, aligned to `span` frames, without KeyID bits and in a TDMR;
 * then takes its lock. Gives the frames.
 */
export function lockPages(
  state: SeamState,
  pages: Pages,
  operand: OperandName,
  mode: LockMode,
  span: number = 1,
): FrameChunk | bigint {
  const address = typeof pages === "number" ? pages : firstFrame(pages) * PAGE_BYTES;
  return refuseAddress(state, address, operand, span) ??
    lockFrame(state, address / PAGE_BYTES, operand, mode, span) ?? chunkFrom(pages, span);
}

/** Says if an address is not aligned to `span` frames, has KeyID bits, or is in no TDMR. */
export function refuseAddress(
  { memory, pamt }: SeamState,
  address: number,
  operand: OperandName,
  span: number = 1,
): bigint | undefined {
  if (address % (span * PAGE_BYTES) !== 0 || address >= memory.keyIds.addressLimit) {
    return status("OPERAND_INVALID", operand);
  }
  if (pamt.entry(address / PAGE_BYTES) !== undefined) return undefined;
  return status("OPERAND_ADDR_RANGE_ERROR", operand);
}

/** Takes the lock of a page by its frame, or says that it is taken. */
export function lockFrame(
  { calls, locks, pamt }: SeamState,
  frame: number,
  operand: OperandName,
  mode: LockMode,
  span: number = 1,
): bigint | undefined {
  const size = framesPer(pamt.entry(frame)?.level ?? 0);
  const isTaken = !calls.meetsBusy() &&
    locks.take(frame - frame % size, Math.max(size, span), mode);
  return isTaken ? undefined : status("OPERAND_BUSY", operand);
}

/** Takes the lock of a part of a TD or of the key ownership table, or says that it is taken. */
export function lockPart(
  { parts }: SeamState,
  part: LockedPart,
  mode: LockMode,
): bigint | undefined {
  if (parts.isFree(part, mode)) return undefined;
  return status("OPERAND_BUSY", part === "KOT" ? part : part.part);
}

/** Takes the lock of the TDR that owns a page, together with others, or says that it is taken. */
export function lockTdr({ locks }: SeamState, { tdr }: Td): bigint | undefined {
  return locks.take(tdr / PAGE_BYTES, 1, "shared") ? undefined : status("OPERAND_BUSY", "TDR");
}

/** Checks and locks a 4 KiB page of a type; gives its frame number. */
export function checkPage(
  state: SeamState,
  pa: number,
  operand: OperandName,
  type: PageType,
  mode: LockMode = "exclusive",
): number | bigint {
  const chunk = lockPages(state, pa, operand, mode);
  if (typeof chunk === "bigint") return chunk;
  const entry = state.pamt.entry(chunk.frame)!;
  if (type === "NDA" && lacksPair(state, chunk)) return status("MISSING_PAMT_PAGE_PAIR", operand);
  if (entry.level === 0 && entry.type === type) return chunk.frame;
  return status("PAGE_METADATA_INCORRECT", operand);
}

/** Whether the region of a page lacks the pair of Dynamic PAMT that a page of 4 KiB needs. */
export function lacksPair({ pamt }: SeamState, chunk: FrameChunk): boolean {
  return pamt.fit(chunk, 1) === 0 && pamt.entry(firstFrame(chunk))!.level === 0;
}

/**
 * Checks two pages, whose addresses are good, that are to be the PAMT pair of the region that begins
 * at a frame: free and not the same. Gives their frames.
 */
export function checkPair(
  state: SeamState,
  first: number,
  second: number,
  operands: readonly [OperandName, OperandName],
  region: number,
): [number, number] | bigint {
  const frames: [number, number] = [first / PAGE_BYTES, second / PAGE_BYTES];
  for (const [i, frame] of frames.entries()) {
    // The entry of the region is locked already, and with it those of its pages.
    const isInside = frame >= region && frame < region + framesPer(1);
    const busy = isInside ? undefined : lockPairPage(state, frame, operands[i]!);
    if (busy !== undefined) return busy;
    if (isInUse(state.pamt.entry(frame)!.type)) return status("PAGE_NOT_FREE", operands[i]!);
  }
  // Reserved pages, and those of pairs, have no entry: a bitmap knows them, looked at last.
  for (const [i, frame] of frames.entries()) {
    const isFree = state.pamt.entry(frame)!.type === "NDA" && (i === 0 || frame !== frames[0]);
    if (!isFree) return status("PAGE_NOT_FREE", operands[i]!);
  }
  return frames;
}

/** Takes the lock of a page that joins a pair; both are locked shared, so twice the same is no clash. */
function lockPairPage(state: SeamState, frame: number, operand: OperandName): bigint | undefined {
  const isFree = !state.calls.meetsBusy() && state.locks.isFree(frame, 1, "shared");
  return isFree ? undefined : status("OPERAND_BUSY", operand);
}

/** Gives a region its PAMT pair, which the module writes under the global key. */
export function usePair(
  state: SeamState,
  region: number,
  pair: readonly [number, number],
  used: number,
): void {
  const { keys, pamt } = state;
  for (const frame of pair) {
    const page = runOf(frame, 1);
    state.write(page, keys.globalKey);
    pamt.use(page, noGuestPage("PAMT"));
  }
  pamt.pairs!.add(region / framesPer(1), pair, used);
}

/** Takes a region's pair from it; nothing is written to the pages. */
export function freePair({ pamt }: SeamState, region: number): readonly [number, number] {
  const { pages } = pamt.pairs!.get(region / framesPer(1))!;
  for (const frame of pages) pamt.free(runOf(frame, 1), pamt.entry(frame)!);
  pamt.pairs!.remove(region / framesPer(1));
  return pages;
}

/** Checks and locks the TDR that names a TD; then the TD's operation state, if any are named. */
export function checkTd(
  state: SeamState,
  tdr: number,
  operand: OperandName,
  mode: LockMode,
  ...opStates: readonly OpState[]
): Td | bigint {
  const frame = checkPage(state, tdr, operand, "TDR", mode);
  if (typeof frame === "bigint") return frame;
  const td = state.tds.get(tdr)!;
  return refuseOpState(state, td, opStates, mode) ?? td;
}

/** Checks and locks the TDVPR that names a vCPU, and the TDR that owns it; then as for a TD. */
export function checkVcpu(
  state: SeamState,
  tdvpr: number,
  operand: OperandName,
  mode: LockMode,
  ...opStates: readonly OpState[]
): Vcpu | bigint {
  const frame = checkPage(state, tdvpr, operand, "TDVPR", mode);
  if (typeof frame === "bigint") return frame;
  const td = state.tds.get(state.pamt.entry(frame)!.owner!)!;
  return lockTdr(state, td) ?? refuseOpState(state, td, opStates, "shared") ?? td.vcpus.get(tdvpr)!;
}

/** Says if a TD lacks keys or a TDCS, or is not in one of the states, where any are named. */
function refuseOpState(
  state: SeamState,
  td: Td,
  opStates: readonly OpState[],
  mode: LockMode,
): bigint | undefined {
  if (opStates.length === 0) return undefined;
  if (td.fatal) return status("TD_FATAL");
  if (td.lifeCycle !== "KEYS_CONFIGURED") return status("TD_KEYS_NOT_CONFIGURED");
  if (td.tdcsPages < TDCS_PAGES.min) return status("TDCS_NOT_ALLOCATED");
  const busy = lockPart(state, { tdr: td.tdr, part: "OP_STATE" }, mode);
  if (busy !== undefined) return busy;
  return opStates.includes(td.opState) ? undefined : status("OP_STATE_INCORRECT");
}

/** Checks a GPA with its level, locks the Secure EPT, and walks to the Secure EPT entry. */
export function walk(
  state: SeamState,
  { sept, tdr }: Td,
  gpa: number,
  level: number,
  [low, high]: readonly [number, number],
  mode: LockMode,
): { readonly page: number; readonly entry: SeptEntry } | bigint {
  const fits = level >= low && level <= high && gpa < GPA_LIMIT && gpa % pageBytes(level) === 0;
  if (!fits) return status("OPERAND_INVALID", "RCX");
  const busy = lockPart(state, { tdr, part: "SEPT_TREE" }, mode);
  if (busy !== undefined) return busy;
  const page = gpa / pageBytes(level);
  const entry = sept.entry(page, level);
  return entry === undefined ? status("EPT_WALK_FAILED", "RCX") : { page, entry };
}

/** The first pages of a chunk, as far as no injected fault meets them: no further is worth a look. */
export function quietPart({ calls }: SeamState, chunk: FrameChunk, span: number = 1): FrameChunk {
  return sliceChunk(chunk, 0, Math.min(chunk.count, span * Math.max(calls.quiet, 1)));
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

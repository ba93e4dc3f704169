import { firstFrame } from "@tdx/core";
import {
  checkAddress,
  checkTd,
  GPA_LIMIT,
  type Pages,
  refuseUnbuilt,
  requireAddress,
  requireGpa,
  requirePages,
  tablesAbove,
  walk,
} from "./_checks.ts";
import type { LockMode } from "../state/_page_locks.ts";
import type { PamtEntry } from "../state/pamt.ts";
import type { PageLevel } from "../state/page_type.ts";
import type { LeafName } from "../state/seamcalls.ts";
import { status } from "../status/seamcall_status.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";
import { framesPer, type OpState, pageBytes, type Td } from "../state/td.ts";
import { alike, done, type PagesResult, refused, requireWholePages } from "./pages.ts";

/** What tells the leaves that add pages to a Secure EPT apart. */
interface AddLeaf {
  readonly name: LeafName;
  readonly tdrLock: LockMode;
  readonly opStates: readonly OpState[];
  readonly levels: readonly [number, number];
  /** Frames of a page of that level. */
  readonly span: (level: number) => number;
  readonly entry: (td: Td, level: PageLevel) => PamtEntry;
  /** What the module writes to the page; nothing for a page that is yet to be accepted. */
  readonly writes: "zeros" | "host" | null;
}

const GUEST_PAGE = { type: "REG", epoch: null } as const;

const SEPT_ADD: AddLeaf = {
  name: "TDH.MEM.SEPT.ADD",
  tdrLock: "shared",
  opStates: ["INITIALIZED", "RUNNABLE"],
  levels: [1, 3],
  span: () => 1,
  entry: ({ tdr }) => ({ type: "EPT", owner: tdr, level: 0, mapping: null, epoch: null }),
  writes: "zeros",
};

const PAGE_ADD: AddLeaf = {
  name: "TDH.MEM.PAGE.ADD",
  tdrLock: "exclusive",
  opStates: ["INITIALIZED"],
  levels: [0, 0],
  span: framesPer,
  entry: ({ tdr }, level) => ({ ...GUEST_PAGE, owner: tdr, level, mapping: "mapped" }),
  writes: "host",
};

const PAGE_AUG: AddLeaf = {
  name: "TDH.MEM.PAGE.AUG",
  tdrLock: "shared",
  opStates: ["RUNNABLE"],
  levels: [0, 1],
  span: framesPer,
  entry: ({ tdr }, level) => ({ ...GUEST_PAGE, owner: tdr, level, mapping: "pending" }),
  writes: null,
};

/**
 * The TDH.MEM leaves that add pages to the Secure EPT of a TD.
 *
 * All three refuse, in this order, with: what is wrong with the TDR (|RDX), TD_KEYS_NOT_CONFIGURED,
 * TDCS_NOT_ALLOCATED, OP_STATE_INCORRECT, OPERAND_INVALID|RCX (GPA or level), EPT_WALK_FAILED|RCX
 * (a Secure EPT page is missing on the way), EPT_ENTRY_STATE_INCORRECT|RCX (something is mapped
 * there), what is wrong with the page (|R8).
 *
 * Many pages at once are given as a chunk of frames; they go to consecutive GPAs, and what comes
 * back is as if the leaf were issued page by page in ascending order.
 */
export interface MemBuildLeaves {
  /**
   * TDH.MEM.SEPT.ADD: adds a page to the Secure EPT, which holds 512 entries.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address that the page translates, a multiple of what it spans.
   * @param level Level of the entry that points at it: 1 for a page that spans 2 MiB, 2 for 1 GiB,
   * 3 for 512 GiB.
   * @param pages Free pages of 4 KiB.
   * @returns The status, the pages it is about, and the rest.
   * @throws {TypeError} Where an operand is of the wrong type.
   * @throws {RangeError} Where an operand is nothing that a register or the memory can hold.
   */
  septAdd(tdr: number, gpa: number, level: number, pages: Pages): PagesResult;

  /**
   * TDH.MEM.PAGE.ADD: adds a page with initial content, which the module copies from the host,
   * before the TD is finalised. The source page is not modelled; the content counts as `host`.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa Guest physical address, a multiple of 4 KiB.
   * @param pages Free pages of 4 KiB.
   * @returns The status, the pages it is about, and the rest.
   * @throws {TypeError} Where an operand is of the wrong type.
   * @throws {RangeError} Where an operand is nothing that a register or the memory can hold.
   */
  pageAdd(tdr: number, gpa: number, pages: Pages): PagesResult;

  /**
   * TDH.MEM.PAGE.AUG: adds a page that the guest has to accept; until then nothing is written.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa Guest physical address, a multiple of the page size.
   * @param level 0 for 4 KiB, 1 for 2 MiB.
   * @param pages Free pages; for 2 MiB the address of one, or a contiguous chunk of whole ones.
   * @returns The status, the pages it is about, and the rest.
   * @throws {TypeError} Where an operand is of the wrong type.
   * @throws {RangeError} Where an operand is nothing that a register or the memory can hold.
   */
  pageAug(tdr: number, gpa: number, level: number, pages: Pages): PagesResult;
}

/** The TDH.MEM leaves of a module that add pages. */
export function memBuildLeaves(state: SeamState): MemBuildLeaves {
  return {
    septAdd: (tdr, gpa, level, pages) => add(state, SEPT_ADD, tdr, gpa, level, pages),
    pageAdd: (tdr, gpa, pages) => add(state, PAGE_ADD, tdr, gpa, 0, pages),
    pageAug: (tdr, gpa, level, pages) => add(state, PAGE_AUG, tdr, gpa, level, pages),
  };
}

function add(
  state: SeamState,
  leaf: AddLeaf,
  tdr: number,
  gpa: number,
  level: number,
  pages: Pages,
): PagesResult {
  requireAddress("tdr", tdr);
  requireGpa(gpa, level);
  requirePages(state, pages);
  const span = leaf.span(Math.min(level, leaf.levels[1]));
  requireWholePages(pages, span);
  state.calls.begin(leaf.name);

  const td = checkTd(state, tdr, "RDX", leaf.tdrLock);
  if (typeof td === "bigint") return refused(td, pages, span);
  const unbuilt = refuseUnbuilt(td, ...leaf.opStates);
  if (unbuilt !== undefined) return refused(unbuilt, pages, span);
  const place = walk(td, gpa, level, leaf.levels);
  if (typeof place === "bigint") return refused(place, pages, span);
  if (place.kind !== "free") {
    return refused(status("EPT_ENTRY_STATE_INCORRECT", "RCX"), pages, span);
  }
  const chunk = checkAddress(state, pages, "R8", span);
  if (typeof chunk === "bigint") return refused(chunk, pages, span);
  const busy = state.busy(firstFrame(chunk), "R8", "exclusive", span);
  if (busy !== undefined) return refused(busy, chunk, span);
  const piece = state.pamt.piece(chunk);
  if (piece.entry?.type !== "NDA" || piece.pages.count < span) {
    return refused(status("PAGE_METADATA_INCORRECT", "R8"), chunk, span);
  }

  const same = Math.min(
    Math.floor(piece.pages.count / span),
    alike(state, chunk, span, "exclusive"),
  );
  const count = freeEntries(td, place.page, level, same);
  state.calls.repeat(leaf.name, count - 1);
  const result = done(SUCCESS, chunk, count * span);
  if (leaf.writes !== null) state.write(result.pages, td.key!, leaf.writes);
  state.pamt.change(result.pages, piece.entry, leaf.entry(td, level as PageLevel));
  (leaf === SEPT_ADD ? td.tables : td.leaves)[level]!.insert(place.page, result.pages);
  td.children += result.pages.count;
  return result;
}

/** How many Secure EPT entries from a free one on are free and can be walked to. */
function freeEntries(td: Td, page: number, level: number, limit: number): number {
  return [td.leaves[level], td.tables[level]].reduce(
    (free, extents) => extents?.absent(page, free) ?? free,
    tablesAbove(td, page, level, Math.min(limit, GPA_LIMIT / pageBytes(level) - page)),
  );
}

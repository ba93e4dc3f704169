import { type FrameChunk, PAGE_BYTES } from "@tdx/core";
import { firstFrame, forEachFrame, runOf } from "@tdx/core";
import { checkAddress, type Pages, requirePages } from "./_checks.ts";
import type { Piece } from "../state/pamt.ts";
import type { PageType } from "../state/page_type.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";
import { status } from "../status/seamcall_status.ts";
import { framesPer, type Td } from "../state/td.ts";
import { alike, done, refused } from "./pages.ts";
import type { ReclaimResult } from "./phymem.ts";

const NOTHING = { type: null, owner: null, level: null } as const;

/** TDH.PHYMEM.PAGE.RECLAIM: the checks of T5, in its order. */
export function pageReclaim(state: SeamState, pages: Pages): ReclaimResult {
  const { calls, pamt, tds } = state;
  requirePages(state, pages);
  requireWholeLeaf(state, pages);
  calls.begin("TDH.PHYMEM.PAGE.RECLAIM");

  const address = checkAddress(state, pages, "RCX");
  if (typeof address === "bigint") return { ...refused(address, pages), ...NOTHING };
  const first = firstFrame(address);
  const span = framesPer(pamt.entry(first)!.level);
  const aligned = first % span === 0;
  const chunk = typeof pages === "number" && aligned ? runOf(first, span) : address;
  const busy = state.busy(first, "RCX", "exclusive");
  if (busy !== undefined) return { ...refused(busy, chunk, aligned ? span : 1), ...NOTHING };
  const piece = pamt.piece(chunk);
  const { type, owner, level } = piece.entry!;
  if (type === "NDA" || type === "RSVD") {
    return { ...refused(status("PAGE_METADATA_INCORRECT", "RCX"), chunk), ...NOTHING };
  }
  const page = { type, owner, level };
  if (!aligned) return { ...refused(status("OPERAND_INVALID", "RCX"), chunk), ...page };
  const td = tds.get(owner ?? first * PAGE_BYTES)!;
  const unready = refuseUnready(state, type, td);
  if (unready !== undefined) return { ...refused(unready, chunk, span), ...page };

  const count = alikePages(state, chunk, piece, span);
  calls.repeat("TDH.PHYMEM.PAGE.RECLAIM", count - 1);
  const result = done(SUCCESS, chunk, count * span);
  pamt.free(result.pages, piece.entry!);
  forget(state, td, type, result.pages);
  return { ...result, ...page };
}

function refuseUnready({ locks }: SeamState, type: PageType, td: Td): bigint | undefined {
  if (type !== "TDR" && !locks.isFree(td.tdr / PAGE_BYTES, 1, "shared")) {
    return status("OPERAND_BUSY", "TDR");
  }
  if (td.lifeCycle !== "TEARDOWN") return status("LIFECYCLE_STATE_INCORRECT");
  if (type === "TDR" && td.children > 0) return status("TD_ASSOCIATED_PAGES_EXIST");
  return undefined;
}

/** How many pages go like the first one; TDRs one by one, for each is another TD. */
function alikePages(state: SeamState, chunk: FrameChunk, piece: Piece, span: number): number {
  if (piece.entry!.type === "TDR") return 1;
  return Math.min(piece.pages.count / span, alike(state, chunk, span, "exclusive"));
}

function forget({ tds }: SeamState, td: Td, type: PageType, pages: FrameChunk): void {
  if (type === "TDR") {
    tds.delete(td.tdr);
    return;
  }
  td.children -= pages.count;
  if (type !== "TDVPR") return;
  forEachFrame(pages, (frame) => td.vcpus.delete(frame * PAGE_BYTES));
}

/** A chunk must not end within a larger page that begins in it. */
function requireWholeLeaf({ pamt }: SeamState, pages: Pages): void {
  if (typeof pages === "number") return;
  const first = firstFrame(pages);
  const span = framesPer(pamt.entry(first)?.level ?? 0);
  if (span === 1 || first % span !== 0) return;
  const count = pamt.piece(pages).pages.count;
  if (count % span !== 0) {
    throw new RangeError(`Expected a chunk of whole pages of ${span} frames, got ${count} frames`);
  }
}

import type { Key } from "@tdx/core";
import { requireNumber } from "@tdx/core/arguments";
import { firstFrame } from "@tdx/core";
import { checkAddress, type Pages, requirePages } from "./_checks.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";
import { status } from "../status/seamcall_status.ts";
import { alike, done, type PagesResult, refused } from "./pages.ts";

/** TDH.PHYMEM.PAGE.WBINVD. */
export function pageWbinvd(state: SeamState, pages: Pages, hkid: number): PagesResult {
  const { calls, memory, pamt } = state;
  requirePages(state, pages);
  const key = keyOf(state, hkid);
  calls.begin("TDH.PHYMEM.PAGE.WBINVD");

  const chunk = checkAddress(state, pages, "RCX");
  if (typeof chunk === "bigint") return refused(chunk, pages);
  const busy = state.busy(firstFrame(chunk), "RCX", "shared");
  if (busy !== undefined) return refused(busy, chunk);
  const piece = pamt.piece(chunk);
  if (piece.entry?.type !== "NDA") {
    return refused(status("PAGE_METADATA_INCORRECT", "RCX"), chunk);
  }

  const count = Math.min(piece.pages.count, alike(state, chunk, 1, "shared"));
  calls.repeat("TDH.PHYMEM.PAGE.WBINVD", count - 1);
  const result = done(SUCCESS, chunk, count);
  memory.applyChunk(state.operation("page-wbinvd", key), result.pages);
  return result;
}

function keyOf({ keys, memory }: SeamState, hkid: number): Key {
  if (hkid === 0) return memory.keyIds.key(0);
  if (keys.state(hkid) === undefined) {
    requireNumber("hkid", hkid);
    throw new RangeError(`Expected KeyID 0 or a private one, got ${hkid}`);
  }
  return keys.key(hkid);
}

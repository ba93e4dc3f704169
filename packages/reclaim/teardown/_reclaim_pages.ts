import type { FrameChunk } from "@tdx/core";
import { type PageType, succeeded } from "@tdx/seam";
import type { OngoingTeardown } from "./ongoing.ts";

/**
 * Types of control pages in Linux's order: vCPUs, Secure EPT, TDCS; the TDR comes last, by itself.
 * The PAMT does not tell the TDCX pages of vCPUs from those of the TDCS, so they come together.
 */
const CONTROL_PAGES: readonly PageType[] = ["TDVPR", "EPT", "TDCX"];

/**
 * T5 and the reset for every page of the TD but its TDR.
 *
 * @param ongoing The teardown.
 * @param guestDone Whether D1 to D4 have dealt with the guest pages: those left were leaked.
 */
export async function reclaimPages(ongoing: OngoingTeardown, guestDone: boolean): Promise<void> {
  const { module, tdr } = ongoing;
  ongoing.enter("reclaim pages");
  for (const type of guestDone ? CONTROL_PAGES : ["REG", ...CONTROL_PAGES] as const) {
    for (const pages of module.pagesOf(tdr, type)) await reclaim(ongoing, pages, type);
  }
}

/** T5, T6 and the reset for the TDR, last of all. */
export async function reclaimTdr(ongoing: OngoingTeardown): Promise<void> {
  const { module, tdr } = ongoing;
  ongoing.enter("reclaim TDR");
  await ongoing.pause();
  const flushed = succeeded(module.phymem.pageReclaim(tdr).status) &&
    succeeded(module.phymem.pageWbinvd(tdr, module.globalKey.keyId).status);
  if (flushed) ongoing.takeBack(ongoing.tdrPage, "TDR");
  else ongoing.leak(1);
}

/** A refused page is leaked on purpose, and the work goes on with the next. */
async function reclaim(ongoing: OngoingTeardown, chunk: FrameChunk, type: PageType): Promise<void> {
  for (let rest: FrameChunk | null = chunk; rest !== null;) {
    await ongoing.pause();
    const result = ongoing.module.phymem.pageReclaim(rest);
    if (succeeded(result.status)) ongoing.takeBack(result.pages, type);
    else ongoing.leak(result.pages.count);
    rest = result.rest;
  }
}

import type { FrameChunk } from "@tdx/core";
import type { PageType } from "@tdx/seam";
import { succeeded, tdrPage, type TeardownRun } from "./ongoing.ts";

/**
 * Types of control pages in Linux's order: vCPUs, Secure EPT, TDCS; the TDR comes last, by itself.
 * The PAMT does not tell the TDCX pages of vCPUs from those of the TDCS, so they come together.
 */
const CONTROL_PAGES: readonly PageType[] = ["TDVPR", "EPT", "TDCX"];

/**
 * T5 and the reset for every page of the TD but its TDR.
 *
 * @param run The teardown.
 * @param guestDone Whether D1 to D4 have dealt with the guest pages: those left were leaked.
 */
export async function reclaimPages(run: TeardownRun, guestDone: boolean): Promise<void> {
  const { module, tdr } = run.context;
  run.enter("reclaim pages");
  for (const type of guestDone ? CONTROL_PAGES : ["REG", ...CONTROL_PAGES] as const) {
    for (const pages of module.pagesOf(tdr, type)) await reclaim(run, pages, type);
  }
}

/** T5, T6 and the reset for the TDR, last of all. */
export async function reclaimTdr(run: TeardownRun): Promise<void> {
  const { module, tdr } = run.context;
  run.enter("reclaim TDR");
  await run.pause();
  const flushed = succeeded(module.phymem.pageReclaim(tdr).status) &&
    succeeded(module.phymem.pageWbinvd(tdr, module.globalKey.keyId).status);
  if (flushed) run.takeBack(tdrPage(tdr), "TDR");
  else run.leakedPages++;
}

/** A refused page is leaked on purpose, and the work goes on with the next. */
async function reclaim(run: TeardownRun, chunk: FrameChunk, type: PageType): Promise<void> {
  const { phymem } = run.context.module;
  for (let rest: FrameChunk | null = chunk; rest !== null;) {
    await run.pause();
    const result = phymem.pageReclaim(rest);
    if (succeeded(result.status)) run.takeBack(result.pages, type);
    else run.leakedPages += result.pages.count;
    rest = result.rest;
  }
}

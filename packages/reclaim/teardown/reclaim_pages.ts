import type { FrameChunk } from "@tdx/core";
import { succeeded, tdrPage, type TeardownRun } from "./run.ts";

/** Types of pages in the order Linux reclaims them; the TDR comes last, by itself. */
const ORDER = ["REG", "TDVPR", "TDCX", "EPT"] as const;

/** T5 and the reset for every page of the TD but its TDR. */
export async function reclaimPages(run: TeardownRun): Promise<void> {
  const { module, tdr } = run.context;
  run.enter("reclaim pages");
  for (const type of ORDER) {
    for (const pages of module.pagesOf(tdr, type)) {
      await run.pause();
      reclaim(run, pages, type);
    }
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
function reclaim(run: TeardownRun, chunk: FrameChunk, type: string): void {
  const { phymem } = run.context.module;
  for (let rest: FrameChunk | null = chunk; rest !== null;) {
    const result = phymem.pageReclaim(rest);
    if (succeeded(result.status)) run.takeBack(result.pages, type);
    else run.leakedPages += result.pages.count;
    rest = result.rest;
  }
}

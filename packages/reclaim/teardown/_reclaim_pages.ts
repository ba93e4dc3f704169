import { forEachFrame, type FrameChunk, PAGE_BYTES, runOf } from "@tdx/core";
import { type PageType, succeeded } from "@tdx/seam";
import type { OngoingTeardown } from "./ongoing.ts";

/**
 * T5 and the reset for every page of the TD but its TDR: guest pages, then control pages in Linux's
 * order, which is for each vCPU its TDCX pages and its TDVPR, then the Secure EPT and the TDCS.
 *
 * @param ongoing The teardown.
 * @param guestDone Whether D1 to D4 have dealt with the guest pages: those left were leaked.
 */
export async function reclaimPages(ongoing: OngoingTeardown, guestDone: boolean): Promise<void> {
  const { module, tdr, td: { vcpus } } = ongoing;
  ongoing.enter("reclaim pages");
  if (!guestDone) await reclaimAll(ongoing, "REG");
  for (const { tdvpr, tdcx } of vcpus) {
    await reclaimListed(ongoing, tdcx, "TDCX");
    await reclaimListed(ongoing, [tdvpr], "TDVPR");
  }
  await reclaimAll(ongoing, "EPT");
  // The PAMT calls the pages of the TDCS TDCX too.
  const ofVcpus = new Set(vcpus.flatMap(({ tdcx }) => tdcx));
  const tdcs: number[] = [];
  for (const pages of module.pagesOf(tdr, "TDCX")) {
    forEachFrame(pages, (frame) => {
      if (!ofVcpus.has(frame * PAGE_BYTES)) tdcs.push(frame * PAGE_BYTES);
    });
  }
  await reclaimListed(ongoing, tdcs, "TDCX");
}

/** T5, T6 and the reset for the TDR, last of all. */
export async function reclaimTdr(ongoing: OngoingTeardown): Promise<void> {
  const { module, tdr } = ongoing;
  ongoing.enter("reclaim TDR");
  await ongoing.pause();
  const { tdrPage } = ongoing;
  const { status, removable } = module.phymem.pageReclaim(tdr);
  const flushed = succeeded(status) &&
    succeeded(module.phymem.pageWbinvd(tdr, module.globalKey.keyId).status);
  if (!flushed) return ongoing.leak(tdrPage);
  ongoing.takeBack(tdrPage, "TDR");
  ongoing.takePairs(removable);
}

async function reclaimAll(ongoing: OngoingTeardown, type: PageType): Promise<void> {
  const { module, tdr } = ongoing;
  for (const pages of module.pagesOf(tdr, type)) await reclaim(ongoing, pages, type);
}

/** Pages by their addresses, but for those that an earlier teardown took back. */
async function reclaimListed(
  ongoing: OngoingTeardown,
  addresses: readonly number[],
  type: PageType,
): Promise<void> {
  const left = addresses.filter((pa) => {
    const page = ongoing.module.page(pa);
    return page?.type === type && page.owner === ongoing.tdr;
  });
  for (let done = 0; done < left.length;) {
    const first = left[done]!;
    let count = 1;
    while (left[done + count] === first + count * PAGE_BYTES) count++;
    await reclaim(ongoing, runOf(first / PAGE_BYTES, count), type);
    done += count;
  }
}

/** A refused page is leaked on purpose, and the work goes on with the next. */
async function reclaim(ongoing: OngoingTeardown, chunk: FrameChunk, type: PageType): Promise<void> {
  for (let rest: FrameChunk | null = chunk; rest !== null;) {
    await ongoing.pause();
    const result = ongoing.module.phymem.pageReclaim(rest);
    if (succeeded(result.status)) {
      ongoing.takeBack(result.pages, type);
      ongoing.takePairs(result.removable);
    } else ongoing.leak(result.pages);
    rest = result.rest;
  }
}

import { type FrameChunk, GiB, PAGE_BYTES } from "@tdx/core";
import {
  type GpaRange,
  hasCode,
  type PagesResult,
  type SeamcallResult,
  succeeded,
  type TdInfo,
} from "@tdx/seam";
import type { OngoingTeardown } from "./ongoing.ts";

/**
 * Pages of 4 KiB that go together at most, so that there are places to stop between; twice as many
 * after those that took one call, which is quick however many they are.
 */
const MOST_AT_ONCE = 64 * GiB / PAGE_BYTES;

/**
 * D1 to D4 and the reset for every guest page, while the TD's key is live.
 *
 * Pages that no injected fault meets go together, with the counts and the outcome of going one by
 * one; a page that a fault will meet goes alone.
 *
 * @param ongoing The teardown.
 * @returns Whether the key was live; else nothing was done.
 */
export async function removeGuestPages(ongoing: OngoingTeardown): Promise<boolean> {
  const { td } = ongoing;
  ongoing.enter("remove guest pages");
  if (td.lifeCycle !== "KEYS_CONFIGURED") return false;
  let most = MOST_AT_ONCE;
  for (const range of td.mappings) {
    for (let done = 0; done < range.pages;) {
      await ongoing.pause();
      const { count, removals } = removeSome(ongoing, td, range, done, most);
      done += count;
      most = removals > 1 ? MOST_AT_ONCE : 2 * most;
    }
  }
  // What BLOCK or REMOVE refused is still the TD's, and mapped.
  for (const pages of ongoing.module.pagesOf(ongoing.tdr, "REG")) {
    await ongoing.pause();
    ongoing.refused(pages, true);
  }
  return true;
}

/** Deals with the next pages of a range that can go together; gives how many, in how many calls. */
function removeSome(
  ongoing: OngoingTeardown,
  td: TdInfo,
  { gpa, level, pages }: GpaRange,
  done: number,
  most: number,
): { readonly count: number; readonly removals: number } {
  const { module, tdr } = ongoing;
  const { mem } = module;
  const frames = 512 ** level;
  // D1 to D3, and D4 for each 4 KiB.
  const callsPerPage = 3 + frames;
  const untilFault = Math.floor(module.callsUntilFault / callsPerPage);
  const wanted = Math.min(pages - done, most / frames, Math.max(1, untilFault));
  const gpaOf = (page: number) => gpa + (done + page) * frames * PAGE_BYTES;

  const blocked = onceMore(ongoing, () => mem.rangeBlock(tdr, gpaOf(0), level, wanted));
  const { count } = blocked;
  if (!succeeded(blocked.status)) return { count, removals: 0 };
  track(ongoing, td, count);
  let removals = 0;
  for (let removed = 0; removed < count; removals++) {
    const result = onceMore(
      ongoing,
      () => mem.pageRemove(tdr, gpaOf(removed), level, count - removed),
    );
    if (result.pages !== null) flush(ongoing, td, result.pages);
    ongoing.takePairs(result.removable);
    removed += result.count;
  }
  return { count, removals };
}

/**
 * D2 for each page; a TD that was never finalised never ran, so Linux does not track it. Where it is
 * refused Linux warns, kicks the vCPUs all the same and goes on to D3.
 */
function track(ongoing: OngoingTeardown, { opState }: TdInfo, times: number): void {
  const { module, tdr } = ongoing;
  if (opState !== "RUNNABLE") return;
  for (let tracked = 0; tracked < times;) {
    const result = onceMore(ongoing, () => module.mem.track(tdr, times - tracked));
    module.kick(tdr);
    tracked += result.count;
  }
}

/** D4; a page whose cache lines may still be dirty is treated like one that was not removed. */
function flush(ongoing: OngoingTeardown, { hkid }: TdInfo, removed: FrameChunk): void {
  let rest: FrameChunk | null = removed;
  try {
    while (rest !== null) {
      const result: PagesResult = ongoing.module.phymem.pageWbinvd(rest, hkid);
      rest = result.rest;
      if (succeeded(result.status)) ongoing.takeBack(result.pages, "REG");
      else ongoing.refused(result.pages, false);
    }
  } finally {
    // The caller's `onBack` threw: nobody would find these again.
    if (rest !== null) ongoing.leakRemoved(rest);
  }
}

/** Linux stops the vCPUs and tries once more if an operand was busy. */
function onceMore<Result extends SeamcallResult>(
  ongoing: OngoingTeardown,
  call: () => Result,
): Result {
  const result = call();
  if (!hasCode(result.status, "OPERAND_BUSY")) return result;
  ongoing.retries++;
  ongoing.module.kick(ongoing.tdr);
  return call();
}

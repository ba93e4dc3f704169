import { type FrameChunk, GiB, PAGE_BYTES } from "@tdx/core";
import type { GpaRange, SeamcallResult, TdInfo } from "@tdx/seam";
import { isBusy, succeeded, type TeardownRun } from "./ongoing.ts";

/** Pages of 4 KiB that go together at most, so that there are places to stop between. */
const MOST_AT_ONCE = 64 * GiB / PAGE_BYTES;

/**
 * D1 to D4 and the reset for every guest page, while the TD's key is live.
 *
 * Pages that no injected fault meets go together, with the counts and the outcome of going one by
 * one; a page that a fault will meet goes alone.
 *
 * @param run The teardown.
 * @returns Whether the key was live; else nothing was done.
 */
export async function removeGuestPages(run: TeardownRun): Promise<boolean> {
  const { td } = run;
  run.enter("remove guest pages");
  if (td.lifeCycle !== "KEYS_CONFIGURED") return false;
  for (const range of td.mappings) {
    for (let done = 0; done < range.pages;) {
      await run.pause();
      done += removeSome(run, td, range, done);
    }
  }
  return true;
}

/** Deals with the next pages of a range that can go together; gives how many they were. */
function removeSome(
  run: TeardownRun,
  td: TdInfo,
  { gpa, level, pages }: GpaRange,
  done: number,
): number {
  const { module, tdr } = run.context;
  const { mem } = module;
  const frames = 512 ** level;
  // D1 to D3, and D4 for each 4 KiB.
  const callsPerPage = 3 + frames;
  const untilFault = Math.floor(module.callsUntilFault / callsPerPage);
  const wanted = Math.min(pages - done, MOST_AT_ONCE / frames, Math.max(1, untilFault));
  const gpaOf = (page: number) => gpa + (done + page) * frames * PAGE_BYTES;

  const blocked = onceMore(run, () => mem.rangeBlock(tdr, gpaOf(0), level, wanted));
  if (!succeeded(blocked.status) || !track(run, td, blocked.count)) {
    run.leakedPages += frames;
    return 1;
  }
  for (let removed = 0; removed < blocked.count;) {
    const result = onceMore(
      run,
      () => mem.pageRemove(tdr, gpaOf(removed), level, blocked.count - removed),
    );
    if (result.pages === null) run.leakedPages += frames;
    else flush(run, td, result.pages);
    removed += result.count;
  }
  return blocked.count;
}

/** D2 for each page; a TD that was never finalised never ran, so Linux does not track it. */
function track(run: TeardownRun, { opState }: TdInfo, times: number): boolean {
  const { module, tdr } = run.context;
  if (opState !== "RUNNABLE") return true;
  for (let tracked = 0; tracked < times;) {
    const result = onceMore(run, () => module.mem.track(tdr, times - tracked));
    if (!succeeded(result.status)) return false;
    module.kick(tdr);
    tracked += result.count;
  }
  return true;
}

/** D4; a page whose cache lines may still be dirty is leaked like one that was not removed. */
function flush(run: TeardownRun, { hkid }: TdInfo, removed: FrameChunk): void {
  const { phymem } = run.context.module;
  for (let rest: FrameChunk | null = removed; rest !== null;) {
    const result = phymem.pageWbinvd(rest, hkid);
    if (succeeded(result.status)) run.takeBack(result.pages, "REG");
    else run.leakedPages += result.pages.count;
    rest = result.rest;
  }
}

/** Linux stops the vCPUs and tries once more when an operand was busy. */
function onceMore<Result extends SeamcallResult>(run: TeardownRun, call: () => Result): Result {
  const result = call();
  if (!isBusy(result.status)) return result;
  run.retries++;
  run.context.module.kick(run.context.tdr);
  return call();
}

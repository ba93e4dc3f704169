import { type FrameChunk, PAGE_BYTES } from "@tdx/core";
import type { CountResult, GpaRange, SeamcallResult } from "@tdx/seam";
import { isBusy, succeeded, type TeardownRun } from "./run.ts";

/** SEAMCALLs that one page takes: D1 to D4. */
const CALLS_PER_PAGE = 4;

/**
 * D1 to D4 and the reset for every guest page, while the TD's key is live.
 *
 * Pages that no injected fault meets go together, with the counts and the outcome of going one by
 * one; a page that a fault will meet goes alone.
 */
export async function removeGuestPages(run: TeardownRun): Promise<void> {
  const { module, tdr } = run.context;
  run.enter("remove guest pages");
  if (run.td.lifeCycle !== "KEYS_CONFIGURED") return;
  module.kick(tdr);
  for (const range of run.td.mappings) {
    for (let done = 0; done < range.pages;) {
      await run.pause();
      done += removeSome(run, range, done);
    }
  }
}

/** Removes the next pages of a range that can go together; gives how many were dealt with. */
function removeSome(run: TeardownRun, { gpa, level, pages }: GpaRange, done: number): number {
  const { module, tdr } = run.context;
  const { mem } = module;
  const at = gpa + done * PAGE_BYTES * 512 ** level;
  const untilFault = Math.floor(module.callsUntilFault / CALLS_PER_PAGE);
  const wanted = Math.min(pages - done, Math.max(1, untilFault));

  const blocked = onceMore(run, () => mem.rangeBlock(tdr, at, level, wanted));
  if (!succeeded(blocked.status)) return leak(run, level);
  for (let tracked = 0; tracked < blocked.count;) {
    const result: CountResult = onceMore(run, () => mem.track(tdr, blocked.count - tracked));
    if (!succeeded(result.status)) return leak(run, level);
    tracked += result.count;
  }
  const removed = onceMore(run, () => mem.pageRemove(tdr, at, level, blocked.count));
  if (!succeeded(removed.status)) return leak(run, level);
  flush(run, removed.pages!);
  return removed.count;
}

/** D4; a page whose cache lines may still be dirty is leaked like one that was not removed. */
function flush(run: TeardownRun, removed: FrameChunk): void {
  const { module } = run.context;
  for (let rest: FrameChunk | null = removed; rest !== null;) {
    const result = module.phymem.pageWbinvd(rest, run.td.hkid);
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

/** Gives one page up. */
function leak(run: TeardownRun, level: number): number {
  run.leakedPages += 512 ** level;
  return 1;
}

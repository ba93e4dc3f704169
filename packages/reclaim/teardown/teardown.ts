import {
  requireBoolean,
  requireFunction,
  requireInstance,
  requireOneOf,
  requireOptions,
  requireWhole,
} from "@tdx/core/arguments";
import { TdxModule } from "@tdx/seam";
import { freeKey } from "./_free_key.ts";
import { TEARDOWN_PATHS, type TeardownOptions } from "./options.ts";
import { reclaimPages, reclaimTdr } from "./_reclaim_pages.ts";
import { removeGuestPages } from "./_remove_pages.ts";
import type { TeardownReport } from "./report.ts";
import { type TeardownContext, TeardownRun } from "./ongoing.ts";

const OPTIONS: readonly (keyof TeardownOptions)[] = [
  "path",
  "onProgress",
  "onBack",
  "signal",
  "reuse",
];

/**
 * Tears a TD down as Linux does, and takes all its pages back.
 *
 * `terminate`: T1 to T4, then T5 and the reset for every page. `dynamic`: D1 to D4 and the reset for
 * every guest page, then T1 to T4, then T5 and the reset for the control pages. Either way the TDR
 * comes last, by T5, T6 and the reset. After OPERAND_BUSY, BLOCK, TRACK and REMOVE are tried once
 * more; an interrupted CACHE.WB is resumed up to 10000 times; a page that is refused is leaked and
 * the work goes on; where T1 to T4 are refused the HKID is leaked, and all pages with it
 * (KVM in Linux v6.18; terminate: the posting of KVM_TDX_TERMINATE_VM, June 2025).
 *
 * @param context Memory, module and TD.
 * @param options Path, progress, cancellation.
 * @returns What was done.
 * @throws {TypeError} Where an argument is of a wrong type, or an option not known.
 * @throws {RangeError} Where there is no such TD or path, or the module is not the memory's.
 * @throws The signal's reason, where it was aborted: memory and module are between two pages then,
 * and a second teardown finishes the work.
 */
export async function teardown(
  context: TeardownContext,
  options: TeardownOptions,
): Promise<TeardownReport> {
  requireInstance("module", context.module, TdxModule);
  requireWhole("tdr", context.tdr, 0);
  requireOptions("options", options, OPTIONS);
  const { path = "terminate", onProgress, onBack, signal, reuse = false } = options;
  requireOneOf("path", path, TEARDOWN_PATHS);
  if (onProgress !== undefined) requireFunction("onProgress", onProgress);
  if (onBack !== undefined) requireFunction("onBack", onBack);
  if (signal !== undefined) requireInstance("signal", signal, AbortSignal);
  requireBoolean("reuse", reuse);
  if (context.module.memory !== context.memory) {
    throw new RangeError("Expected the TDX module of the host's memory, got one of another memory");
  }
  const run = new TeardownRun(context, options);
  const guestDone = path === "dynamic" && await removeGuestPages(run);
  await freeKey(run);
  if (run.leakedHkid) {
    run.leakRest();
  } else {
    await reclaimPages(run, guestDone);
    await reclaimTdr(run);
  }
  return run.finish(path);
}

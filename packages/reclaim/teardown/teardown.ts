import type { TdxModule } from "@tdx/seam";
import { freeKey } from "./_free_key.ts";
import { reclaimPages, reclaimTdr } from "./_reclaim_pages.ts";
import { removeGuestPages } from "./_remove_pages.ts";
import { OngoingTeardown, type TeardownHost, type TeardownReport } from "./ongoing.ts";
import { requireTeardownOptions, type TeardownOptions } from "./options.ts";

/**
 * Tears a TD down as Linux does, and takes all its pages back.
 *
 * `terminate`: T1 to T4, then T5 and the reset for every page. `dynamic`: D1 to D4 and the reset for
 * every guest page, then T1 to T4, then T5 and the reset for the control pages. Either way the TDR
 * comes last, by T5, T6 and the reset. After OPERAND_BUSY, BLOCK, TRACK and REMOVE are tried once
 * more; an interrupted CACHE.WB is resumed up to 10000 times; a page that is refused is leaked and
 * the work goes on; if T1 to T4 are refused the HKID is leaked, and all pages with it
 * (KVM in Linux v6.18; terminate: the posting of KVM_TDX_TERMINATE_VM, June 2025).
 *
 * @param host Memory, decision, and how it resets.
 * @param module The TDX module.
 * @param tdr Address of the TDR in bytes.
 * @param options Path, progress, cancellation.
 * @returns What was done.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If there is no such TD or path, or the module is not the memory's.
 * @throws The signal's reason, if it was aborted: memory and module are between two pages then, and
 * a second teardown finishes the work.
 */
export async function teardown(
  host: TeardownHost,
  module: TdxModule,
  tdr: number,
  options: TeardownOptions,
): Promise<TeardownReport> {
  requireTeardownOptions(options);
  if (module.memory !== host.memory) {
    throw new RangeError("Expected the TDX module of the host's memory, got one of another memory");
  }
  const { path = "terminate" } = options;
  const ongoing = new OngoingTeardown(host, module, tdr, options);
  const guestDone = path === "dynamic" && await removeGuestPages(ongoing);
  if (await freeKey(ongoing)) {
    await reclaimPages(ongoing, guestDone);
    await reclaimTdr(ongoing);
  } else {
    ongoing.leakKey();
  }
  return ongoing.finish(path);
}

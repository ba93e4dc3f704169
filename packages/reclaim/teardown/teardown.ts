import type { TdxModule } from "@tdx/seam";
import { freeKey } from "./_free_key.ts";
import { reclaimPages, reclaimTdr } from "./_reclaim_pages.ts";
import { removeGuestPages } from "./_remove_pages.ts";
import { OngoingTeardown, type TeardownHost } from "./ongoing.ts";
import { MAINLINE_PATH, requireTeardownOptions, type TeardownOptions } from "./options.ts";
import type { TeardownReport } from "./report.ts";

/** Modules in which a TD is being torn down: two at once would count each other's SEAMCALLs. */
const busy = new WeakSet<TdxModule>();

/** Tears a TD down as Linux does; `Reclaimer.teardown` says how. */
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
  if (busy.has(module)) {
    throw new RangeError("Expected one teardown at a time in a TDX module, got a second one");
  }
  const { path = MAINLINE_PATH } = options;
  const ongoing = new OngoingTeardown(host, module, tdr, options);
  busy.add(module);
  try {
    const guestDone = path === "dynamic" && await removeGuestPages(ongoing);
    if (await freeKey(ongoing)) {
      await reclaimPages(ongoing, guestDone);
      await reclaimTdr(ongoing);
    } else {
      ongoing.leakKey();
    }
    return ongoing.finish(path);
  } finally {
    busy.delete(module);
  }
}

import { hasCode, succeeded } from "@tdx/seam";
import type { OngoingTeardown } from "./ongoing.ts";

/** How often Linux issues TDH.PHYMEM.CACHE.WB until it is not interrupted. */
const CACHE_WB_TRIES = 10_000;

/**
 * T1 to T4: flush the vCPUs, declare it, write the caches back on every package, free the HKID.
 *
 * @returns Whether the HKID is free; else Linux leaks it, and every page that has not come back.
 */
export async function freeKey(ongoing: OngoingTeardown): Promise<boolean> {
  const { module, tdr } = ongoing;
  ongoing.enter("free the key");
  await ongoing.pause();
  const { lifeCycle, vcpus } = ongoing.td;
  if (lifeCycle === "TEARDOWN") return true;
  if (lifeCycle !== "BLOCKED") {
    module.kick(tdr);
    for (const { tdvpr, lp } of vcpus) if (lp !== null) module.vp.flush(tdvpr, lp);
    if (!succeeded(module.mng.vpflushdone(tdr).status)) return false;
  }
  // On all packages at once; where one fails Linux only warns, and KEY.FREEID is refused.
  for (let package_ = 0; package_ < module.packages; package_++) writeBack(ongoing, package_);
  return succeeded(module.mng.keyFreeid(tdr).status);
}

function writeBack(ongoing: OngoingTeardown, package_: number): void {
  const { phymem } = ongoing.module;
  let { status } = phymem.cacheWb(package_, 0);
  for (let tries = 1; tries < CACHE_WB_TRIES && hasCode(status, "INTERRUPTED_RESUMABLE"); tries++) {
    ongoing.retries++;
    ({ status } = phymem.cacheWb(package_, 1));
  }
}

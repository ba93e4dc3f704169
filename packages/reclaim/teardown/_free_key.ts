import { isCode, succeeded, type TeardownRun } from "./ongoing.ts";

/** How often Linux resumes an interrupted TDH.PHYMEM.CACHE.WB. */
const CACHE_WB_TRIES = 10_000;

/**
 * T1 to T4: flush the vCPUs, declare it, write the caches back on every package, free the HKID.
 *
 * Where a step is refused Linux leaks the HKID, and with it every page that is left.
 */
export async function freeKey(run: TeardownRun): Promise<void> {
  const { module, tdr } = run.context;
  run.enter("free the key");
  await run.pause();
  const { lifeCycle, vcpus } = run.td;
  if (lifeCycle === "TEARDOWN") return;
  if (lifeCycle !== "BLOCKED") {
    module.kick(tdr);
    for (const { tdvpr, lp } of vcpus) if (lp !== null) module.vp.flush(tdvpr, lp);
    if (!succeeded(module.mng.vpflushdone(tdr).status)) return leakKey(run);
  }
  for (let package_ = 0; package_ < module.packages; package_++) {
    if (!writeBack(run, package_)) return leakKey(run);
  }
  if (!succeeded(module.mng.keyFreeid(tdr).status)) leakKey(run);
}

function writeBack(run: TeardownRun, package_: number): boolean {
  const { phymem } = run.context.module;
  let { status } = phymem.cacheWb(package_, 0);
  for (let tries = 1; tries < CACHE_WB_TRIES && isInterrupted(status); tries++) {
    run.retries++;
    ({ status } = phymem.cacheWb(package_, 1));
  }
  return succeeded(status);
}

function leakKey(run: TeardownRun): void {
  run.leakedHkid = true;
}

function isInterrupted(status: bigint): boolean {
  return isCode(status, "INTERRUPTED_RESUMABLE");
}

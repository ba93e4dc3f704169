import { requireWhole } from "@tdx/core/arguments";
import { refusal } from "./_checks.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";
import type { SeamcallResult } from "../state/seamcalls.ts";

/** A write-back on one package that was interrupted. */
interface Session {
  /** The HKIDs that were flushed when it started. */
  readonly snapshot: readonly number[];
  interruptsLeft: number;
}

/** TDH.PHYMEM.CACHE.WB, which remembers for each package where it was interrupted. */
export function cacheWbLeaf(
  state: SeamState,
): (pkg: number, command: number) => SeamcallResult {
  const { calls, keys, packages } = state;
  const sessions = new Map<number, Session>();

  return (pkg, command) => {
    requireWhole("package", pkg, 0, packages - 1);
    requireWhole("command", command, 0);
    calls.begin("TDH.PHYMEM.CACHE.WB");
    if (command > 1) return refusal("OPERAND_INVALID", "RCX");
    if (calls.meetsBusy()) return refusal("OPERAND_BUSY", "WBCACHE");

    const saved = sessions.get(pkg);
    sessions.delete(pkg);
    if (command === 1 && saved === undefined) return refusal("WBCACHE_RESUME_ERROR");
    const session = command === 1 ? saved! : start();
    if (session.snapshot.length === 0) return refusal("NO_HKID_READY_TO_WBCACHE");
    if (session.interruptsLeft > 0) {
      session.interruptsLeft--;
      sessions.set(pkg, session);
      return refusal("INTERRUPTED_RESUMABLE");
    }
    session.snapshot.forEach((hkid) => finish(state, pkg, hkid));
    return { status: SUCCESS };
  };

  function start(): Session {
    return { snapshot: keys.flushed(), interruptsLeft: calls.interrupts };
  }
}

/** Clears the package's bit; with the last one gone, the dirty lines are in memory (S1). */
function finish(state: SeamState, pkg: number, hkid: number): void {
  const { keys, memory } = state;
  if (!keys.wroteBack(hkid, pkg)) return;
  memory.apply(state.operation("cache-wb", keys.key(hkid)), 0, memory.bytes);
}

import { checkTd, refuseUnbuilt, requireAddress } from "./_checks.ts";
import type { SeamcallResult } from "../state/seamcalls.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";

/** The TDH.MR leaf that ends the build of a TD. */
export interface MrLeaves {
  /**
   * TDH.MR.FINALIZE: completes the measurement, so that the TD may run; pages are added by
   * TDH.MEM.PAGE.AUG from now on.
   *
   * Refuses with TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED or OP_STATE_INCORRECT.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  finalize(tdr: number): SeamcallResult;
}

/** The TDH.MR leaves of a module. */
export function mrLeaves(state: SeamState): MrLeaves {
  return {
    finalize(tdr) {
      requireAddress("tdr", tdr);
      state.calls.begin("TDH.MR.FINALIZE");
      const td = checkTd(state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return { status: td };
      const unbuilt = refuseUnbuilt(td, "INITIALIZED");
      if (unbuilt !== undefined) return { status: unbuilt };

      td.opState = "RUNNABLE";
      return { status: SUCCESS };
    },
  };
}

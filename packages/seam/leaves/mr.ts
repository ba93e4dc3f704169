import { checkTd, refuseUnbuilt, requireAddress } from "../operand_checks.ts";
import type { SeamcallResult } from "../seamcalls.ts";
import { type SeamState, SUCCESS } from "../seam_state.ts";

/**
 * The TDH.MR leaf that ends the build of a TD.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const module = new TdxModule({ memory: new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds }) });
 * module.mng.create(0x1000, 33);
 * assertEquals(module.mr.finalize(0x1000).status, 0x8000081000000000n); // TD_KEYS_NOT_CONFIGURED
 * ```
 */
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

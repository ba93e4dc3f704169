import type { SeamState } from "../state/_seam_state.ts";
import { status } from "../status/seamcall_status.ts";
import { call, SUCCESS } from "./_call.ts";
import { checkTd } from "./_checks.ts";
import type { SeamcallResult } from "./results.ts";

/**
 * The TDH.MR leaf that ends the build of a TD.
 *
 * @example
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 2 * GiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * const { tdr } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [] });
 * assertEquals(module.mr.finalize(tdr).status, 0xC000060800000000n); // OP_STATE_INCORRECT
 * ```
 */
export class MrLeaves {
  readonly #state: SeamState;

  /** @ignore */
  constructor(state: SeamState) {
    this.#state = state;
  }

  /**
   * TDH.MR.FINALIZE: completes the measurement, so that the TD may run; pages are added by
   * TDH.MEM.PAGE.AUG from now on.
   *
   * Refuses with TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED or OP_STATE_INCORRECT.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {RangeError} If the operand is not a whole number from 0.
   */
  finalize(tdr: number): SeamcallResult {
    return call(this.#state, "TDH.MR.FINALIZE", { tdr }, () => {
      const td = checkTd(this.#state, tdr, "RCX", "exclusive", "INITIALIZED");
      if (typeof td === "bigint") return td;
      if (![...td.vcpus.values()].some(({ ready }) => ready)) return status("NO_VCPUS");

      td.opState = "RUNNABLE";
      return SUCCESS;
    });
  }
}

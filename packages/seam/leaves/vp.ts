import { requireWhole } from "@tdx/core/arguments";
import type { SeamState } from "../state/_seam_state.ts";
import { TDVPS_PAGES, type Vcpu } from "../state/td.ts";
import { status } from "../status/seamcall_status.ts";
import { call, SUCCESS } from "./_call.ts";
import { checkPage, checkTd, checkVcpu, lockPart } from "./_checks.ts";
import type { SeamcallResult } from "./results.ts";

/**
 * The TDH.VP leaves: the virtual CPUs of a TD.
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
 * const { vcpus } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [] });
 * assertEquals(module.vp.enter(vcpus[0]!, 1).status, 0x8000070100000000n); // VCPU_ASSOCIATED
 * assertEquals(module.vp.enter(vcpus[0]!, 0).status, 0n);
 * ```
 */
export class VpLeaves {
  readonly #state: SeamState;

  /** @ignore */
  constructor(state: SeamState) {
    this.#state = state;
  }

  /**
   * TDH.VP.CREATE: makes a page the TDVPR of a new vCPU.
   *
   * Refuses with what is wrong with the TDR (|RDX), TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED,
   * OP_STATE_INCORRECT, or what is wrong with the page (|RCX).
   *
   * @param tdvpr Address of a free 4 KiB page in bytes.
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  create(tdvpr: number, tdr: number): SeamcallResult {
    return call(this.#state, "TDH.VP.CREATE", { tdvpr, tdr }, () => {
      const td = checkTd(this.#state, tdr, "RDX", "shared", "INITIALIZED");
      if (typeof td === "bigint") return td;
      const frame = checkPage(this.#state, tdvpr, "RCX", "NDA");
      if (typeof frame === "bigint") return frame;

      this.#state.addControlPage(td, frame, "TDVPR");
      td.vcpus.set(tdvpr, { tdvpr, td, tdcx: [], ready: false, lp: null, enteredAt: null });
      return SUCCESS;
    });
  }

  /**
   * TDH.VP.ADDCX: gives a vCPU a further page; it needs 5 besides its TDVPR.
   *
   * Refuses with what is wrong with the TDVPR (|RDX), OPERAND_BUSY|TDR, the TD's state,
   * VCPU_STATE_INCORRECT, TDCX_NUM_INCORRECT, or what is wrong with the page (|RCX).
   *
   * @param tdcx Address of a free 4 KiB page in bytes.
   * @param tdvpr Address of the TDVPR in bytes.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  addcx(tdcx: number, tdvpr: number): SeamcallResult {
    return call(this.#state, "TDH.VP.ADDCX", { tdcx, tdvpr }, () => {
      const vcpu = checkVcpu(this.#state, tdvpr, "RDX", "exclusive", "INITIALIZED");
      if (typeof vcpu === "bigint") return vcpu;
      if (vcpu.ready) return status("VCPU_STATE_INCORRECT");
      if (pagesOf(vcpu) >= TDVPS_PAGES.max) return status("TDCX_NUM_INCORRECT");
      const frame = checkPage(this.#state, tdcx, "RCX", "NDA");
      if (typeof frame === "bigint") return frame;

      this.#state.addControlPage(vcpu.td, frame, "TDCX");
      vcpu.tdcx.push(tdcx);
      return SUCCESS;
    });
  }

  /**
   * TDH.VP.INIT on a logical processor: makes the vCPU ready and associates it with the processor.
   *
   * Refuses with what is wrong with the TDVPR (|RCX), OPERAND_BUSY|TDR, the TD's state,
   * TDCX_NUM_INCORRECT, or VCPU_STATE_INCORRECT.
   *
   * @param tdvpr Address of the TDVPR in bytes.
   * @param lp The logical processor that issues the SEAMCALL.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0, or the processor is inside a TD.
   */
  init(tdvpr: number, lp: number): SeamcallResult {
    this.#requireLp(lp);
    return call(this.#state, "TDH.VP.INIT", { tdvpr }, () => {
      const vcpu = checkVcpu(this.#state, tdvpr, "RCX", "exclusive", "INITIALIZED");
      if (typeof vcpu === "bigint") return vcpu;
      if (pagesOf(vcpu) < TDVPS_PAGES.min) return status("TDCX_NUM_INCORRECT");
      if (vcpu.ready) return status("VCPU_STATE_INCORRECT");

      vcpu.ready = true;
      vcpu.lp = lp;
      return SUCCESS;
    });
  }

  /**
   * TDH.VP.ENTER on a logical processor: the vCPU runs there, until `TdxModule.kick` makes it exit.
   *
   * Refuses with what is wrong with the TDVPR (|RCX), OPERAND_BUSY|TDR, the TD's state,
   * TDCX_NUM_INCORRECT, VCPU_STATE_INCORRECT, or VCPU_ASSOCIATED with another processor.
   *
   * @param tdvpr Address of the TDVPR in bytes.
   * @param lp The logical processor that issues the SEAMCALL.
   * @returns The status; on success the exit reason, which the hardware adds later, is left out.
   * @throws {RangeError} If an operand is not a whole number from 0, or the processor is inside a TD.
   */
  enter(tdvpr: number, lp: number): SeamcallResult {
    this.#requireLp(lp);
    return call(this.#state, "TDH.VP.ENTER", { tdvpr }, () => {
      const vcpu = checkVcpu(this.#state, tdvpr, "RCX", "shared", "RUNNABLE");
      if (typeof vcpu === "bigint") return vcpu;
      if (pagesOf(vcpu) < TDVPS_PAGES.min) return status("TDCX_NUM_INCORRECT");
      if (!vcpu.ready || vcpu.enteredAt !== null) return status("VCPU_STATE_INCORRECT");
      if (vcpu.lp !== null && vcpu.lp !== lp) return status("VCPU_ASSOCIATED");

      // M4: what is refused from here on has associated the vCPU all the same.
      vcpu.lp = lp;
      const busy = lockPart(this.#state, { tdr: vcpu.td.tdr, part: "TD_EPOCH" }, "shared");
      if (busy !== undefined) return busy;
      this.#state.enter(vcpu);
      return SUCCESS;
    });
  }

  /**
   * TDH.VP.FLUSH (T1) on a logical processor: ends the association of the vCPU with it.
   *
   * Refuses with what is wrong with the TDVPR (|RCX), OPERAND_BUSY|TDR, TD_KEYS_NOT_CONFIGURED,
   * TDCX_NUM_INCORRECT, or VCPU_NOT_ASSOCIATED with this processor.
   *
   * @param tdvpr Address of the TDVPR in bytes.
   * @param lp The logical processor that issues the SEAMCALL.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0, or the processor is inside a TD.
   */
  flush(tdvpr: number, lp: number): SeamcallResult {
    this.#requireLp(lp);
    return call(this.#state, "TDH.VP.FLUSH", { tdvpr }, () => {
      const vcpu = checkVcpu(this.#state, tdvpr, "RCX", "exclusive");
      if (typeof vcpu === "bigint") return vcpu;
      if (vcpu.td.lifeCycle !== "KEYS_CONFIGURED") return status("TD_KEYS_NOT_CONFIGURED");
      if (pagesOf(vcpu) < TDVPS_PAGES.min) return status("TDCX_NUM_INCORRECT");
      if (vcpu.lp !== lp) return status("VCPU_NOT_ASSOCIATED");

      vcpu.lp = null;
      return SUCCESS;
    });
  }

  /** Throws unless a logical processor can issue a SEAMCALL. */
  #requireLp(lp: number): void {
    requireWhole("lp", lp, 0, 2 ** 32 - 1);
    for (const vcpu of this.#state.running) {
      if (vcpu.lp !== lp) continue;
      throw new RangeError(`Expected a logical processor that is not inside a TD, got ${lp}`);
    }
  }
}

/** Pages of a vCPU's TDVPS: the TDVPR, and its TDCX pages. */
function pagesOf({ tdcx }: Vcpu): number {
  return 1 + tdcx.length;
}

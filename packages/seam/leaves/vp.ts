import { TDVPS_PAGES } from "../control_pages.ts";
import {
  checkPage,
  checkTd,
  checkVcpu,
  refusal,
  refuseUnbuilt,
  requireAddress,
} from "./_checks.ts";
import type { SeamcallResult } from "../state/seamcalls.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";
import { addControlPage } from "./control_page.ts";

/** The TDH.VP leaves: the virtual CPUs of a TD. */
export interface VpLeaves {
  /**
   * TDH.VP.CREATE: makes a page the TDVPR of a new vCPU.
   *
   * Refuses with what is wrong with the TDR (|RDX), TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED,
   * OP_STATE_INCORRECT, or what is wrong with the page (|RCX).
   *
   * @param tdvpr Address of a free 4 KiB page in bytes.
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  create(tdvpr: number, tdr: number): SeamcallResult;

  /**
   * TDH.VP.ADDCX: gives a vCPU a further page; it needs 5 besides its TDVPR.
   *
   * Refuses with what is wrong with the TDVPR (|RDX), OPERAND_BUSY|TDR, the TD's state,
   * VCPU_STATE_INCORRECT, TDCX_NUM_INCORRECT, or what is wrong with the page (|RCX).
   *
   * @param tdcx Address of a free 4 KiB page in bytes.
   * @param tdvpr Address of the TDVPR in bytes.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  addcx(tdcx: number, tdvpr: number): SeamcallResult;

  /**
   * TDH.VP.INIT on a logical processor: makes the vCPU ready and associates it with the processor.
   *
   * Refuses with what is wrong with the TDVPR (|RCX), OPERAND_BUSY|TDR, the TD's state,
   * TDCX_NUM_INCORRECT, or VCPU_STATE_INCORRECT.
   *
   * @param tdvpr Address of the TDVPR in bytes.
   * @param lp The logical processor that issues the SEAMCALL.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is nothing that a register can hold, or the processor is
   * inside a TD.
   */
  init(tdvpr: number, lp: number): SeamcallResult;

  /**
   * TDH.VP.ENTER on a logical processor: the vCPU runs there, until `TdxModule.kick` makes it exit.
   *
   * Refuses with what is wrong with the TDVPR (|RCX), OPERAND_BUSY|TDR, the TD's state,
   * TDCX_NUM_INCORRECT, VCPU_STATE_INCORRECT, or VCPU_ASSOCIATED with another processor.
   *
   * @param tdvpr Address of the TDVPR in bytes.
   * @param lp The logical processor that issues the SEAMCALL.
   * @returns The status; on success the exit reason, which the hardware adds later, is left out.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is nothing that a register can hold, or the processor is
   * inside a TD.
   */
  enter(tdvpr: number, lp: number): SeamcallResult;

  /**
   * TDH.VP.FLUSH (T1) on a logical processor: ends the association of the vCPU with it.
   *
   * Refuses with what is wrong with the TDVPR (|RCX), OPERAND_BUSY|TDR, TD_KEYS_NOT_CONFIGURED,
   * TDCX_NUM_INCORRECT, or VCPU_NOT_ASSOCIATED with this processor.
   *
   * @param tdvpr Address of the TDVPR in bytes.
   * @param lp The logical processor that issues the SEAMCALL.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is nothing that a register can hold, or the processor is
   * inside a TD.
   */
  flush(tdvpr: number, lp: number): SeamcallResult;
}

/** The TDH.VP leaves of a module. */
export function vpLeaves(state: SeamState): VpLeaves {
  const { calls } = state;
  const done: SeamcallResult = { status: SUCCESS };
  return {
    create(tdvpr, tdr) {
      requireAddress("tdvpr", tdvpr);
      requireAddress("tdr", tdr);
      calls.begin("TDH.VP.CREATE");
      const td = checkTd(state, tdr, "RDX", "shared");
      if (typeof td === "bigint") return { status: td };
      const unbuilt = refuseUnbuilt(td, "INITIALIZED", "RUNNABLE");
      if (unbuilt !== undefined) return { status: unbuilt };
      const frame = checkPage(state, tdvpr, "RCX", "NDA");
      if (typeof frame === "bigint") return { status: frame };

      addControlPage(state, td, frame, "TDVPR");
      td.vcpus.set(tdvpr, { tdvpr, td, pages: 1, ready: false, lp: null, enteredAt: null });
      return done;
    },

    addcx(tdcx, tdvpr) {
      requireAddress("tdcx", tdcx);
      requireAddress("tdvpr", tdvpr);
      calls.begin("TDH.VP.ADDCX");
      const vcpu = checkVcpu(state, tdvpr, "RDX", "exclusive");
      if (typeof vcpu === "bigint") return { status: vcpu };
      const unbuilt = refuseUnbuilt(vcpu.td, "INITIALIZED", "RUNNABLE");
      if (unbuilt !== undefined) return { status: unbuilt };
      if (vcpu.ready) return refusal("VCPU_STATE_INCORRECT");
      if (vcpu.pages >= TDVPS_PAGES.max) return refusal("TDCX_NUM_INCORRECT");
      const frame = checkPage(state, tdcx, "RCX", "NDA");
      if (typeof frame === "bigint") return { status: frame };

      addControlPage(state, vcpu.td, frame, "TDCX");
      vcpu.pages++;
      return done;
    },

    init(tdvpr, lp) {
      requireAddress("tdvpr", tdvpr);
      state.requireLp(lp);
      calls.begin("TDH.VP.INIT");
      const vcpu = checkVcpu(state, tdvpr, "RCX", "exclusive");
      if (typeof vcpu === "bigint") return { status: vcpu };
      const unbuilt = refuseUnbuilt(vcpu.td, "INITIALIZED", "RUNNABLE");
      if (unbuilt !== undefined) return { status: unbuilt };
      if (vcpu.pages < TDVPS_PAGES.min) return refusal("TDCX_NUM_INCORRECT");
      if (vcpu.ready) return refusal("VCPU_STATE_INCORRECT");

      vcpu.ready = true;
      vcpu.lp = lp;
      return done;
    },

    enter(tdvpr, lp) {
      requireAddress("tdvpr", tdvpr);
      state.requireLp(lp);
      calls.begin("TDH.VP.ENTER");
      const vcpu = checkVcpu(state, tdvpr, "RCX", "shared");
      if (typeof vcpu === "bigint") return { status: vcpu };
      const unbuilt = refuseUnbuilt(vcpu.td, "RUNNABLE");
      if (unbuilt !== undefined) return { status: unbuilt };
      if (vcpu.pages < TDVPS_PAGES.min) return refusal("TDCX_NUM_INCORRECT");
      if (!vcpu.ready) return refusal("VCPU_STATE_INCORRECT");
      if (vcpu.lp !== null && vcpu.lp !== lp) return refusal("VCPU_ASSOCIATED");

      vcpu.lp = lp;
      state.enter(vcpu);
      return done;
    },

    flush(tdvpr, lp) {
      requireAddress("tdvpr", tdvpr);
      state.requireLp(lp);
      calls.begin("TDH.VP.FLUSH");
      const vcpu = checkVcpu(state, tdvpr, "RCX", "exclusive");
      if (typeof vcpu === "bigint") return { status: vcpu };
      if (vcpu.td.lifeCycle !== "KEYS_CONFIGURED") return refusal("TD_KEYS_NOT_CONFIGURED");
      if (vcpu.pages < TDVPS_PAGES.min) return refusal("TDCX_NUM_INCORRECT");
      if (vcpu.lp !== lp) return refusal("VCPU_NOT_ASSOCIATED");

      vcpu.lp = null;
      return done;
    },
  };
}

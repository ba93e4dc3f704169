import { requireWhole } from "@tdx/core/arguments";
import { runOf } from "@tdx/core";
import { TDCS_PAGES } from "../control_pages.ts";
import { checkPage, checkTd, refusal, refuseUnbuilt, requireAddress } from "./_checks.ts";
import type { SeamcallResult } from "../state/seamcalls.ts";
import { type SeamState, SUCCESS } from "../state/_seam_state.ts";
import { Td } from "../state/td.ts";
import { addControlPage } from "./control_page.ts";

/**
 * The TDH.MNG leaves: a TD, its keys and its control structure.
 *
 * Each takes the lock of the TDR alone, so a running vCPU of the TD makes them busy.
 */
export interface MngLeaves {
  /**
   * TDH.MNG.CREATE: makes a page the TDR of a new TD and assigns it an HKID.
   *
   * Refuses, in this order: OPERAND_INVALID|RDX (no private HKID), what is wrong with the page
   * (OPERAND_INVALID, OPERAND_ADDR_RANGE_ERROR, OPERAND_BUSY, PAGE_METADATA_INCORRECT, all |RCX),
   * HKID_NOT_FREE.
   *
   * @param tdr Address of a free 4 KiB page in bytes.
   * @param hkid The KeyID.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  create(tdr: number, hkid: number): SeamcallResult;

  /**
   * TDH.MNG.KEY.CONFIG on a package: programs a new key. On the last package the TD becomes
   * KEYS_CONFIGURED.
   *
   * Refuses with LIFECYCLE_STATE_INCORRECT, or KEY_CONFIGURED for a package that has the key.
   *
   * @param tdr Address of the TDR in bytes.
   * @param pkg The package that the calling processor belongs to, from 0.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is nothing that a register can hold, or the machine has
   * no such package.
   */
  keyConfig(tdr: number, pkg: number): SeamcallResult;

  /**
   * TDH.MNG.ADDCX: gives the TD a page for its TDCS.
   *
   * Refuses with TD_KEYS_NOT_CONFIGURED, TDCX_NUM_INCORRECT (over 9 pages), what is wrong with the
   * page (|RCX), or OP_STATE_INCORRECT once the TD is initialised.
   *
   * @param tdcx Address of a free 4 KiB page in bytes.
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  addcx(tdcx: number, tdr: number): SeamcallResult;

  /**
   * TDH.MNG.INIT: initialises the TD; its parameters are not modelled.
   *
   * Refuses with TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED (under 6 pages) or OP_STATE_INCORRECT.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  init(tdr: number): SeamcallResult;

  /**
   * TDH.MNG.VPFLUSHDONE (T2): no vCPU may be associated any more. The TD becomes BLOCKED, its HKID
   * FLUSHED, and every package is to write its caches back.
   *
   * Refuses with LIFECYCLE_STATE_INCORRECT unless KEYS_CONFIGURED or HKID_ASSIGNED, then with
   * FLUSHVP_NOT_DONE.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  vpflushdone(tdr: number): SeamcallResult;

  /**
   * TDH.MNG.KEY.FREEID (T4): frees the HKID. The TD becomes TEARDOWN.
   *
   * Refuses with LIFECYCLE_STATE_INCORRECT unless BLOCKED, then with WBCACHE_NOT_COMPLETE.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {TypeError} Where an operand is no number.
   * @throws {RangeError} Where an operand is no whole number that a register can hold.
   */
  keyFreeid(tdr: number): SeamcallResult;
}

/** The TDH.MNG leaves of a module. */
export function mngLeaves(state: SeamState): MngLeaves {
  const { calls, keys, pamt, tds } = state;
  const done: SeamcallResult = { status: SUCCESS };
  return {
    create(tdr, hkid) {
      requireAddress("tdr", tdr);
      requireWhole("hkid", hkid, 0, 2 ** 16 - 1);
      calls.begin("TDH.MNG.CREATE");
      const keyState = keys.state(hkid);
      if (keyState === undefined) return refusal("OPERAND_INVALID", "RDX");
      const frame = checkPage(state, tdr, "RCX", "NDA");
      if (typeof frame === "bigint") return { status: frame };
      if (keyState !== "FREE") return refusal("HKID_NOT_FREE");

      const page = runOf(frame, 1);
      keys.assign(hkid);
      state.write(page, keys.globalKey);
      pamt.change(page, pamt.entry(frame)!, {
        type: "TDR",
        owner: null,
        level: 0,
        mapping: null,
        epoch: null,
      });
      tds.set(tdr, new Td(tdr, hkid));
      return done;
    },

    keyConfig(tdr, pkg) {
      requireAddress("tdr", tdr);
      requireWhole("package", pkg, 0, state.packages - 1);
      calls.begin("TDH.MNG.KEY.CONFIG");
      const td = checkTd(state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return { status: td };
      if (td.lifeCycle !== "HKID_ASSIGNED") return refusal("LIFECYCLE_STATE_INCORRECT");
      if (td.configured.has(pkg)) return refusal("KEY_CONFIGURED");

      td.key ??= keys.program(td.hkid);
      td.configured.add(pkg);
      if (td.configured.size === state.packages) td.lifeCycle = "KEYS_CONFIGURED";
      return done;
    },

    addcx(tdcx, tdr) {
      requireAddress("tdcx", tdcx);
      requireAddress("tdr", tdr);
      calls.begin("TDH.MNG.ADDCX");
      const td = checkTd(state, tdr, "RDX", "exclusive");
      if (typeof td === "bigint") return { status: td };
      if (td.lifeCycle !== "KEYS_CONFIGURED") return refusal("TD_KEYS_NOT_CONFIGURED");
      if (td.tdcsPages >= TDCS_PAGES.max) return refusal("TDCX_NUM_INCORRECT");
      const frame = checkPage(state, tdcx, "RCX", "NDA");
      if (typeof frame === "bigint") return { status: frame };
      if (td.opState !== "UNINITIALIZED") return refusal("OP_STATE_INCORRECT");

      addControlPage(state, td, frame, "TDCX");
      td.tdcsPages++;
      return done;
    },

    init(tdr) {
      requireAddress("tdr", tdr);
      calls.begin("TDH.MNG.INIT");
      const td = checkTd(state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return { status: td };
      const unbuilt = refuseUnbuilt(td, "UNINITIALIZED");
      if (unbuilt !== undefined) return { status: unbuilt };

      td.opState = "INITIALIZED";
      return done;
    },

    vpflushdone(tdr) {
      requireAddress("tdr", tdr);
      calls.begin("TDH.MNG.VPFLUSHDONE");
      const td = checkTd(state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return { status: td };
      if (td.lifeCycle !== "KEYS_CONFIGURED" && td.lifeCycle !== "HKID_ASSIGNED") {
        return refusal("LIFECYCLE_STATE_INCORRECT");
      }
      if (td.associated > 0) return refusal("FLUSHVP_NOT_DONE");

      keys.flush(td.hkid, state.packages);
      td.lifeCycle = "BLOCKED";
      return done;
    },

    keyFreeid(tdr) {
      requireAddress("tdr", tdr);
      calls.begin("TDH.MNG.KEY.FREEID");
      const td = checkTd(state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return { status: td };
      if (td.lifeCycle !== "BLOCKED") return refusal("LIFECYCLE_STATE_INCORRECT");
      if (keys.pending(td.hkid) > 0) return refusal("WBCACHE_NOT_COMPLETE");

      keys.free(td.hkid);
      td.lifeCycle = "TEARDOWN";
      return done;
    },
  };
}

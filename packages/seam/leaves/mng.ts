import { runOf } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import type { SeamState } from "../state/_seam_state.ts";
import { noGuestPage } from "../state/pamt.ts";
import { Td, TDCS_PAGES } from "../state/td.ts";
import { status } from "../status/seamcall_status.ts";
import { call, SUCCESS } from "./_call.ts";
import { checkPage, checkTd, lockPart } from "./_checks.ts";
import type { SeamcallResult } from "./results.ts";

/**
 * The TDH.MNG leaves: a TD, its keys and its control structure.
 *
 * Each takes the lock of the TDR alone, so a running vCPU of the TD makes them busy.
 *
 * @example
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 2 * GiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * assertEquals(module.mng.create(0x1000, 33).status, 0n);
 * assertEquals(module.td(0x1000)?.lifeCycle, "HKID_ASSIGNED");
 * ```
 */
export class MngLeaves {
  readonly #state: SeamState;

  /** @ignore */
  constructor(state: SeamState) {
    this.#state = state;
  }

  /**
   * TDH.MNG.CREATE: makes a page the TDR of a new TD and assigns it an HKID.
   *
   * Refuses, in this order: OPERAND_INVALID|RDX (no private HKID), what is wrong with the page
   * (OPERAND_INVALID, OPERAND_ADDR_RANGE_ERROR, OPERAND_BUSY, PAGE_METADATA_INCORRECT, all |RCX),
   * HKID_NOT_FREE, RND_NO_ENTROPY, which has written the page (M6).
   *
   * @param tdr Address of a free 4 KiB page in bytes.
   * @param hkid The KeyID.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  create(tdr: number, hkid: number): SeamcallResult {
    const { keys, tds } = this.#state;
    return call(this.#state, "TDH.MNG.CREATE", { tdr, hkid }, () => {
      const entry = keys.entry(hkid);
      if (entry === undefined) return status("OPERAND_INVALID", "RDX");
      const frame = checkPage(this.#state, tdr, "RCX", "NDA");
      if (typeof frame === "bigint") return frame;
      const busy = lockPart(this.#state, "KOT", "exclusive");
      if (busy !== undefined) return busy;
      if (entry.state !== "FREE") return status("HKID_NOT_FREE");

      const page = runOf(frame, 1);
      this.#state.write(page, keys.globalKey);
      // M6: without entropy the page stays free, but has been written.
      if (this.#state.calls.noEntropy) return status("RND_NO_ENTROPY");
      entry.state = "ASSIGNED";
      this.#state.use(page, noGuestPage("TDR"));
      tds.set(tdr, new Td(tdr, hkid));
      return SUCCESS;
    });
  }

  /**
   * TDH.MNG.KEY.CONFIG on a package: programs a new key. On the last package the TD becomes
   * KEYS_CONFIGURED.
   *
   * Refuses with LIFECYCLE_STATE_INCORRECT, or KEY_CONFIGURED for a package that has the key.
   *
   * @param tdr Address of the TDR in bytes.
   * @param pkg The package that the calling processor belongs to, from 0.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0, or `pkg` not a package.
   */
  keyConfig(tdr: number, pkg: number): SeamcallResult {
    const { keys, packages } = this.#state;
    requireWhole("package", pkg, 0, packages - 1);
    return call(this.#state, "TDH.MNG.KEY.CONFIG", { tdr }, () => {
      const td = checkTd(this.#state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return td;
      if (td.fatal) return status("TD_FATAL");
      if (td.lifeCycle !== "HKID_ASSIGNED") return status("LIFECYCLE_STATE_INCORRECT");
      if (td.configured.has(pkg)) return status("KEY_CONFIGURED");

      td.key ??= keys.program(td.hkid);
      td.configured.add(pkg);
      if (td.configured.size === packages) td.lifeCycle = "KEYS_CONFIGURED";
      return SUCCESS;
    });
  }

  /**
   * TDH.MNG.ADDCX: gives the TD a page for its TDCS.
   *
   * Refuses with TD_KEYS_NOT_CONFIGURED, TDCX_NUM_INCORRECT (over 9 pages), what is wrong with the
   * page (|RCX), or OP_STATE_INCORRECT once the TD is initialised, which has written the page (M6).
   *
   * @param tdcx Address of a free 4 KiB page in bytes.
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {RangeError} If an operand is not a whole number from 0.
   */
  addcx(tdcx: number, tdr: number): SeamcallResult {
    return call(this.#state, "TDH.MNG.ADDCX", { tdcx, tdr }, () => {
      const td = checkTd(this.#state, tdr, "RDX", "exclusive");
      if (typeof td === "bigint") return td;
      if (td.fatal) return status("TD_FATAL");
      if (td.lifeCycle !== "KEYS_CONFIGURED") return status("TD_KEYS_NOT_CONFIGURED");
      if (td.tdcsPages >= TDCS_PAGES.max) return status("TDCX_NUM_INCORRECT");
      const frame = checkPage(this.#state, tdcx, "RCX", "NDA");
      if (typeof frame === "bigint") return frame;
      // M6: the page is written before the operation state is looked at.
      this.#state.write(runOf(frame, 1), td.key!);
      if (td.opState !== "UNINITIALIZED") return status("OP_STATE_INCORRECT");

      this.#state.addControlPage(td, frame, "TDCX");
      td.tdcsPages++;
      return SUCCESS;
    });
  }

  /**
   * TDH.MNG.INIT: initialises the TD; its parameters are not modelled.
   *
   * Refuses with TD_KEYS_NOT_CONFIGURED, TDCS_NOT_ALLOCATED (under 6 pages) or OP_STATE_INCORRECT.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {RangeError} If the operand is not a whole number from 0.
   */
  init(tdr: number): SeamcallResult {
    return call(this.#state, "TDH.MNG.INIT", { tdr }, () => {
      const td = checkTd(this.#state, tdr, "RCX", "exclusive", "UNINITIALIZED");
      if (typeof td === "bigint") return td;

      td.opState = "INITIALIZED";
      return SUCCESS;
    });
  }

  /**
   * TDH.MNG.VPFLUSHDONE (T2): no vCPU may be associated any more. The TD becomes BLOCKED, its HKID
   * FLUSHED, and every package is to write its caches back.
   *
   * Refuses with LIFECYCLE_STATE_INCORRECT unless KEYS_CONFIGURED or HKID_ASSIGNED, then with
   * FLUSHVP_NOT_DONE.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {RangeError} If the operand is not a whole number from 0.
   */
  vpflushdone(tdr: number): SeamcallResult {
    const { keys, packages } = this.#state;
    return call(this.#state, "TDH.MNG.VPFLUSHDONE", { tdr }, () => {
      const td = checkTd(this.#state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return td;
      const busy = lockPart(this.#state, "KOT", "exclusive");
      if (busy !== undefined) return busy;
      if (td.lifeCycle !== "KEYS_CONFIGURED" && td.lifeCycle !== "HKID_ASSIGNED") {
        return status("LIFECYCLE_STATE_INCORRECT");
      }
      if (td.isAssociated) return status("FLUSHVP_NOT_DONE");

      const entry = keys.entry(td.hkid)!;
      entry.state = "FLUSHED";
      for (let pkg = 0; pkg < packages; pkg++) entry.pending.add(pkg);
      td.lifeCycle = "BLOCKED";
      return SUCCESS;
    });
  }

  /**
   * TDH.MNG.KEY.FREEID (T4): frees the HKID. The TD becomes TEARDOWN.
   *
   * Refuses with LIFECYCLE_STATE_INCORRECT unless BLOCKED, then with WBCACHE_NOT_COMPLETE.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns The status.
   * @throws {RangeError} If the operand is not a whole number from 0.
   */
  keyFreeid(tdr: number): SeamcallResult {
    const { keys } = this.#state;
    return call(this.#state, "TDH.MNG.KEY.FREEID", { tdr }, () => {
      const td = checkTd(this.#state, tdr, "RCX", "exclusive");
      if (typeof td === "bigint") return td;
      if (td.lifeCycle !== "BLOCKED") return status("LIFECYCLE_STATE_INCORRECT");
      const busy = lockPart(this.#state, "KOT", "exclusive");
      if (busy !== undefined) return busy;
      const entry = keys.entry(td.hkid)!;
      if (entry.pending.size > 0) return status("WBCACHE_NOT_COMPLETE");

      entry.state = "FREE";
      td.lifeCycle = "TEARDOWN";
      this.#state.storeTdr(td);
      return SUCCESS;
    });
  }
}

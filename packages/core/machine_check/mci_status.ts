import { requireObject, requireWhole } from "../arguments.ts";
import { FlagBits } from "./_flag_bits.ts";

/** MCACOD of a data load that consumed poison: an action-required error (Intel SDM volume 3). */
export const MCACOD_DATA_LOAD = 0x134;

/**
 * MCACOD of an instruction fetch that consumed poison: an action-required error (Intel SDM
 * volume 3).
 */
export const MCACOD_FETCH = 0x150;

/** The fields of IA32_MCi_STATUS; together they hold all 64 bits. */
export interface MciStatus {
  /** VAL, bit 63: the bank holds an error. */
  readonly valid: boolean;
  /** OVER, bit 62: an error came while the bank was full, so one was lost. */
  readonly overflow: boolean;
  /** UC, bit 61: the hardware did not correct the error. */
  readonly uncorrected: boolean;
  /** EN, bit 60: the bank was told to report this error. */
  readonly enabled: boolean;
  /** MISCV, bit 59: MCi_MISC holds more about the error. */
  readonly miscValid: boolean;
  /** ADDRV, bit 58: MCi_ADDR holds the address. */
  readonly addressValid: boolean;
  /** PCC, bit 57: the state of the processor may be corrupt. */
  readonly contextCorrupt: boolean;
  /** S, bit 56: the error was signaled by a machine-check exception (with MCG_CAP.SER_P). */
  readonly signaled: boolean;
  /** AR, bit 55: software must act before it goes on (with MCG_CAP.SER_P). */
  readonly actionRequired: boolean;
  /** Bits 54:32, 0 to 0x7fffff: corrected error count and other information, kept as they are. */
  readonly otherInfo: number;
  /** MSCOD, bits 31:16, 0 to 0xffff: the model-specific error code. */
  readonly msCod: number;
  /** MCACOD, bits 15:0, 0 to 0xffff: the architectural error code. */
  readonly mcaCod: number;
}

const FLAGS = new FlagBits("MCi_STATUS", [
  ["valid", "VAL", 63],
  ["overflow", "OVER", 62],
  ["uncorrected", "UC", 61],
  ["enabled", "EN", 60],
  ["miscValid", "MISCV", 59],
  ["addressValid", "ADDRV", 58],
  ["contextCorrupt", "PCC", 57],
  ["signaled", "S", 56],
  ["actionRequired", "AR", 55],
]);

/**
 * Splits a value of IA32_MCi_STATUS into its fields.
 *
 * Layout: Intel SDM volume 3, "IA32_MCi_STATUS MSRs".
 *
 * @param value The register, 64 bits.
 * @returns Its fields; {@link encodeMciStatus} puts them together again, bit for bit.
 * @throws {TypeError} Where the value is no bigint.
 * @throws {RangeError} Where the value does not fit in 64 bits.
 * @throws {TypeError} Where the value is no bigint.
 * @throws {RangeError} Where the value does not fit in 64 bits.
 *
 * @example
 * ```ts
 * import { decodeMciStatus, MCACOD_DATA_LOAD } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const status = decodeMciStatus(0xBD80000000100134n);
 * assertEquals(status.mcaCod, MCACOD_DATA_LOAD);
 * assertEquals([status.uncorrected, status.contextCorrupt], [true, false]);
 * ```
 */
export function decodeMciStatus(value: bigint): MciStatus {
  return {
    ...FLAGS.read(value),
    otherInfo: Number((value >> 32n) & 0x7fffffn),
    msCod: Number((value >> 16n) & 0xffffn),
    mcaCod: Number(value & 0xffffn),
  };
}

/**
 * Puts the fields of IA32_MCi_STATUS together.
 *
 * @param status The fields.
 * @returns The register, 64 bits.
 * @throws {TypeError} Where a flag is no boolean or a field no number.
 * @throws {RangeError} Where `mcaCod`, `msCod` or `otherInfo` does not fit in its field.
 *
 * @example
 * ```ts
 * import { decodeMciStatus, encodeMciStatus, MCACOD_FETCH } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const load = decodeMciStatus(0xBD80000000100134n);
 * assertEquals(encodeMciStatus({ ...load, mcaCod: MCACOD_FETCH }), 0xBD80000000100150n);
 * ```
 */
export function encodeMciStatus(status: MciStatus): bigint {
  requireObject("status", status);
  return FLAGS.write(status) |
    field("otherInfo", status.otherInfo, 0x7fffff) << 32n |
    field("msCod", status.msCod, 0xffff) << 16n |
    field("mcaCod", status.mcaCod, 0xffff);
}

/**
 * Names the set flags of IA32_MCi_STATUS, from bit 63 down.
 *
 * @param value The register, 64 bits.
 * @returns Names out of `VAL OVER UC EN MISCV ADDRV PCC S AR`, in this order.
 * @throws {TypeError} Where the value is no bigint.
 * @throws {RangeError} Where the value does not fit in 64 bits.
 * @throws {TypeError} Where the value is no bigint.
 * @throws {RangeError} Where the value does not fit in 64 bits.
 *
 * @example
 * ```ts
 * import { mciStatusFlags } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mciStatusFlags(0xBD80000000100134n).join(" "), "VAL UC EN MISCV ADDRV S AR");
 * ```
 */
export function mciStatusFlags(value: bigint): string[] {
  return FLAGS.names(value);
}

function field(name: string, value: number, max: number): bigint {
  requireWhole(name, value, 0, max);
  return BigInt(value);
}

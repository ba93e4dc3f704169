import { requireObject, requireRegister } from "../arguments.ts";
import { FlagBits } from "./_flag_bits.ts";

/** The fields of IA32_MCG_STATUS; together they hold all 64 bits. */
export interface McgStatus {
  /** RIPV, bit 0: execution can go on at the saved instruction pointer. */
  readonly restartIpValid: boolean;
  /** EIPV, bit 1: the saved instruction pointer belongs to the error. */
  readonly errorIpValid: boolean;
  /** MCIP, bit 2: a machine-check exception is being handled. */
  readonly inProgress: boolean;
  /** LMCES, bit 3: the exception went to this logical processor alone. */
  readonly local: boolean;
  /** SEAM_NR, bit 12: the machine check was taken inside a TD (SEAM non-root mode). */
  readonly seamNr: boolean;
  /** Every other bit, in its place. */
  readonly otherBits: bigint;
}

/** What IA32_MCG_CAP says of the features that decide how a consumed poison ends. */
export interface McgCap {
  /** MCG_SEAM_NR, bit 12: MCG_STATUS.SEAM_NR is reported. */
  readonly seamNr: boolean;
  /** MCG_SER_P, bit 24: software error recovery; MCi_STATUS.S and AR carry meaning. */
  readonly ser: boolean;
  /** MCG_LMCE_P, bit 27: machine checks can be local to one logical processor. */
  readonly lmce: boolean;
}

const STATUS = new FlagBits("MCG_STATUS", [
  ["restartIpValid", "RIPV", 0],
  ["errorIpValid", "EIPV", 1],
  ["inProgress", "MCIP", 2],
  ["local", "LMCES", 3],
  ["seamNr", "SEAM_NR", 12],
]);

const CAP = new FlagBits("MCG_CAP", [
  ["seamNr", "SEAM_NR", 12],
  ["ser", "SER_P", 24],
  ["lmce", "LMCE_P", 27],
]);

/**
 * Splits a value of IA32_MCG_STATUS into its fields.
 *
 * Layout: Intel SDM volume 3, "IA32_MCG_STATUS MSR"; SEAM_NR as in Linux 7911f145de5f.
 *
 * @param value The register, 64 bits.
 * @returns Its fields; {@link encodeMcgStatus} puts them together again, bit for bit.
 * @throws {TypeError} Where the value is no bigint.
 * @throws {RangeError} Where the value does not fit in 64 bits.
 *
 * @example
 * ```ts
 * import { decodeMcgStatus } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeMcgStatus(0x100Fn).seamNr, true);
 * assertEquals(decodeMcgStatus(0xFn).seamNr, false);
 * ```
 */
export function decodeMcgStatus(value: bigint): McgStatus {
  return { ...STATUS.read(value), otherBits: value & ~STATUS.mask };
}

/**
 * Puts the fields of IA32_MCG_STATUS together.
 *
 * @param status The fields.
 * @returns The register, 64 bits.
 * @throws {TypeError} Where `otherBits` is no bigint or a flag no boolean.
 * @throws {RangeError} Where `otherBits` does not fit in 64 bits or holds a bit that has a field.
 *
 * @example
 * ```ts
 * import { decodeMcgStatus, encodeMcgStatus } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(encodeMcgStatus({ ...decodeMcgStatus(0xFn), seamNr: true }), 0x100Fn);
 * ```
 */
export function encodeMcgStatus(status: McgStatus): bigint {
  requireObject("status", status);
  requireRegister("otherBits", status.otherBits);
  if ((status.otherBits & STATUS.mask) !== 0n) {
    throw new RangeError(
      "Expected otherBits without RIPV, EIPV, MCIP, LMCES and SEAM_NR, " +
        `got 0x${status.otherBits.toString(16)}`,
    );
  }
  return STATUS.write(status) | status.otherBits;
}

/**
 * Names the set flags of IA32_MCG_STATUS, from bit 0 up.
 *
 * @param value The register, 64 bits.
 * @returns Names out of `RIPV EIPV MCIP LMCES SEAM_NR`, in this order.
 * @throws {TypeError} Where the value is no bigint.
 * @throws {RangeError} Where the value does not fit in 64 bits.
 *
 * @example
 * ```ts
 * import { mcgStatusFlags } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mcgStatusFlags(0x100Fn).join(" "), "RIPV EIPV MCIP LMCES SEAM_NR");
 * ```
 */
export function mcgStatusFlags(value: bigint): string[] {
  return STATUS.names(value);
}

/**
 * Reads the features of IA32_MCG_CAP that decide how a consumed poison ends.
 *
 * @param value The register, 64 bits.
 * @returns The features; the rest of the register is not looked at.
 * @throws {TypeError} Where the value is no bigint.
 * @throws {RangeError} Where the value does not fit in 64 bits.
 *
 * @example
 * ```ts
 * import { decodeMcgCap } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const cap = (1n << 27n) | (1n << 24n);
 * assertEquals(decodeMcgCap(cap), { seamNr: false, ser: true, lmce: true });
 * ```
 */
export function decodeMcgCap(value: bigint): McgCap {
  return CAP.read(value);
}

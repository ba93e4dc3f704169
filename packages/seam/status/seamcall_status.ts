import { outOfRange, requireRegister } from "@tdx/core/arguments";
import { type OperandName, OPERANDS, STATUS_CODES, type StatusName } from "./status_codes.ts";
import { STATUS_TEXTS, type StatusText } from "./status_texts.ts";

/** A status, taken apart. */
export interface DecodedStatus {
  /** The 64-bit value. */
  readonly value: bigint;
  /** Its name, without `TDX_`; `unknown` if this package does not know the code. */
  readonly name: StatusName | "unknown";
  /** Bit 63: the SEAMCALL did not do its work. */
  readonly error: boolean;
  /** Bit 62: the same call will not succeed later either. */
  readonly nonRecoverable: boolean;
  /** Bit 61: the TD or the module is lost. */
  readonly fatal: boolean;
  /** Bits 47:40, the class; 255 is reserved for software such as Linux. */
  readonly class: number;
  /** The operand at fault; its id where it has no name here, `null` where the code takes none. */
  readonly operand: OperandName | number | null;
  /** The low 32 bits of a code that takes no operand; `null` where they are part of the code. */
  readonly detail: number | null;
  /** What it says, in one line. */
  readonly meaning: string;
  /** What most often brings it about. */
  readonly usualCause: string;
  /** What to do about it. */
  readonly hint: string;
}

const LOW_BITS = 0xffffffffn;

const UNKNOWN: StatusText = {
  meaning: "A status that is not in this table.",
  usualCause: "Unknown.",
  hint: "Look it up in the documentation of the TDX module that is loaded.",
};

/**
 * Makes a status from its name.
 *
 * @param name The name, without `TDX_`.
 * @param operand The operand at fault, where the code takes one; without it the id is 0, as RAX.
 * @returns The 64-bit value.
 * @throws {RangeError} If the code or the operand is not known, or the code takes no operand.
 *
 * @example
 * ```ts
 * import { status } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(status("PAGE_METADATA_INCORRECT", "RCX"), 0xC000030000000001n);
 * assertEquals(status("FLUSHVP_NOT_DONE"), 0x8000082400000000n);
 * ```
 */
export function status(name: StatusName, operand?: OperandName): bigint {
  if (!Object.hasOwn(STATUS_CODES, name)) throw outOfRange("name", "the name of a status", name);
  const code = STATUS_CODES[name];
  if (operand === undefined) return code;
  if (!STATUS_TEXTS[name].operand) {
    throw new RangeError(`Expected no operand with ${name}, got ${operand}`);
  }
  if (Object.hasOwn(OPERANDS, operand)) return code | BigInt(OPERANDS[operand]);
  throw outOfRange("operand", "the name of an operand", operand);
}

/**
 * Takes a status apart and explains it.
 *
 * @param value The 64-bit value, as a SEAMCALL returns it in RAX or a kernel log shows it.
 * @returns Its parts; a code that is not known is called so.
 * @throws {TypeError} If the value is not a bigint.
 * @throws {RangeError} If it has more than 64 bits or is negative.
 *
 * @example
 * ```ts
 * import { decodeStatus } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const { name, operand, class: kind } = decodeStatus(0xc000030000000001n);
 * assertEquals([name, operand, kind], ["PAGE_METADATA_INCORRECT", "RCX", 3]);
 * assertEquals(decodeStatus(0x8000FF00FFFF0000n).name, "SEAMCALL_VMFAILINVALID");
 * ```
 */
export function decodeStatus(value: bigint): DecodedStatus {
  requireRegister("value", value);
  const name = statusName(value);
  const low = Number(value & LOW_BITS);
  const { operand = false, meaning, usualCause, hint } = name === "unknown"
    ? UNKNOWN
    : STATUS_TEXTS[name];
  const isWhole = name !== "unknown" && STATUS_CODES[name] === value;
  return {
    value,
    name,
    error: bit(value, 63n),
    nonRecoverable: bit(value, 62n),
    fatal: bit(value, 61n),
    class: Number(value >> 40n & 0xffn),
    operand: operand ? operandOf(low) : null,
    detail: operand || isWhole ? null : low,
    meaning,
    usualCause,
    hint,
  };
}

/**
 * Tells whether a SEAMCALL did its work.
 *
 * @param value The 64-bit status.
 * @returns Whether bit 63 is clear; a warning such as PAGE_ALREADY_FREE counts as done.
 *
 * @example
 * ```ts
 * import { status, succeeded } from "@tdx/seam";
 * import { assert } from "@std/assert";
 *
 * assert(succeeded(status("SUCCESS")) && !succeeded(status("OPERAND_BUSY", "RCX")));
 * ```
 */
export function succeeded(value: bigint): boolean {
  return !bit(value, 63n);
}

/**
 * Tells whether a status has a code, whatever operand it names.
 *
 * @param value The 64-bit status.
 * @param name The name of the code, without `TDX_`.
 * @returns Whether they agree in the high 32 bits.
 *
 * @example
 * ```ts
 * import { hasCode, status } from "@tdx/seam";
 * import { assert } from "@std/assert";
 *
 * assert(hasCode(status("OPERAND_BUSY", "TDR"), "OPERAND_BUSY"));
 * ```
 */
export function hasCode(value: bigint, name: StatusName): boolean {
  return value >> 32n === STATUS_CODES[name] >> 32n;
}

function statusName(value: bigint): StatusName | "unknown" {
  const names = Object.keys(STATUS_CODES) as StatusName[];
  return names.find((name) => STATUS_CODES[name] === value) ??
    names.find((name) => STATUS_CODES[name] === (value & ~LOW_BITS)) ?? "unknown";
}

function operandOf(id: number): OperandName | number {
  const names = Object.keys(OPERANDS) as OperandName[];
  return names.find((name) => OPERANDS[name] === id) ?? id;
}

function bit(value: bigint, place: bigint): boolean {
  return (value >> place & 1n) === 1n;
}

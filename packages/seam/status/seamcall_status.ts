import { outOfRange, requireRegister } from "@tdx/core/arguments";
import {
  LATER_STATUSES,
  LINUX_CODES,
  type OperandName,
  OPERANDS,
  STATUS_CODES,
  type StatusName,
} from "./status_codes.ts";
import { CLASS_TEXTS, STATUS_TEXTS } from "./status_texts.ts";

/** Who writes a code so: module 1.5.01, a later module, or Linux alone. */
export type StatusSource = "module" | "later-module" | "linux";

/** A status, taken apart. */
export interface DecodedStatus {
  /** The 64-bit value. */
  readonly value: bigint;
  /** Its name, without `TDX_`; `unknown` where this package has no such code. */
  readonly name: StatusName | "unknown";
  /** Who writes the code so; `null` where it is unknown. */
  readonly source: StatusSource | null;
  /** Bit 63: the SEAMCALL did not do its work. */
  readonly error: boolean;
  /** Bit 62: the same call will not succeed later either. */
  readonly nonRecoverable: boolean;
  /** Bit 61: the TD or the module is lost. */
  readonly fatal: boolean;
  /** Bits 47:40, the class; 255 is reserved for software such as Linux. */
  readonly class: number;
  /** What the class is about; `unknown` where there is no such class. */
  readonly className: string;
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

/** Classes whose codes name the operand at fault: operands, page metadata, guest memory. */
const OPERAND_CLASSES = [1, 3, 11];

const UNKNOWN = {
  meaning: "A status that is not in this table.",
  usualCause: "Unknown.",
  hint: "Look it up in the documentation of the TDX module that is loaded.",
};

const NAMES = new Map<bigint, StatusName>(
  [...Object.entries(LINUX_CODES), ...Object.entries(STATUS_CODES)]
    .map(([name, code]) => [code, name as StatusName]),
);
const OPERAND_NAMES = new Map<number, OperandName>(
  Object.entries(OPERANDS).map(([name, id]) => [id, name as OperandName]),
);

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
  if (!takesOperand(name)) {
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
  const name = NAMES.get(value) ?? NAMES.get(value & ~LOW_BITS) ?? "unknown";
  const known = name !== "unknown";
  const low = Number(value & LOW_BITS);
  const isWhole = NAMES.has(value);
  const operand = known && takesOperand(name);
  const kind = classOf(value);
  return {
    value,
    name,
    source: known ? sourceOf(name, value) : null,
    error: bit(value, 63n),
    nonRecoverable: bit(value, 62n),
    fatal: bit(value, 61n),
    class: kind,
    className: CLASS_TEXTS[kind]?.name ?? "unknown",
    operand: operand ? OPERAND_NAMES.get(low) ?? low : null,
    detail: operand || isWhole ? null : low,
    ...(known ? textOf(name, kind) : UNKNOWN),
  };
}

/**
 * Finds a status by its name.
 *
 * @param text The name, with or without `TDX_`, in any case.
 * @returns The name as {@link STATUS_CODES} has it; `undefined` if there is none.
 *
 * @example
 * ```ts
 * import { decodeStatus, status, statusNamed } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const name = statusNamed("TDX_NO_VCPUS")!;
 * assertEquals(decodeStatus(status(name)).className, "TD state");
 * ```
 */
export function statusNamed(text: string): StatusName | undefined {
  const name = text.toUpperCase().replace(/^TDX_/, "");
  return Object.hasOwn(STATUS_CODES, name) ? name as StatusName : undefined;
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

function takesOperand(name: StatusName): boolean {
  return name === "OPERAND_BUSY" || name === "OPERAND_BUSY_HOST_PRIORITY" ||
    OPERAND_CLASSES.includes(classOf(STATUS_CODES[name]));
}

function sourceOf(name: StatusName, value: bigint): StatusSource {
  if (classOf(value) === 255 || value >> 32n !== STATUS_CODES[name] >> 32n) return "linux";
  return LATER_STATUSES.includes(name) ? "later-module" : "module";
}

function textOf(name: StatusName, kind: number) {
  const { usualCause, hint, name: about } = CLASS_TEXTS[kind]!;
  return STATUS_TEXTS[name] ??
    { meaning: `What the name says; a status of the class "${about}".`, usualCause, hint };
}

function classOf(value: bigint): number {
  return Number(value >> 40n & 0xffn);
}

function bit(value: bigint, place: bigint): boolean {
  return (value >> place & 1n) === 1n;
}

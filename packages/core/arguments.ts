/**
 * Checks of arguments, for callers that no type checker holds: the one place for their wording.
 *
 * A check throws where a value is not as expected, and names parameter and value: a `TypeError` for
 * a wrong type, a `RangeError` for the right type out of range. What passes costs a comparison or
 * two, so that a check can stand at every public function.
 *
 * @example
 * ```ts
 * import { requireOneOf, requireWhole } from "@tdx/core/arguments";
 * import { assertThrows } from "@std/assert";
 *
 * const policies = ["always", "quirk", "never"];
 * assertThrows(
 *   () => requireOneOf("policy", "somtimes", policies),
 *   RangeError,
 *   'Expected policy to be one of always, quirk, never, got "somtimes"',
 * );
 * assertThrows(
 *   () => requireWhole("vcpus", "4", 1, 64),
 *   TypeError,
 *   'Expected vcpus to be a number, got "4"',
 * );
 * ```
 *
 * @module
 */

/** Longest piece of a value that a message shows, in code points. */
const LONGEST = 80;

/**
 * The error for a value of a wrong type.
 *
 * @param name The parameter, for example `options.signal`.
 * @param expected What it should be.
 * @param value What it is.
 * @returns The error, to be thrown.
 *
 * @example
 * ```ts
 * import { wrongType } from "@tdx/core/arguments";
 * import { assertEquals } from "@std/assert";
 *
 * const { message } = wrongType("text", "a string", ["a", 1n]);
 * assertEquals(message, 'Expected text to be a string, got ["a","1n"]');
 * ```
 */
export function wrongType(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`Expected ${name} to be ${expected}, got ${showValue(value)}`);
}

/**
 * The error for a value of the right type that is out of range.
 *
 * @param name The parameter.
 * @param expected What it should be.
 * @param value What it is.
 * @returns The error, to be thrown.
 *
 * @example
 * ```ts
 * import { outOfRange } from "@tdx/core/arguments";
 * import { assertEquals } from "@std/assert";
 *
 * const { message } = outOfRange("rate", "from 0 to 1", 2);
 * assertEquals(message, "Expected rate to be from 0 to 1, got 2");
 * ```
 */
export function outOfRange(name: string, expected: string, value: unknown): RangeError {
  return new RangeError(`Expected ${name} to be ${expected}, got ${showValue(value)}`);
}

/**
 * Throws if an object has an option that is not known: a misspelt one would leave the default in
 * force, and the answer would be the wrong one.
 *
 * @param name The parameter.
 * @param value Its value.
 * @param known The options there are.
 * @throws {TypeError} If it is not an object, or has another option.
 *
 * @example
 * ```ts
 * import { requireOptions } from "@tdx/core/arguments";
 * import { assertThrows } from "@std/assert";
 *
 * const known = ["platform", "hostKeys"];
 * requireOptions("options", { hostKeys: "keyid0" }, known);
 * assertThrows(
 *   () => requireOptions("options", { hostkeys: "keyid0" }, known),
 *   TypeError,
 *   "Expected options to have only platform, hostKeys, got hostkeys",
 * );
 * ```
 */
export function requireOptions(name: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongType(name, "an object", value);
  }
  for (const option of Object.keys(value)) {
    if (known.includes(option)) continue;
    throw new TypeError(`Expected ${name} to have only ${known.join(", ")}, got ${cut(option)}`);
  }
}

/**
 * Throws unless a value is a whole number in a range.
 *
 * @param name The parameter.
 * @param value Its value.
 * @param low The least it may be.
 * @param high The most it may be; default 2^53 - 1.
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is a fraction, NaN or outside the range.
 *
 * @example
 * ```ts
 * import { requireWhole } from "@tdx/core/arguments";
 * import { assertThrows } from "@std/assert";
 *
 * requireWhole("pages", 512, 1);
 * assertThrows(
 *   () => requireWhole("pages", 0, 1),
 *   RangeError,
 *   "Expected pages to be a whole number from 1 to 2^53 - 1, got 0",
 * );
 * ```
 */
export function requireWhole(
  name: string,
  value: unknown,
  low: number,
  high: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isInteger(value) && value as number >= low && value as number <= high) return;
  if (typeof value !== "number") throw wrongType(name, "a number", value);
  throw outOfRange(name, `a whole number from ${bound(low)} to ${bound(high)}`, value);
}

/**
 * Throws unless a value fits in a register.
 *
 * @param name The register or parameter.
 * @param value Its value.
 * @param bits Width of the register; default 64.
 * @throws {TypeError} If it is not a bigint.
 * @throws {RangeError} If it is negative or wider.
 *
 * @example
 * ```ts
 * import { requireRegister } from "@tdx/core/arguments";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => requireRegister("MCi_STATUS", -1n),
 *   RangeError,
 *   "Expected MCi_STATUS to be a 64-bit value, got -1n",
 * );
 * ```
 */
export function requireRegister(name: string, value: unknown, bits: number = 64): void {
  if (typeof value !== "bigint") throw wrongType(name, "a bigint", value);
  if (value < 0n || value >= 1n << BigInt(bits)) {
    throw outOfRange(name, `a ${bits}-bit value`, value);
  }
}

/**
 * Throws unless a word is among those known.
 *
 * @param name The parameter.
 * @param value Its value.
 * @param known The words.
 * @throws {TypeError} If it is not a string.
 * @throws {RangeError} If it is another word.
 *
 * @example
 * ```ts
 * import { requireOneOf } from "@tdx/core/arguments";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => requireOneOf("mode", 1, ["Li", "Ci"]),
 *   TypeError,
 *   "Expected mode to be one of Li, Ci, got 1",
 * );
 * ```
 */
export function requireOneOf(name: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  const error = typeof value === "string" ? outOfRange : wrongType;
  throw error(name, `one of ${known.join(", ")}`, value);
}

/** Large bounds are powers of two, which nobody recognises in decimal. */
function bound(value: number): string {
  if (value < 0) return `-(${bound(-value)})`;
  const bits = Math.log2(value);
  if (bits < 20) return `${value}`;
  // The logarithm of 2^53 - 1 rounds to 53.
  if (value === 2 ** Math.round(bits)) return `2^${bits}`;
  return value + 1 === 2 ** Math.round(bits) ? `2^${Math.round(bits)} - 1` : `${value}`;
}

/**
 * Shows a value in a message: strings quoted, and what is long cut.
 *
 * @param value The value.
 * @returns One line of at most 80 characters.
 *
 * @example
 * ```ts
 * import { showValue } from "@tdx/core/arguments";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["5", 5, 5n, null, [5]].map(showValue), ['"5"', "5", "5n", "null", "[5]"]);
 * ```
 */
export function showValue(value: unknown): string {
  return cut(show(value));
}

function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : showObject(value);
    default:
      return String(value);
  }
}

function showObject(value: object): string {
  try {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype && !Array.isArray(value)) {
      return `one of class ${prototype.constructor?.name}`;
    }
    return JSON.stringify(value, (_, item) => showInside(item)) ?? "an object";
  } catch {
    // It holds itself, or answers no question.
    return "an object";
  }
}

/** JSON has no word for some values, and `null` would be another one. */
function showInside(item: unknown): unknown {
  const isPlain = typeof item !== "bigint" && item !== undefined &&
    (typeof item !== "number" || Number.isFinite(item));
  return isPlain ? item : show(item);
}

/** By code points, so that none is cut in half. */
function cut(text: string): string {
  const points = Array.from(text);
  return points.length > LONGEST ? `${points.slice(0, LONGEST - 1).join("")}…` : text;
}

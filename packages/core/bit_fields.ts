import { requireRegister, requireWhole } from "./arguments.ts";

/** Where a field stands: its name in the manual, and the bit of a flag or the ends of a range. */
export type BitLayout<Values> = {
  readonly [Field in keyof Values]: Values[Field] extends boolean
    ? readonly [name: string, bit: number]
    : readonly [name: string, high: number, low: number];
};

/**
 * Reads a range of bits.
 *
 * @param value The register; negative numbers count as 32 bits.
 * @param high The highest bit.
 * @param low The lowest bit, at most 52 below the highest.
 * @returns The bits as a whole number.
 *
 * @example
 * ```ts
 * import { bitRange } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([bitRange(0xbd80000000100134n, 31, 16), bitRange(0x806f8, 7, 4)], [0x10, 0xf]);
 * ```
 */
export function bitRange(value: bigint | number, high: number, low: number): number {
  return Number(BigInt.asUintN(high - low + 1, BigInt(value) >> BigInt(low)));
}

interface Row {
  readonly field: string;
  readonly name: string;
  readonly isFlag: boolean;
  readonly shift: bigint;
  /** The highest value of the field. */
  readonly most: number;
  /** The bits of the field, in their place. */
  readonly mask: bigint;
}

/**
 * The fields of a register as one table, for reading, writing and naming them: flags are booleans,
 * ranges of bits are whole numbers.
 *
 * @example Three fields of IA32_MCi_STATUS
 * ```ts
 * import { BitFields } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const fields = new BitFields<{ valid: boolean; uncorrected: boolean; mcaCod: number }>(
 *   "MCi_STATUS",
 *   { valid: ["VAL", 63], uncorrected: ["UC", 61], mcaCod: ["MCACOD", 15, 0] },
 * );
 * const values = fields.decode(0xbd80000000100134n);
 * assertEquals(values, { valid: true, uncorrected: true, mcaCod: 0x134 });
 * assertEquals(fields.encode({ ...values, valid: false }), 0x2000000000000134n);
 * assertEquals(fields.flags(0xbd80000000100134n), ["VAL", "UC"]);
 * ```
 */
export class BitFields<Values extends object> {
  /** The bits that have a field. */
  readonly mask: bigint;
  readonly #register: string;
  readonly #rows: readonly Row[];

  /**
   * Takes a layout.
   *
   * @param register The register's name, for messages.
   * @param layout Its fields, in the order in which flags are named.
   */
  constructor(register: string, layout: BitLayout<NoInfer<Values>>) {
    const places = Object.entries<readonly [string, number, number?]>(layout);
    this.#register = register;
    this.#rows = places.map(([field, [name, high, low]]) => {
      const shift = BigInt(low ?? high);
      const most = 2 ** (high - (low ?? high) + 1) - 1;
      return { field, name, isFlag: low === undefined, shift, most, mask: BigInt(most) << shift };
    });
    this.mask = this.#rows.reduce((sum, { mask }) => sum | mask, 0n);
  }

  /**
   * Splits a value into its fields.
   *
   * @param value The register, 64 bits.
   * @returns What each field holds.
   * @throws {TypeError} If the value is not a bigint.
   * @throws {RangeError} If the value does not fit in 64 bits.
   */
  decode(value: bigint): Values {
    requireRegister(this.#register, value);
    const values: Record<string, boolean | number> = {};
    for (const { field, isFlag, shift, mask } of this.#rows) {
      const bits = value & mask;
      values[field] = isFlag ? bits !== 0n : Number(bits >> shift);
    }
    return values as Values;
  }

  /**
   * Puts fields together.
   *
   * @param values What each field holds.
   * @returns The register; bits without a field are 0.
   * @throws {RangeError} If a number does not fit in its field, or a field is missing.
   */
  encode(values: Values): bigint {
    return this.#rows.reduce((register, { field, shift, most }) => {
      const bits = Number(values[field as keyof Values]);
      requireWhole(field, bits, 0, most);
      return register | BigInt(bits) << shift;
    }, 0n);
  }

  /**
   * Names the flags that are set, in the layout's order.
   *
   * @param value The register, 64 bits.
   * @returns Their names in the manual.
   * @throws {TypeError} If the value is not a bigint.
   * @throws {RangeError} If the value does not fit in 64 bits.
   */
  flags(value: bigint): string[] {
    requireRegister(this.#register, value);
    return this.#rows
      .filter(({ isFlag, mask }) => isFlag && (value & mask) !== 0n)
      .map(({ name }) => name);
  }
}

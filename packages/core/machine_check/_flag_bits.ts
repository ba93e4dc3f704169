import { requireBoolean, requireRegister } from "../arguments.ts";

/**
 * The single-bit fields of a 64-bit register: one table for reading, writing and naming them.
 */
export class FlagBits<Field extends string> {
  /** The bits the table covers. */
  readonly mask: bigint;
  readonly #register: string;
  readonly #rows: readonly (readonly [Field, string, number])[];

  /** Takes the register's name and one row per flag: field, name in the manual, bit number. */
  constructor(register: string, rows: readonly (readonly [Field, string, number])[]) {
    this.#register = register;
    this.#rows = rows;
    this.mask = rows.reduce((mask, [, , bit]) => mask | (1n << BigInt(bit)), 0n);
  }

  /** Throws unless the value is an unsigned 64-bit integer. */
  require(value: bigint): void {
    requireRegister(this.#register, value);
  }

  /** The flags of a register value. */
  read(value: bigint): Record<Field, boolean> {
    this.require(value);
    const entries = this.#rows.map(([field, , bit]) => [field, isSet(value, bit)]);
    return Object.fromEntries(entries) as Record<Field, boolean>;
  }

  /** The register bits of the flags. */
  write(flags: Readonly<Record<Field, boolean>>): bigint {
    this.#rows.forEach(([field]) => requireBoolean(field, flags[field]));
    return this.#rows.reduce(
      (value, [field, , bit]) => flags[field] ? value | (1n << BigInt(bit)) : value,
      0n,
    );
  }

  /** The names of the set flags, in the table's order. */
  names(value: bigint): string[] {
    this.require(value);
    return this.#rows.filter(([, , bit]) => isSet(value, bit)).map(([, name]) => name);
  }
}

function isSet(value: bigint, bit: number): boolean {
  return (value >> BigInt(bit) & 1n) === 1n;
}

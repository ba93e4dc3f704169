import { quote, textError, type TextLine } from "../../_text_lines.ts";

/** What else is wrong with a line adds nothing, and garbage can be wrong in thousands of places. */
const MAX_DAMAGE = 8;
const MAX_WORDS = 200;

const BASES = {
  10: { digits: /^[0-9]+$/, name: "decimal" },
  16: { digits: /^[0-9a-f]+$/i, name: "hexadecimal" },
};

/** Numbers in the lines of records: decimal ones are exact, hexadecimal ones have up to 64 bits. */
export interface Fields {
  cpu?: number;
  bank?: number;
  vendor?: number;
  time?: number;
  status?: bigint;
  mcgStatus?: bigint;
  address?: bigint;
  misc?: bigint;
  mcgCap?: bigint;
  cs?: bigint;
  ip?: bigint;
  signature?: bigint;
}

/** The name of a number. */
export type FieldName = keyof Fields;

const FIELDS: Readonly<Record<FieldName, { readonly what: string; readonly base: 10 | 16 }>> = {
  cpu: { what: "a CPU number", base: 10 },
  bank: { what: "a bank number", base: 10 },
  vendor: { what: "a vendor number", base: 10 },
  time: { what: "a time in seconds", base: 10 },
  status: { what: "MCi_STATUS", base: 16 },
  mcgStatus: { what: "MCG_STATUS", base: 16 },
  address: { what: "MCi_ADDR", base: 16 },
  misc: { what: "MCi_MISC", base: 16 },
  mcgCap: { what: "MCG_CAP", base: 16 },
  cs: { what: "the code segment", base: 16 },
  ip: { what: "the instruction pointer", base: 16 },
  signature: { what: "a CPU signature", base: 16 },
};

/** How a pattern's numbers are read. */
export interface FieldRules {
  /** Those that must be there. */
  readonly required?: readonly FieldName[];
  /** How many digits a number has where they are fixed. */
  readonly digits?: Readonly<Partial<Record<FieldName, number>>>;
}

/**
 * Reads the numbers in a line, and notes what is wrong with them.
 *
 * A number at the end of a line that may be cut is not taken: its last digits may be missing.
 */
export class FieldReader {
  /** What is wrong, each as `name:line:column: Expected …`. */
  readonly damage: string[] = [];
  readonly #line: TextLine;
  readonly #name: string;

  constructor(line: TextLine, name: string) {
    this.#line = line;
    this.#name = name;
  }

  /** Notes that something else was expected at a column, counted from 0. */
  expected(what: string, at: number, got: string): void {
    if (this.damage.length >= MAX_DAMAGE) return;
    const place = { name: this.#name, line: this.#line.number, column: at + 1 };
    this.damage.push(textError(place, `Expected ${what}, got ${got}`).message);
  }

  /**
   * Reads the numbers that a pattern captures in groups of their names; it has the flag `d`.
   *
   * @param at Where in the line the pattern begins.
   */
  match(pattern: RegExp, at: number, { required = [], digits = {} }: FieldRules = {}): Fields {
    const text = this.#line.text.slice(at);
    const match = pattern.exec(text);
    const groups = match?.groups ?? {};
    const fields: Record<string, unknown> = {};
    for (const name of match === null ? required : Object.keys(groups) as FieldName[]) {
      const captured = groups[name];
      if (captured !== undefined) {
        const column = at + match!.indices!.groups![name]![0];
        fields[name] = this.number(name, captured, column, digits[name]);
      } else if (required.includes(name)) {
        this.expected(FIELDS[name].what, at + text.trimEnd().length, "no number");
      }
    }
    return fields as Fields;
  }

  /** Reads a number; a hexadecimal one with 0x is printed without leading zeros. */
  number<Name extends FieldName>(
    name: Name,
    text: string,
    at: number,
    digits?: number,
  ): Fields[Name] | undefined {
    const { what, base } = FIELDS[name];
    if (base === 16 && text.startsWith("0x")) {
      return this.#register(text.slice(2), at + 2, what, 16) as Fields[Name];
    }
    const value = this.#register(text, at, what, base, digits);
    if (value === undefined || base === 16) return value as Fields[Name];
    if (value <= Number.MAX_SAFE_INTEGER) return Number(value) as Fields[Name];
    this.expected(`${what} up to ${Number.MAX_SAFE_INTEGER}`, at, quote(text));
    return undefined;
  }

  #register(
    text: string,
    at: number,
    what: string,
    base: 10 | 16,
    digits?: number,
  ): bigint | undefined {
    if (!this.#line.ended && at + text.length >= this.#line.text.length) {
      this.expected(what, at, `${quote(text)}, maybe cut`);
      return undefined;
    }
    const significant = text.replace(/^0+(?=.)/, "");
    const known = BASES[base];
    // No number under 2^64 has more digits, and a long one is slow to convert.
    if (
      known.digits.test(text) && significant.length <= 20 &&
      (digits === undefined || text.length === digits)
    ) {
      const value = BigInt(base === 16 ? `0x${significant}` : significant);
      if (value < 1n << 64n) return value;
    }
    const form = digits === undefined
      ? `a 64-bit ${known.name} number`
      : `${digits} ${known.name} digits`;
    this.expected(`${what}, ${form}`, at, quote(text));
    return undefined;
  }
}

/** Words of a log that are shown again: no control characters, and no more than a line of them. */
export function plainWords(text: string): string {
  return text.slice(0, MAX_WORDS).trim().replace(/\p{Cc}/gu, "\ufffd");
}

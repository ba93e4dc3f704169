import { showText } from "@tdx/core/text";
import { quote, textError, type TextLine } from "../../_text_lines.ts";

/** What else is wrong with a line adds nothing, and garbage can be wrong in thousands of places. */
const MAX_DAMAGE = 8;

/** What messages call the numbers in the lines of records, and how many bits each has. */
const DECIMAL = {
  cpu: ["a CPU number", 32],
  bank: ["a bank number", 8],
  vendor: ["a vendor number", 8],
  time: ["a time in seconds", 53],
} as const;
const HEXADECIMAL = {
  status: ["MCi_STATUS", 64],
  mcgStatus: ["MCG_STATUS", 64],
  address: ["MCi_ADDR", 64],
  misc: ["MCi_MISC", 64],
  mcgCap: ["MCG_CAP", 64],
  cs: ["the code segment", 16],
  ip: ["the instruction pointer", 64],
  signature: ["a CPU signature", 32],
} as const;
const FIELDS: Readonly<Record<FieldName, readonly [called: string, bits: number]>> = {
  ...DECIMAL,
  ...HEXADECIMAL,
};

/** Numbers in the lines of records: decimal ones are plain numbers, hexadecimal ones registers. */
export type Fields =
  & { -readonly [Name in keyof typeof DECIMAL]?: number }
  & { -readonly [Name in keyof typeof HEXADECIMAL]?: bigint };

/** The name of a number. */
export type FieldName = keyof Fields;

/** Where the numbers of a line stand. */
export interface FieldPattern {
  /** It has the flags `d` and `y`. Named groups would take several times as long. */
  readonly pattern: RegExp;
  /** What its groups capture, in order. */
  readonly fields: readonly FieldName[];
  /** How many of them must be there, from the first one on; default 0. */
  readonly required?: number;
  /** How many digits a number has where they are fixed. */
  readonly digits?: Readonly<Partial<Record<FieldName, number>>>;
  /** What is printed in another base than elsewhere. */
  readonly base?: Readonly<Partial<Record<FieldName, Base>>>;
}

type Base = "decimal" | "hexadecimal";

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
   * Reads the numbers that a pattern captures.
   *
   * @param at Where in the line the pattern begins.
   * @returns `undefined` where the pattern does not match.
   */
  match(
    { pattern, fields, required = 0, digits, base }: FieldPattern,
    at: number,
  ): Fields | undefined {
    const { text } = this.#line;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const found: Record<string, unknown> = {};
    fields.forEach((name, i) => {
      const captured = match?.[i + 1];
      if (captured !== undefined) {
        const start = match!.indices![i + 1]![0];
        found[name] = this.number(name, captured, start, digits?.[name], base?.[name]);
      } else if (i < required) {
        this.expected(FIELDS[name][0], text.trimEnd().length, "no number");
      }
    });
    return match === null ? undefined : found as Fields;
  }

  /** Reads a number. */
  number<Name extends FieldName>(
    name: Name,
    text: string,
    at: number,
    digits?: number,
    base?: Base,
  ): Fields[Name] | undefined {
    const decimal = Object.hasOwn(DECIMAL, name);
    const usual = decimal ? "decimal" : "hexadecimal";
    // A number with 0x may be printed without leading zeros.
    const value = text.startsWith("0x")
      ? this.#value(name, text.slice(2), at + 2, "hexadecimal")
      : this.#value(name, text, at, base ?? usual, digits);
    return (decimal && value !== undefined ? Number(value) : value) as Fields[Name];
  }

  #value(
    name: FieldName,
    text: string,
    at: number,
    base: Base,
    digits?: number,
  ): bigint | undefined {
    const [what, bits] = FIELDS[name];
    if (!this.#line.ended && at + text.length >= this.#line.text.length) {
      this.expected(what, at, `${quote(text)}, maybe cut`);
      return undefined;
    }
    const significant = text.replace(/^0+(?=.)/, "");
    const asExpected = digits === undefined || text.length === digits;
    // No number under 2^64 has more digits than 20, and a long one is slow to convert.
    if (DIGITS[base].test(text) && significant.length <= 20 && asExpected) {
      const value = BigInt(base === "decimal" ? significant : `0x${significant}`);
      if (value < 1n << BigInt(bits)) return value;
    }
    const form = digits === undefined
      ? `${bits === 8 ? "an" : "a"} ${bits}-bit ${base} number`
      : `${digits} ${base} digits`;
    this.expected(`${what}, ${form}`, at, quote(text));
    return undefined;
  }
}

const DIGITS: Readonly<Record<Base, RegExp>> = { decimal: /^[0-9]+$/, hexadecimal: /^[0-9a-f]+$/i };

/** Reads all that patterns capture, wherever in a line each begins. */
export function matchAll(
  reader: FieldReader,
  patterns: readonly FieldPattern[],
  at: number,
): Fields {
  return Object.assign({}, ...patterns.map((pattern) => reader.match(pattern, at) ?? {}));
}

/** Words of a log to show again. */
export function plainWords(text: string): string {
  return showText(text.trim());
}

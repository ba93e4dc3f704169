import { quote, textError, type TextLine } from "../../_text_lines.ts";

const DIGITS = { 10: /^[0-9]+$/, 16: /^[0-9a-f]+$/i };
const NAMES = { 10: "decimal", 16: "hexadecimal" };

/** What else is wrong with a line adds nothing, and garbage can be wrong in thousands of places. */
const MAX_DAMAGE = 8;

/**
 * Reads the fields that a pattern found in a line, and notes what is wrong with them.
 *
 * A field at the end of a line that may be cut is not taken: its last digits may be missing.
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

  /** An unsigned 64-bit number, hexadecimal without 0x; `digits` where their number is fixed. */
  hex(text: string | undefined, at: number, what: string, digits?: number): bigint | undefined {
    return this.#number(text, at, what, 16, digits);
  }

  /** A whole number that is exact as a `number`. */
  decimal(text: string | undefined, at: number, what: string): number | undefined {
    const value = this.#number(text, at, what, 10);
    if (value === undefined || value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      return value === undefined ? undefined : Number(value);
    }
    this.expected(`${what} up to ${Number.MAX_SAFE_INTEGER}`, at, quote(text!));
    return undefined;
  }

  #number(
    text: string | undefined,
    at: number,
    what: string,
    base: 10 | 16,
    digits?: number,
  ): bigint | undefined {
    const end = at + (text?.length ?? 0);
    if (text === undefined || (!this.#line.ended && end >= this.#line.text.length)) {
      this.expected(what, at, text === undefined ? "no number" : `${quote(text)}, maybe cut`);
      return undefined;
    }
    const significant = text.replace(/^0+(?=.)/, "");
    if (
      !DIGITS[base].test(text) || significant.length > 20 ||
      (digits !== undefined && text.length !== digits)
    ) {
      const form = digits === undefined
        ? `a 64-bit ${NAMES[base]} number`
        : `${digits} ${NAMES[base]} digits`;
      this.expected(`${what}, ${form}`, at, quote(text));
      return undefined;
    }
    const value = BigInt(base === 16 ? `0x${significant}` : significant);
    if (value < 1n << 64n) return value;
    this.expected(`${what}, a 64-bit ${NAMES[base]} number`, at, quote(text));
    return undefined;
  }
}

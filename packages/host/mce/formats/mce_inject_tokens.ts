import { quote, textError } from "../../_text_lines.ts";

/** A word, number or sign of an mce-inject text, in upper case. */
export interface InjectToken {
  readonly text: string;
  readonly line: number;
  /** Counts from 1. */
  readonly column: number;
}

const TOKEN = /#.*|0x[0-9a-f]+|[0-9]+|[a-z_]\w*|[^\s]/giy;

/** Splits a line into words, numbers and signs; `#` begins a comment. */
export function injectTokens(text: string, line: number): InjectToken[] {
  const tokens: InjectToken[] = [];
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text)?.[0];
    if (found !== undefined && !found.startsWith("#")) {
      tokens.push({ text: found.toUpperCase(), line, column: at + 1 });
    }
    at += found?.length ?? 1;
  }
  return tokens;
}

const NUMBER = /^(0X[0-9A-F]+|0[0-7]*|[1-9][0-9]*)$/;

/** Reads a number in C notation: 0x hexadecimal, 0 octal, else decimal. */
export function injectNumber(token: InjectToken, name: string, limit: bigint): bigint {
  const { text } = token;
  if (!NUMBER.test(text)) throw injectError(token, name, "a number such as 0x134 or 1");
  const octal = /^0\d/.test(text);
  // No number under 2^64 has more digits, and a long one is slow to convert.
  const value = text.length > 30 ? limit : BigInt(octal ? `0o${text}` : text);
  if (value < limit) return value;
  throw injectError(token, name, `a number below 0x${limit.toString(16)}`);
}

/** The error for a token where another was expected. */
export function injectError(token: InjectToken, name: string, expected: string): SyntaxError {
  const { text, line, column } = token;
  return textError({ name, line, column }, `Expected ${expected}, got ${quote(text)}`);
}

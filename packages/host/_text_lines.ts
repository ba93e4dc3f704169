import { showLines } from "@tdx/core/text";

/** A line of a text, without its line end. */
export interface TextLine {
  /** What stands in it. */
  readonly text: string;
  /** Counts from 1. */
  readonly number: number;
  /** `false` for a last line without a line end: it may be cut. */
  readonly ended: boolean;
}

/** A place in a text; `line` and `column` count from 1. */
export interface TextPlace {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** Makes the error for trouble at a place in a text: `name:line:column: Message`. */
export function textError(place: TextPlace, message: string): SyntaxError {
  return new SyntaxError(`${place.name}:${place.line}:${place.column}: ${message}`);
}

/** Makes the errors for trouble in one text; `column` is 1 where the line as a whole is wrong. */
export type Refuse = (line: number, message: string, column?: number) => SyntaxError;

/** Names a text for its errors. */
export function errorsIn(name: string): Refuse {
  return (line, message, column = 1) => textError({ name, line, column }, message);
}

/** Quotes a piece of a text for a message, shortened to 40 characters. */
export function quote(text: string): string {
  return showLines(JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text));
}

// Refusing every control character, not only many, also keeps terminal escapes out of messages.
const CONTROL = /(?![\t\n\v\f\r])\p{Cc}/u;

/**
 * Splits a text into lines, LF or CRLF.
 *
 * @throws {SyntaxError} If the text is empty or holds control characters; `expected` says what it
 * should have been.
 */
export function textLines(text: string, expected: string, refuse: Refuse): TextLine[] {
  const parts = text.split("\n");
  const lines = parts.map((part, index) => ({
    text: part.endsWith("\r") ? part.slice(0, -1) : part,
    number: index + 1,
    ended: index < parts.length - 1,
  }));
  for (const line of lines) {
    const at = line.text.search(CONTROL);
    if (at < 0) continue;
    const code = line.text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
    const got = `binary data, the control character U+${code}`;
    throw refuse(line.number, `Expected ${expected}, got ${got}`, at + 1);
  }
  if (text.trim() === "") throw refuse(1, `Expected ${expected}, got an empty text`);
  return lines;
}

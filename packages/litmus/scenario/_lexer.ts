import { type SourceText, syntaxError } from "./_syntax_error.ts";

/** A word, a `"sentence"`, a sign, some other character, or the end of the text. */
export interface Token {
  readonly kind: "word" | "sentence" | "sign" | "other" | "end";
  /** The token as written; a sentence without its quotes. */
  readonly text: string;
  /** Where it begins in the text. */
  readonly offset: number;
  /** Where it ends; the end of the text counts as right behind the last token. */
  readonly end: number;
  /** Whether it is the first of its line; true for the end of the text. */
  readonly first: boolean;
}

/** The longest text that is read, in characters. */
export const MAX_CHARACTERS: number = 2 ** 20;

// Single character classes only: these loops need no stack, however long the text is.
const BLANK = /[ \t\r\n\f\v]+|\/\/[^\r\n]*/y;
const WORD = /\w[\w.+-]*/y;
const SENTENCE = /"[^"]*"/y;
const SIGN = /->|\/\\|\\\/|[{}=;|:,()~]/y;
const CONTROL = /(?![\t\n\v\f\r])\p{Cc}|\uFFFD/u;

/**
 * Splits a text into tokens; blanks and comments, `(* nested *)` or from `//` on, fall away.
 *
 * @throws {SyntaxError} If the text is too long, empty or binary, or if a comment or a
 * sentence is not closed.
 */
export function lex(source: SourceText): Token[] {
  refuseUnreadable(source);
  const { text } = source;
  const tokens: Token[] = [];
  let offset = 0;
  let first = true;
  while (offset < text.length) {
    const skipped = blank(source, offset);
    if (skipped > offset) {
      first ||= /[\r\n]/.test(text.slice(offset, skipped));
      offset = skipped;
      continue;
    }
    const token = { ...piece(source, offset), offset, first };
    tokens.push(token);
    offset = token.end;
    first = false;
  }
  const end = tokens.at(-1)?.end ?? 0;
  tokens.push({ kind: "end", text: "", offset: end, end, first: true });
  return tokens;
}

function refuseUnreadable(source: SourceText): void {
  const { text } = source;
  if (text.length > MAX_CHARACTERS) {
    throw syntaxError(
      source,
      0,
      `Expected a scenario of at most 1 MiB, ${MAX_CHARACTERS} characters, got ${text.length}`,
    );
  }
  const control = text.search(CONTROL);
  if (control >= 0) {
    const message = `Expected the text of a scenario, got binary data (${
      codePoint(text, control)
    })`;
    throw syntaxError(source, control, message);
  }
  if (text.trim() === "") {
    throw syntaxError(source, 0, "Expected TDX and the name of the scenario, got an empty file");
  }
}

/** The end of the blanks or of the comment at an offset; the offset itself where there is none. */
function blank(source: SourceText, offset: number): number {
  const { text } = source;
  if (text.startsWith("(*", offset)) return commentEnd(source, offset);
  return offset + (match(BLANK, text, offset)?.length ?? 0);
}

function commentEnd(source: SourceText, offset: number): number {
  const marks = /\(\*|\*\)/g;
  marks.lastIndex = offset;
  let depth = 0;
  for (let mark = marks.exec(source.text); mark !== null; mark = marks.exec(source.text)) {
    depth += mark[0] === "(*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  throw syntaxError(source, offset, "Expected *) to close this comment, got the end of the file");
}

function piece(source: SourceText, offset: number): Pick<Token, "kind" | "text" | "end"> {
  const { text } = source;
  const word = match(WORD, text, offset);
  if (word !== undefined) {
    const arrow = word.endsWith("-") && text[offset + word.length] === ">";
    const cut = arrow ? word.slice(0, -1) : word;
    return { kind: "word", text: cut, end: offset + cut.length };
  }
  const sign = match(SIGN, text, offset);
  if (sign !== undefined) return { kind: "sign", text: sign, end: offset + sign.length };
  if (text[offset] !== '"') {
    const other = String.fromCodePoint(text.codePointAt(offset)!);
    return { kind: "other", text: other, end: offset + other.length };
  }
  const sentence = match(SENTENCE, text, offset);
  if (sentence === undefined) {
    throw syntaxError(source, offset, 'Expected " to close this sentence, got the end of the file');
  }
  return { kind: "sentence", text: sentence.slice(1, -1), end: offset + sentence.length };
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

/** A character by its number, for messages: `U+00A0`. */
export function codePoint(text: string, offset = 0): string {
  return `U+${text.codePointAt(offset)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

import { codePoint, lex, type Token } from "./_lexer.ts";
import { type SourceText, syntaxError } from "./_syntax_error.ts";

/** The longest name, in characters. */
const MAX_NAME = 64;
/** How much of a token is quoted in a message, in characters. */
const QUOTED = 40;

/** Reads the tokens of a text one by one; what is not as expected becomes a SyntaxError. */
export class TokenReader {
  readonly #source: SourceText;
  readonly #tokens: readonly Token[];
  #position = 0;

  /**
   * @param source The text.
   * @throws {SyntaxError} If it cannot be split into tokens.
   */
  constructor(source: SourceText) {
    this.#source = source;
    this.#tokens = lex(source);
  }

  /** The token that comes next. */
  get next(): Token {
    return this.#tokens[this.#position]!;
  }

  /** Where the token that was taken last ends; 0 before the first. */
  get lastEnd(): number {
    return this.#tokens[this.#position - 1]?.end ?? 0;
  }

  /** How many tokens have been taken. */
  get position(): number {
    return this.#position;
  }

  /** Takes the next token; the end of the text stays. */
  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#position++;
    return token;
  }

  /** Whether the next token is this word or sign. */
  at(text: string): boolean {
    const { kind, text: found } = this.next;
    return (kind === "word" || kind === "sign") && found === text;
  }

  /** Takes this word or sign, if it comes next. */
  skip(text: string): boolean {
    const here = this.at(text);
    if (here) this.take();
    return here;
  }

  /** Takes this word or sign. */
  expect(text: string, expected: string = text): Token {
    return this.at(text) ? this.take() : this.fail(expected);
  }

  /** Takes a name. */
  name(expected: string): Token {
    if (this.next.kind !== "word") this.fail(expected);
    const { length } = this.next.text;
    if (length > MAX_NAME) {
      this.error(`Expected a name of at most ${MAX_NAME} characters, got ${length}`);
    }
    return this.take();
  }

  /** Takes one of some words. */
  oneOf<T extends string>(what: string, words: readonly T[]): T {
    const word = words.find((word) => this.next.kind === "word" && this.next.text === word);
    if (word === undefined) this.fail(`${what} (${words.join(", ")})`);
    this.take();
    return word;
  }

  /** The tokens taken since a position as they were written, blanks and comments folded. */
  textSince(position: number): string {
    const tokens = this.#tokens.slice(position, this.#position);
    return tokens.map(({ text, offset }, i) =>
      (i > 0 && offset > tokens[i - 1]!.end ? " " : "") + text
    ).join("");
  }

  /** Throws: something else was expected than this token. */
  fail(expected: string, token: Token = this.next): never {
    this.error(`Expected ${expected}, got ${described(token)}`, token);
  }

  /** Throws, with the caret under a token. */
  error(message: string, { offset }: { readonly offset: number } = this.next): never {
    throw syntaxError(this.#source, offset, message);
  }
}

function described({ kind, text }: Token): string {
  if (kind === "end") return "the end of the file";
  if (kind === "other") return `${text} (${codePoint(text)})`;
  const short = text.length > QUOTED ? `${text.slice(0, QUOTED - 1)}…` : text;
  return kind === "sentence" ? JSON.stringify(short) : short;
}

import { requireString } from "@tdx/core/arguments";
import { textError, type TextLine } from "../../_text_lines.ts";
import { MAX_LINE, type TextChunks } from "./line_batches.ts";
import { type LogParser, parseLog } from "./log_format.ts";
import type { LoggedMachineCheck } from "../logged_machine_check.ts";
import {
  INJECT_STARTS,
  INJECT_TERMS,
  type InjectRecord,
  type InjectTerm,
} from "./mce_inject_terms.ts";
import { injectError, injectNumber, type InjectToken, injectTokens } from "./mce_inject_tokens.ts";

const START = "CPU or MCE, which begin a record";

/** Reads mce-inject text word by word; a new `CPU` or `MCE` begins the next record. */
export class MceInjectParser implements LogParser {
  readonly #name: string;
  /** A word and what follows it. */
  #clause: { readonly word: InjectToken; readonly values: InjectToken[] } | undefined;
  #record: { readonly fields: InjectRecord; readonly first: number; last: number } | undefined;
  #done: LoggedMachineCheck[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  line(line: TextLine): readonly LoggedMachineCheck[] {
    if (line.text.length >= MAX_LINE && !line.ended) {
      const place = { name: this.#name, line: line.number, column: MAX_LINE };
      throw textError(place, `Expected lines of at most ${MAX_LINE} characters, got a longer one`);
    }
    for (const token of injectTokens(line.text, line.number)) this.#token(token);
    return this.#done.length === 0 ? this.#done : this.#done.splice(0);
  }

  end(): readonly LoggedMachineCheck[] {
    this.#endClause();
    this.#endRecord();
    return this.#done;
  }

  #token(token: InjectToken): void {
    if (Object.hasOwn(INJECT_STARTS, token.text) || Object.hasOwn(INJECT_TERMS, token.text)) {
      this.#endClause();
      this.#clause = { word: token, values: [] };
      return;
    }
    if (this.#clause === undefined) throw injectError(token, this.#name, START);
    const { word, values } = this.#clause;
    // Sixty-four values and the signs of `RIP 0x10:<…> {…}` are more than any word takes.
    if (values.length > 80) throw injectError(token, this.#name, `fewer values after ${word.text}`);
    values.push(token);
  }

  #endClause(): void {
    const clause = this.#clause;
    if (clause === undefined) return;
    this.#clause = undefined;
    const { word, values } = clause;
    const last = values.at(-1)?.line ?? word.line;
    if (Object.hasOwn(INJECT_STARTS, word.text)) {
      this.#endRecord();
      const [cpu, bank = 0n] = this.#values(word, values, INJECT_STARTS[word.text]!);
      const given = cpu === undefined ? {} : { cpu: Number(cpu) };
      const rest = { bank: Number(bank), valid: 0n, mcgStatus: 0n, cs: 0, ip: 0n };
      this.#record = { fields: { ...given, ...rest }, first: word.line, last };
      return;
    }
    if (this.#record === undefined) throw injectError(word, this.#name, START);
    const term = INJECT_TERMS[word.text]!;
    term.apply(this.#record.fields, this.#values(word, values, term));
    this.#record.last = last;
  }

  #values(
    word: InjectToken,
    tokens: readonly InjectToken[],
    { names, count: [least, most], limit = 1n << 64n }: Omit<InjectTerm, "apply">,
  ): bigint[] {
    const values = withoutSigns(tokens);
    const further = values[most];
    if (further !== undefined) {
      throw injectError(further, this.#name, `at most ${most} values after ${word.text}`);
    }
    if (values.length < least) {
      throw injectError(word, this.#name, `a number after ${word.text}`);
    }
    return values.map((token) => names?.get(token.text) ?? injectNumber(token, this.#name, limit));
  }

  #endRecord(): void {
    if (this.#record === undefined) return;
    const { fields, first, last } = this.#record;
    this.#record = undefined;
    const { bank, status, valid, mcgStatus, cs, ip, cpu, address, misc } = fields;
    const { processor, mcgCap, time } = fields;
    const place = { name: this.#name, line: first, column: 1 };
    const missing = "Expected STATUS, got none: the record is cut";
    this.#done.push({
      record: {
        ...(cpu !== undefined && { cpu }),
        bank,
        ...(status !== undefined && { status: status | valid }),
        mcgStatus,
        ...(address !== undefined && { address }),
        ...(misc !== undefined && { misc }),
      },
      interrupted: { cs, ip },
      ...(processor && { processor }),
      ...(mcgCap !== undefined && { mcgCap }),
      ...(time !== undefined && { time }),
      where: { unit: "line", first, last },
      damage: status === undefined ? [textError(place, missing).message] : [],
    });
  }
}

/** Leaves out the signs of `RIP 0x10:<0xfff> {symbol}`, and the symbol. */
function withoutSigns(tokens: readonly InjectToken[]): InjectToken[] {
  const brace = tokens.findIndex(({ text }) => text === "{");
  return tokens.filter(({ text }, i) => !/^[:<>]$/.test(text) && (brace < 0 || i < brace));
}

/**
 * Reads the machine checks out of the input language of mce-inject.
 *
 * `mce-inject --dump` and `mcelog --ascii --raw` print it too. Numbers are those of C. What a record
 * leaves out is 0, as there, but a record without `STATUS` is told as cut. `STATUS` replaces what
 * `ADDR` and `MISC` before it set, as there.
 *
 * @param chunks The text, whole or in pieces.
 * @param name The file's name, for messages.
 * @returns The records, in order.
 * @throws {SyntaxError} `name:line:column: …` where the text is not of this language or a number
 * does not fit in 64 bits.
 *
 * @example
 * ```ts
 * import { readMceInject } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const text = `
 * CPU 0 BANK 1
 * MCGSTATUS RIPV EIPV MCIP LMCES SEAM_NR
 * STATUS UNCORRECTED S AR 0x134
 * ADDR 0x1000 MISC 0x86`;
 * const [found] = await Array.fromAsync(readMceInject(text));
 * assertEquals(found?.record.status, 0xbd80000000000134n);
 * assertEquals(found?.record.mcgStatus, 0x100fn);
 * ```
 */
export function readMceInject(
  chunks: TextChunks,
  name = "log",
): AsyncGenerator<LoggedMachineCheck> {
  requireString("name", name);
  return parseLog(chunks, new MceInjectParser(name));
}

import { type BitFields, MCG_STATUS, MCI_STATUS } from "@tdx/core";
import { quote, textError, type TextLine } from "../../_text_lines.ts";
import {
  type LoggedMachineCheck,
  loggedMachineCheck,
  type RecordFields,
} from "../logged_machine_check.ts";
import { MAX_LINE } from "../../_line_batches.ts";
import { recordedCpu } from "./_recorded_cpu.ts";
import type { LogFormat, LogReader } from "./log_format.ts";

/**
 * The input language of mce-inject, which `mce-inject --dump` and `mcelog --ascii --raw` print too.
 *
 * Numbers are those of C. What a record leaves out is 0, as there, but a record without `STATUS` is
 * told as cut. `STATUS` replaces what `ADDR` and `MISC` before it set, as there. A text that does not
 * begin in this language is a `SyntaxError`; what else is wrong is damage of its record.
 */
export const mceInject: LogFormat = {
  signature:
    /^\s*(?:CPU\s+(?:0x[0-9a-f]+|\d+)(?:\s+(?:BANK\s+)?(?:0x[0-9a-f]+|\d+))?|MCE)\s*(?:#.*|(?:STATUS|ADDR|MISC|RIP|TSC|TIME|MCG|SOCKET|APIC|PROCESSOR|CPUID).*)?$/i,
  reader: (name, found) => new MceInjectReader(name, found),
};

/** A record as mce-inject builds it: what is not given is 0. */
interface InjectRecord extends RecordFields {
  /** ADDRV and MISCV, set since the last `STATUS`. */
  readonly valid: bigint;
  readonly cs: number;
  readonly ip: bigint;
}
const EMPTY: InjectRecord = { bank: 0, valid: 0n, mcgStatus: 0n, cs: 0, ip: 0n };

/** What may follow a word, and what it says of the record. */
interface Term {
  /** Names that stand for bits; numbers are allowed too. */
  readonly names?: ReadonlyMap<string, bigint>;
  /** How many values. */
  readonly count: readonly [least: number, most: number];
  /** Values are below this; default 2^64. */
  readonly limit?: bigint;
  /** Whether the word begins a record. */
  readonly begins?: true;
  readonly set: (values: readonly bigint[], record: InjectRecord) => Partial<InjectRecord>;
}

/** The flags of a register by their names. */
function flagBits(register: BitFields<object>): Map<string, bigint> {
  const bits = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  return new Map(bits.flatMap((bit) => register.flags(bit).map((name) => [name, bit] as const)));
}

const STATUS = flagBits(MCI_STATUS);
const or = (values: readonly bigint[]) => values.reduce((sum, value) => sum | value, 0n);
const all = (...names: string[]) => or(names.map((name) => STATUS.get(name)!));

const MANY = [0, 64] as const;
const ONE = [1, 1] as const;
const NONE = [0, 0] as const;
const EXACT = 1n << 53n;
const nothing = () => ({});
const IGNORED = ["TSC", "SOCKETID", "APICID"];
const FLAGS = [
  "NOBROADCAST",
  "IRQBROADCAST",
  "NMIBROADCAST",
  "HOLD",
  "IN_IRQ",
  "IN_PROC",
  "POLL",
  "EXCP",
];

/** The words of mce-inject: its `mce.lex` and `mce.y`. */
const TERMS: ReadonlyMap<string, Term> = new Map(Object.entries<Term>({
  CPU: {
    begins: true,
    count: [1, 2],
    limit: EXACT,
    set: ([cpu, bank = 0n]) => ({ cpu: Number(cpu), bank: Number(bank) }),
  },
  MCE: { begins: true, count: NONE, set: nothing },
  BANK: { count: ONE, limit: 256n, set: ([bank]) => ({ bank: Number(bank) }) },
  STATUS: {
    names: new Map([
      ...STATUS,
      ["CORRECTED", all("VAL", "EN")],
      ["UNCORRECTED", all("VAL", "UC", "EN")],
      ["FATAL", all("VAL", "UC", "EN", "PCC")],
      ["UCNA", 0n],
      ["SRAO", all("S")],
      ["SRAR", all("S", "AR")],
      ["TES_YELLOW", 1n << 54n],
    ]),
    count: MANY,
    set: (values) => ({ status: or(values), valid: 0n }),
  },
  MCGSTATUS: {
    names: new Map([...flagBits(MCG_STATUS), ["TES_P", 1n << 11n]]),
    count: MANY,
    set: (values) => ({ mcgStatus: or(values) }),
  },
  ADDR: {
    count: ONE,
    set: ([address], { valid }) => ({ address, valid: valid | all("ADDRV") }),
  },
  MISC: { count: ONE, set: ([misc], { valid }) => ({ misc, valid: valid | all("MISCV") }) },
  RIP: {
    count: [1, 2],
    set: ([first, ip]) =>
      ip === undefined ? { cs: 0, ip: first! } : { cs: Number(BigInt.asUintN(16, first!)), ip },
  },
  TIME: { count: ONE, limit: EXACT, set: ([time]) => ({ time: Number(time) }) },
  MCGCAP: { count: ONE, set: ([mcgCap]) => ({ mcgCap }) },
  PROCESSOR: {
    count: [2, 2],
    limit: 1n << 32n,
    set: ([vendor, signature], { processor }) => ({
      processor: recordedCpu(Number(vendor), Number(signature)) ?? processor,
    }),
  },
  ...Object.fromEntries(IGNORED.map((word) => [word, { count: ONE, set: nothing }])),
  ...Object.fromEntries(FLAGS.map((word) => [word, { count: NONE, set: nothing }])),
}));
const START = "CPU or MCE, which begin a record";

/** What else is wrong with a record adds nothing. */
const MAX_DAMAGE = 8;
/** Sixty-four values and the signs of `RIP 0x10:<…> {…}` are more than any word takes. */
const MAX_VALUES = 80;

/** A word, number or sign, in upper case. */
interface Token {
  readonly text: string;
  readonly line: number;
  /** Counts from 1. */
  readonly column: number;
}

/** Reads word by word; a new `CPU` or `MCE` begins the next record. */
class MceInjectReader implements LogReader {
  readonly #name: string;
  readonly #found: (record: LoggedMachineCheck) => void;
  /** A word and what follows it. */
  #clause: { readonly word: Token; readonly term: Term; readonly values: Token[] } | undefined;
  #record: {
    readonly fields: InjectRecord;
    readonly first: number;
    last: number;
    readonly damage: string[];
  } | undefined;

  constructor(name: string, found: (record: LoggedMachineCheck) => void) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    if (line.text.length >= MAX_LINE && !line.ended) {
      const place = { name: this.#name, line: line.number, column: MAX_LINE };
      throw textError(place, `Expected lines of at most ${MAX_LINE} characters, got a longer one`);
    }
    for (const token of tokens(line)) this.#orDamage(() => this.#token(token));
  }

  /** Goes on with the next word, unless there was no record yet. */
  #orDamage(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof SyntaxError) || this.#record === undefined) throw error;
      const { damage } = this.#record;
      if (damage.length < MAX_DAMAGE) damage.push(error.message);
    }
  }

  end(): void {
    this.#orDamage(() => this.#endClause());
    this.#endRecord();
  }

  #token(token: Token): void {
    const term = TERMS.get(token.text);
    if (term !== undefined) {
      this.#orDamage(() => this.#endClause());
      this.#clause = { word: token, term, values: [] };
      return;
    }
    if (this.#clause === undefined) throw this.#error(token, START);
    const { word, values } = this.#clause;
    if (values.length > MAX_VALUES) {
      this.#clause = undefined;
      throw this.#error(token, `fewer values after ${word.text}`);
    }
    values.push(token);
  }

  #endClause(): void {
    if (this.#clause === undefined) return;
    const { word, term, values } = this.#clause;
    this.#clause = undefined;
    if (term.begins) {
      this.#endRecord();
      this.#record = { fields: { ...EMPTY }, first: word.line, last: word.line, damage: [] };
    }
    if (this.#record === undefined) throw this.#error(word, START);
    const { fields } = this.#record;
    Object.assign(fields, term.set(this.#values(word, values, term), fields));
    this.#record.last = values.at(-1)?.line ?? word.line;
  }

  #values(word: Token, tokens: readonly Token[], term: Term): bigint[] {
    const { names, count: [least, most], limit = 1n << 64n } = term;
    const values = withoutSigns(tokens);
    const further = values[most];
    if (further !== undefined) {
      throw this.#error(further, `at most ${most} values after ${word.text}`);
    }
    if (values.length < least) throw this.#error(word, `a number after ${word.text}`);
    return values.map((token) => names?.get(token.text) ?? this.#number(token, limit));
  }

  /** Reads a number in C notation: 0x hexadecimal, 0 octal, else decimal. */
  #number(token: Token, limit: bigint): bigint {
    const { text } = token;
    if (!NUMBER.test(text)) throw this.#error(token, "a number such as 0x134 or 1");
    const octal = /^0\d/.test(text);
    // No number under 2^64 has more digits, and a long one is slow to convert.
    const value = text.length > 30 ? limit : BigInt(octal ? `0o${text}` : text);
    if (value < limit) return value;
    throw this.#error(token, `a number below 0x${limit.toString(16)}`);
  }

  #endRecord(): void {
    if (this.#record === undefined) return;
    const { fields: { status, valid, cs, ip, ...fields }, first, last, damage } = this.#record;
    this.#record = undefined;
    const where = { unit: "line", first, last } as const;
    const others = { ...fields, interrupted: { cs, ip } };
    // What could not be read may have made it worse than a corrected error.
    const sure = status !== undefined &&
      (damage.length === 0 || MCI_STATUS.decode(status).uncorrected);
    if (sure) {
      return this.#found(loggedMachineCheck({ ...others, status: status | valid }, where, damage));
    }
    const cut = status === undefined
      ? "Expected STATUS, got none: the record is cut"
      : "Expected a whole record, got a damaged one: its STATUS is not sure";
    const { message } = textError({ name: this.#name, line: first, column: 1 }, cut);
    this.#found(loggedMachineCheck(others, where, [...damage, message]));
  }

  /** The error for a token where another was expected. */
  #error({ text, line, column }: Token, expected: string): SyntaxError {
    return textError(
      { name: this.#name, line, column },
      `Expected ${expected}, got ${quote(text)}`,
    );
  }
}

const TOKEN = /#.*|0x[0-9a-f]+|[0-9]+|[a-z_]\w*|\S/gi;
const NUMBER = /^(0X[0-9A-F]+|0[0-7]*|[1-9][0-9]*)$/;

/** Splits a line into words, numbers and signs; `#` begins a comment. */
function tokens({ text, number }: TextLine): Token[] {
  const all: Token[] = [];
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const [word] = found;
    if (word.startsWith("#")) continue;
    all.push({ text: word.toUpperCase(), line: number, column: found.index + 1 });
  }
  return all;
}

/** Leaves out the signs of `RIP 0x10:<0xfff> {symbol}`, and the symbol. */
function withoutSigns(tokens: readonly Token[]): Token[] {
  const brace = tokens.findIndex(({ text }) => text === "{");
  return tokens.filter(({ text }, i) => !/^[:<>]$/.test(text) && (brace < 0 || i < brace));
}

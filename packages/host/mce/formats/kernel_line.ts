import { quote, type TextLine } from "../../_text_lines.ts";
import { FieldReader } from "./field_reader.ts";
import type { InterruptedCode, RecordedCpu } from "../logged_machine_check.ts";
import { printable } from "./printable.ts";
import { recordedCpu } from "./recorded_cpu.ts";

/** The lines of a record, in the order Linux prints them. */
export const BLOCK_KINDS = ["header", "rip", "tsc", "addr", "misc", "processor"] as const;

/** One of {@link BLOCK_KINDS}. */
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** What lines of a record give. */
export interface BlockFields {
  readonly cpu?: number | undefined;
  readonly bank?: number | undefined;
  readonly status?: bigint | undefined;
  readonly mcgStatus?: bigint | undefined;
  readonly interrupted?: InterruptedCode | undefined;
  readonly address?: bigint | undefined;
  readonly misc?: bigint | undefined;
  /** Whether the line is whole and prints ADDR and MISC only where they are not 0. */
  readonly omitsZero?: boolean;
  readonly processor?: RecordedCpu | undefined;
  readonly time?: number | undefined;
}

/** A line that is part of a record. */
export interface BlockLine {
  readonly kind: BlockKind;
  readonly number: number;
  readonly fields: BlockFields;
  readonly damage: readonly string[];
}

/** Where the fields of a line begin. */
interface Body {
  readonly text: string;
  /** Columns before it. */
  readonly at: number;
  readonly reader: FieldReader;
  /** Whether an EDAC driver printed it: one value a line, with 0x. */
  readonly edac: boolean;
  /** Whether the line is whole. */
  readonly ended: boolean;
}

/** By first word, what to read. */
const READERS: readonly (readonly [string, BlockKind, (body: Body) => BlockFields])[] = [
  ["CPU ", "header", readHeader],
  ["RIP ", "rip", readRip],
  ["TSC ", "tsc", readValues],
  ["ADDR ", "addr", readValues],
  ["MISC ", "misc", readValues],
  ["PROCESSOR ", "processor", readProcessor],
];

/**
 * Reads a line of a record.
 *
 * Formats: Linux `__print_mce`, and `skx_mce_check_error` of the EDAC drivers, which print what they
 * handle themselves.
 *
 * @param at Where the line's own text begins, after every prefix.
 * @returns `undefined` for a line of another kind.
 */
export function readBlockLine(
  line: TextLine,
  at: number,
  edac: boolean,
  name: string,
): BlockLine | undefined {
  const row = READERS.find(([word]) => line.text.startsWith(word, at));
  if (row === undefined) return undefined;
  const [, kind, read] = row;
  const text = line.text.slice(at);
  if (kind === "header" && !text.includes(": Machine Check")) return undefined;
  const reader = new FieldReader(line, name);
  const fields = read({ text, at, reader, edac, ended: line.ended });
  return { kind, number: line.number, fields, damage: reader.damage };
}

const HEADER =
  /^CPU (\S+): Machine Check(?: Exception| Event)?:?(?: (\S+)(?: Bank (\S+):(?: (\S+))?)?)?/d;
const RIP = /^RIP(?: !INEXACT!)? ([^\s:]+):<([^\s>]+)(?:>(?: *\{([^}]*)\})?)?/d;
const PROCESSOR = /^PROCESSOR ([^\s:]+):(\S+)(?: TIME (\S+))?/d;

function readHeader(body: Body): BlockFields {
  const field = fieldsOf(body, HEADER);
  return {
    cpu: field.decimal(1, "a CPU number"),
    mcgStatus: field.hex(2, "MCG_STATUS"),
    bank: field.decimal(3, "a bank number"),
    status: field.hex(4, "MCi_STATUS", 16),
  };
}

function readRip(body: Body): BlockFields {
  const field = fieldsOf(body, RIP);
  const cs = field.hex(1, "the code segment");
  const ip = field.hex(2, "the instruction pointer", 16);
  if (cs === undefined || ip === undefined) return {};
  const symbol = printable(field.text(3) ?? "");
  return { interrupted: { cs: Number(cs), ip, ...(symbol && { symbol }) } };
}

function readProcessor(body: Body): BlockFields {
  const field = fieldsOf(body, PROCESSOR);
  const vendor = field.decimal(1, "a vendor number");
  const signature = field.hex(2, "a CPU signature");
  return {
    processor: vendor === undefined || signature === undefined
      ? undefined
      : recordedCpu(vendor, Number(signature & 0xffffffffn)),
    time: field.text(3) === undefined ? undefined : field.decimal(3, "a time in seconds"),
  };
}

/** Pairs of name and value: `TSC 1ee4f074462 ADDR 10ed608000 MISC 86`. */
const PAIR = /([A-Z][A-Z0-9]*) (\S+) */y;
const VALUES: Readonly<Record<string, "address" | "misc">> = { ADDR: "address", MISC: "misc" };

function readValues({ text, at, reader, edac, ended }: Body): BlockFields {
  const found: { address?: bigint | undefined; misc?: bigint | undefined } = {};
  // An EDAC line sometimes runs into the next one, prefix and all.
  const rest = edac ? text.replace(/ EDAC \S+ MC\d+:/, (match) => " ".repeat(match.length)) : text;
  let end = 0;
  for (PAIR.lastIndex = 0;; end = PAIR.lastIndex) {
    const pair = PAIR.exec(rest);
    if (pair === null) break;
    const [whole, word, value] = pair;
    const field = VALUES[word!];
    if (field === undefined) continue;
    const column = at + end + whole.indexOf(" ") + 1;
    found[field] = hexField(reader, value, column, `MCi_${word}`);
  }
  if (end < rest.trimEnd().length) {
    reader.expected(
      "names and hexadecimal values",
      at + end,
      quote(rest.slice(end)),
    );
    return found;
  }
  return { ...found, omitsZero: !edac && ended && reader.damage.length === 0 };
}

/** Reads what a pattern captured; columns come with it. */
function fieldsOf({ text, at, reader }: Body, pattern: RegExp) {
  const match = pattern.exec(text);
  const place = (group: number) => at + (match?.indices?.[group]?.[0] ?? text.trimEnd().length);
  return {
    text: (group: number): string | undefined => match?.[group],
    decimal: (group: number, what: string) => reader.decimal(match?.[group], place(group), what),
    hex: (group: number, what: string, digits?: number) =>
      hexField(reader, match?.[group], place(group), what, digits),
  };
}

/** A number with 0x is printed without leading zeros, so its length says nothing. */
function hexField(
  reader: FieldReader,
  text: string | undefined,
  at: number,
  what: string,
  digits?: number,
): bigint | undefined {
  return text?.startsWith("0x")
    ? reader.hex(text.slice(2), at + 2, what)
    : reader.hex(text, at, what, digits);
}

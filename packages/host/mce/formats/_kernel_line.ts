import { quote, type TextLine } from "../../_text_lines.ts";
import type { PrivateKeyIds, RecordFields } from "../logged_machine_check.ts";
import { type FieldPattern, FieldReader, plainWords } from "./_field_reader.ts";
import { recordedCpu } from "./_recorded_cpu.ts";

/**
 * What a line of a kernel log says of machine checks; `host` is who logged it, where a journal or
 * syslog names it.
 */
export type KernelLine =
  | {
    readonly kind: "part";
    readonly host: string;
    readonly stream: string;
    readonly part: RecordPart;
  }
  | { readonly kind: "reason" | "panic"; readonly host: string; readonly words: string }
  | { readonly kind: "key-ids"; readonly host: string; readonly range: PrivateKeyIds };

/** The lines of a record, in the order Linux prints them. */
export const PART_KINDS = ["CPU", "RIP", "TSC", "ADDR", "MISC", "PROCESSOR"] as const;

/** One of {@link PART_KINDS}: the first word of a line, and `CPU` begins a record. */
export type PartKind = (typeof PART_KINDS)[number];

/** A line of a record. */
export interface RecordPart {
  readonly kind: PartKind;
  /** Its number in the text. */
  readonly line: number;
  readonly fields: PartFields;
  /** What is wrong with it. */
  readonly damage: readonly string[];
}

/** What lines of a record give. */
export type PartFields = RecordFields & {
  /** Whether the line is whole and prints ADDR and MISC only where they are not 0. */
  readonly omitsZero?: boolean;
};

const MARK = "[Hardware Error]:";
const CALLER = /\] *\[ *([CT]\d+)\]/;
const EDAC = /EDAC \S+ MC\d+:/y;
const REASON = "machine check: ";
const PANIC = "Kernel panic - not syncing: ";
const TDX = "virt/tdx: ";
const KEY_IDS = /BIOS enabled: private KeyID range:? *\[(\d+), (\d+)\)/y;

/**
 * Reads a line of a kernel log, behind the prefixes of dmesg, journal and syslog.
 *
 * Time stamps differ from line to line and are not looked at. Lines of one record have host and
 * caller in common: the caller, `[  C147]`, is there where the kernel has CONFIG_PRINTK_CALLER.
 *
 * @param line The line.
 * @param name The file's name, for messages.
 * @returns `undefined` for a line that says nothing of machine checks.
 */
export function readKernelLine(line: TextLine, name: string): KernelLine | undefined {
  const { text } = line;
  const printed = printedBy(text);
  if (printed !== undefined) {
    const { start, at, caller, edac } = printed;
    const host = hostBefore(text, start);
    if (text.substr(at, REASON.length).toLowerCase() === REASON) {
      return { host, kind: "reason", words: plainWords(text.slice(at + REASON.length)) };
    }
    const part = readPart(line, at, edac, name);
    return part && { host, kind: "part", stream: `${host} ${caller}`, part };
  }
  const panic = text.indexOf(PANIC);
  if (panic >= 0) {
    const words = plainWords(text.slice(panic + PANIC.length));
    return { host: hostBefore(text, panic), kind: "panic", words };
  }
  const tdx = text.indexOf(TDX);
  KEY_IDS.lastIndex = tdx + TDX.length;
  const [, first, end] = tdx < 0 ? [] : KEY_IDS.exec(text) ?? [];
  if (first === undefined) return undefined;
  return { host: hostBefore(text, tdx), kind: "key-ids", range: [Number(first), Number(end)] };
}

/** Who printed a line about a machine check, and where its own words begin. */
interface Printed {
  /** Where their mark begins. */
  readonly start: number;
  readonly at: number;
  readonly caller: string;
  /** Whether it is an EDAC driver. */
  readonly edac: boolean;
}

function printedBy(text: string): Printed | undefined {
  const mark = text.indexOf(MARK);
  if (mark >= 0) {
    const caller = CALLER.exec(text.slice(0, mark))?.[1] ?? "";
    return { start: mark, at: afterSpaces(text, mark + MARK.length), caller, edac: false };
  }
  const start = text.indexOf("EDAC ");
  if (start < 0) return undefined;
  EDAC.lastIndex = start;
  const driver = EDAC.exec(text)?.[0];
  if (driver === undefined) return undefined;
  return { start, at: afterSpaces(text, EDAC.lastIndex), caller: driver, edac: true };
}

/** The word before ` kernel:` or ` kernel[…]:`, looking at the text before `end`. */
function hostBefore(text: string, end: number): string {
  const kernel = text.lastIndexOf(" kernel", end);
  return kernel < 0 ? "" : text.slice(text.lastIndexOf(" ", kernel - 1) + 1, kernel);
}

function afterSpaces(text: string, at: number): number {
  while (text[at] === " ") at++;
  return at;
}

/**
 * Reads a line of a record from `at`, where its prefixes end.
 *
 * Formats: Linux `__print_mce`, and `skx_mce_check_error` of the EDAC drivers, which print what they
 * handle themselves: one value a line, with 0x.
 */
function readPart(line: TextLine, at: number, edac: boolean, name: string): RecordPart | undefined {
  const kind = PART_KINDS.find((word) => line.text.startsWith(`${word} `, at));
  if (kind === undefined) return undefined;
  if (kind === "CPU" && !line.text.includes(": Machine Check", at)) return undefined;
  const reader = new FieldReader(line, name);
  const fields = FIELDS_OF[kind](reader, at, line, edac);
  return { kind, line: line.number, fields, damage: reader.damage };
}

type ReadFields = (reader: FieldReader, at: number, line: TextLine, edac: boolean) => PartFields;

const FIELDS_OF: Readonly<Record<PartKind, ReadFields>> = {
  CPU: (reader, at) => reader.match(CPU, at) ?? {},
  RIP: interruptedCode,
  TSC: valuePairs,
  ADDR: valuePairs,
  MISC: valuePairs,
  PROCESSOR: processor,
};

const CPU: FieldPattern = {
  pattern:
    /CPU (\S+): Machine Check(?: Exception| Event)?:?(?: (\S+)(?: Bank (\S+):(?: (\S+))?)?)?/dy,
  fields: ["cpu", "mcgStatus", "bank", "status"],
  required: 4,
  digits: { status: 16 },
};
const RIP: FieldPattern = {
  pattern: /RIP(?: !INEXACT!)? ([^\s:]+):<([^\s>]+)/dy,
  fields: ["cs", "ip"],
  required: 2,
  digits: { ip: 16 },
};
const SYMBOL = /^RIP [^<]*<[^\s>]+> *\{([^}]*)\}/;
const PROCESSOR: FieldPattern = {
  pattern: /PROCESSOR ([^\s:]+):(\S+)(?: TIME (\S+))?/dy,
  fields: ["vendor", "signature", "time"],
  required: 2,
};

function interruptedCode(reader: FieldReader, at: number, { text }: TextLine): PartFields {
  const { cs, ip } = reader.match(RIP, at) ?? {};
  if (cs === undefined || ip === undefined) return {};
  const symbol = plainWords(SYMBOL.exec(text.slice(at))?.[1] ?? "");
  return { interrupted: { cs: Number(cs), ip, ...(symbol && { symbol }) } };
}

function processor(reader: FieldReader, at: number): PartFields {
  const { vendor, signature, time } = reader.match(PROCESSOR, at) ?? {};
  if (vendor === undefined || signature === undefined) return { time };
  return { processor: recordedCpu(vendor, Number(signature & 0xffffffffn)), time };
}

/** Pairs of name and value: `TSC 1ee4f074462 ADDR 10ed608000 MISC 86`. */
const PAIR = /([A-Z][A-Z0-9]*) (\S+) */y;
const VALUES: Readonly<Record<string, "address" | "misc">> = { ADDR: "address", MISC: "misc" };

function valuePairs(reader: FieldReader, at: number, line: TextLine, edac: boolean): PartFields {
  const found: { address?: bigint | undefined; misc?: bigint | undefined } = {};
  const text = line.text.slice(at);
  // An EDAC line sometimes runs into the next one, prefix and all.
  const pairs = edac ? text.replace(/ EDAC \S+ MC\d+:/, (run) => " ".repeat(run.length)) : text;
  let end = 0;
  for (PAIR.lastIndex = 0;; end = PAIR.lastIndex) {
    const [, word, value] = PAIR.exec(pairs) ?? [];
    if (word === undefined) break;
    const field = VALUES[word];
    if (field !== undefined) {
      found[field] = reader.number(field, value!, at + end + word.length + 1);
    }
  }
  if (end < pairs.trimEnd().length) {
    reader.expected("names and hexadecimal values", at + end, quote(pairs.slice(end)));
    return found;
  }
  return { ...found, omitsZero: !edac && line.ended && reader.damage.length === 0 };
}

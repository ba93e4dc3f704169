import { defined } from "@tdx/core";
import { quote, type TextLine } from "../../_text_lines.ts";
import { isPrivateRange } from "../assess/key_id_layout.ts";
import type { PrivateKeyIds, RecordFields } from "../logged_machine_check.ts";
import { type FieldPattern, FieldReader, plainWords } from "./_field_reader.ts";
import { recordedCpu } from "./_recorded_cpu.ts";

/** What a line of a kernel log says of machine checks. */
export type KernelLine =
  & (
    | {
      readonly kind: "part";
      readonly part: RecordPart;
      /** What lines of one record have in common. */
      readonly stream: string;
      /** Whether the kernel's mark is on it; a line without may be anything. */
      readonly marked: boolean;
    }
    | { readonly kind: "reason" | "panic"; readonly words: string; readonly line: number }
    | {
      readonly kind: "key-ids";
      /** Absent where no machine can have it, which is told as damage. */
      readonly range?: PrivateKeyIds;
      readonly damage: readonly string[];
    }
  )
  & {
    /** Who logged it, where a journal or syslog names it. */
    readonly host: string;
    /** Seconds since boot, where the line has them. */
    readonly time?: number | undefined;
  };

/** The lines of a record, in the order Linux prints them. */
export const PART_KINDS = [
  "CPU",
  "BANK",
  "RIP",
  "TSC",
  "ADDR",
  "MISC",
  "PROCESSOR",
] as const;

/**
 * One of {@link PART_KINDS}: the first word of a line, and `CPU` begins a record. `BANK` is a line of
 * its own only in kernels for 32 bits before 2.6.32. `PROCESSOR` ends a record, and so does what
 * older kernels print instead.
 */
export type PartKind = (typeof PART_KINDS)[number];

/** A line of a record. */
export interface RecordPart {
  readonly kind: PartKind;
  /** Its number in the text. */
  readonly line: number;
  readonly fields: PartFields;
  /** Seconds since boot, where the line has them. */
  readonly time?: number | undefined;
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
const SECONDS = /\[ *(\d{1,10}\.\d{1,9})\]/;
const EDAC = /EDAC \S+ MC\d+:/y;
const REASON = "machine check: ";
const PANIC = "Kernel panic - not syncing: ";
/** Panics over machine checks (Linux `mce_panic` and `__ghes_panic`). */
const PANIC_WORDS = /machine check|broadcast exception|MCA architect|hardware error|unrecoverable/i;
const TDX = "virt/tdx: ";
const KEY_IDS = /BIOS enabled: private KeyID range:? *\[(\d+), (\d+)\)/y;

/**
 * Reads a line of a kernel log, behind the prefixes of dmesg, journal and syslog.
 *
 * Lines of one record have host and caller in common: the caller, `[  C147]`, is there where the
 * kernel has CONFIG_PRINTK_CALLER.
 *
 * @param line The line.
 * @param name The file's name, for messages.
 * @param open Whether a record is open: its further lines are then known without the kernel's mark.
 * @returns `undefined` for a line that says nothing of machine checks.
 */
export function readKernelLine(
  line: TextLine,
  name: string,
  open: boolean,
): KernelLine | undefined {
  const { text, number } = line;
  const printed = printedBy(text) ?? unmarked(text, open);
  if (printed !== undefined) {
    const { start, at, caller, edac, marked } = printed;
    const host = hostBefore(text, start);
    const time = secondsBefore(text, start);
    if (text.substr(at, REASON.length).toLowerCase() === REASON) {
      const words = plainWords(text.slice(at + REASON.length));
      return { host, kind: "reason", words, time, line: number };
    }
    const part = readPart(line, at, edac, name);
    return part && {
      host,
      kind: "part",
      stream: `${host} ${caller}`,
      marked,
      part: { ...part, time },
      time,
    };
  }
  const panic = text.indexOf(PANIC);
  if (panic >= 0) {
    const words = plainWords(text.slice(panic + PANIC.length));
    if (!PANIC_WORDS.test(words)) return undefined;
    const time = secondsBefore(text, panic);
    return { host: hostBefore(text, panic), kind: "panic", words, time, line: number };
  }
  const tdx = text.indexOf(TDX);
  KEY_IDS.lastIndex = tdx + TDX.length;
  const words = tdx < 0 ? null : KEY_IDS.exec(text);
  if (words === null) return undefined;
  const host = hostBefore(text, tdx);
  const range = [Number(words[1]), Number(words[2])] as const;
  if (isPrivateRange(range)) return { host, kind: "key-ids", range, damage: [] };
  const reader = new FieldReader(line, name);
  const at = text.indexOf("[", words.index);
  const got = quote(text.slice(at, KEY_IDS.lastIndex));
  reader.expected("a range of private KeyIDs that a machine can have", at, got);
  return { host, kind: "key-ids", damage: reader.damage };
}

/** Who printed a line about a machine check, and where its own words begin. */
interface Printed {
  /** Where their mark begins. */
  readonly start: number;
  readonly at: number;
  readonly caller: string;
  /** Whether it is an EDAC driver. */
  readonly edac: boolean;
  /** Whether there is a mark. */
  readonly marked: boolean;
}

function printedBy(text: string): Printed | undefined {
  const mark = text.indexOf(MARK);
  if (mark >= 0) {
    const caller = CALLER.exec(text.slice(0, mark))?.[1] ?? "";
    return {
      start: mark,
      at: afterSpaces(text, mark + MARK.length),
      caller,
      edac: false,
      marked: true,
    };
  }
  const start = text.indexOf("EDAC ");
  if (start < 0) return undefined;
  EDAC.lastIndex = start;
  const driver = EDAC.exec(text)?.[0];
  if (driver === undefined) return undefined;
  return { start, at: afterSpaces(text, EDAC.lastIndex), caller: driver, edac: true, marked: true };
}

/** What begins a record where the mark was stripped, as in a mail, or a kernel has none. */
const BEGINNING =
  /(?<![\w:])(?:CPU *)?\d+: Machine Check|MCE: The hardware reports a non fatal, correctable incident/;
/** What goes on with one. */
const FURTHER =
  /(?<![\w:])(?:RIP(?: !INEXACT!)? [0-9a-f]+:|(?:TSC|ADDR|MISC) [0-9a-f]|PROCESSOR \d|Bank \d+: [0-9a-f]|Machine check: |This is not a software problem)/;

function unmarked(text: string, open: boolean): Printed | undefined {
  const begins = text.includes("Machine Check") || text.includes("correctable incident");
  const at = begins ? text.search(BEGINNING) : open ? text.search(FURTHER) : -1;
  return at < 0 ? undefined : { start: at, at, caller: "", edac: false, marked: false };
}

/** The word before ` kernel:` or ` kernel[…]:`, looking at the text before `end`. */
export function hostBefore(text: string, end: number): string {
  const kernel = text.lastIndexOf(" kernel", end);
  return kernel < 0 ? "" : text.slice(text.lastIndexOf(" ", kernel - 1) + 1, kernel);
}

function secondsBefore(text: string, end: number): number | undefined {
  const seconds = SECONDS.exec(text.slice(0, end))?.[1];
  return seconds === undefined ? undefined : Number(seconds);
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
  const kind = partKind(line.text.slice(at, at + 40));
  if (kind === undefined) return undefined;
  const reader = new FieldReader(line, name);
  const fields = FIELDS_OF[kind](reader, at, line, edac);
  return { kind, line: line.number, fields, damage: reader.damage };
}

const CPU_WORDS = /^(?:CPU *)?\S+: Machine Check|^MCE: The hardware reports/;
const OTHER_WORDS = /^(RIP|TSC|ADDR|MISC|PROCESSOR) /;

/** The kind of a line by its first words. */
function partKind(words: string): PartKind | undefined {
  if (CPU_WORDS.test(words)) return "CPU";
  if (/^Bank \d+: /.test(words)) return "BANK";
  if (words.startsWith("This is not a software problem")) return "PROCESSOR";
  return OTHER_WORDS.exec(words)?.[1] as PartKind | undefined;
}

type ReadFields = (reader: FieldReader, at: number, line: TextLine, edac: boolean) => PartFields;

const FIELDS_OF: Readonly<Record<PartKind, ReadFields>> = {
  CPU: (reader, at, { text }) =>
    text.startsWith("MCE", at)
      ? { ...reader.match(INCIDENT, at), mcgStatus: 0n }
      : reader.match(CPU, at) ?? {},
  BANK: (reader, at) => reader.match(BANK, at) ?? {},
  RIP: interruptedCode,
  TSC: valuePairs,
  ADDR: valuePairs,
  MISC: valuePairs,
  PROCESSOR: processor,
};

const CPU: FieldPattern = {
  pattern:
    /(?:CPU *)?(\S+): Machine Check(?: Exception| Event)?:?(?: +(\S+)(?: Bank (\S+):(?: (\S+))?)?)?/dy,
  fields: ["cpu", "mcgStatus", "bank", "status"],
  required: 2,
  digits: { status: 16 },
};
/** Kernels for 32 bits before 2.6.32 have a line for each bank. */
const BANK: FieldPattern = {
  pattern: /Bank (\S+): ([^\s[]+)(?:\[([^\]\s]+)\]?)?(?: at (\S+))?/dy,
  fields: ["bank", "status", "misc", "address"],
  required: 2,
  digits: { status: 16 },
};
const INCIDENT: FieldPattern = {
  pattern: /MCE: .{60,70} on CPU (\d+)/dy,
  fields: ["cpu"],
  required: 1,
};
const RIP: FieldPattern = {
  // What stands in angle brackets is lost where a log was shown as HTML.
  pattern: /RIP(?: !INEXACT!)? ([^\s:]+):(?:<([^\s>]+))?/dy,
  fields: ["cs", "ip"],
  required: 1,
  digits: { ip: 16 },
};
const SYMBOL = /^RIP [^{]*\{([^}]*)\}/;
const PROCESSOR: FieldPattern = {
  pattern: /PROCESSOR ([^\s:]+):(\S+)(?: TIME (\S+))?/dy,
  fields: ["vendor", "signature", "time"],
  required: 2,
};

function interruptedCode(reader: FieldReader, at: number, { text }: TextLine): PartFields {
  const { cs, ip } = reader.match(RIP, at) ?? {};
  if (cs === undefined) return {};
  const symbol = plainWords(SYMBOL.exec(text.slice(at))?.[1] ?? "");
  return { interrupted: { cs: Number(cs), ...defined({ ip }), ...(symbol && { symbol }) } };
}

function processor(reader: FieldReader, at: number, { text }: TextLine): PartFields {
  // An older kernel, which prints no PROCESSOR.
  if (!text.startsWith("PROCESSOR", at)) return { omitsZero: true };
  const { vendor, signature, time } = reader.match(PROCESSOR, at) ?? {};
  if (vendor === undefined || signature === undefined) return { time };
  return { processor: recordedCpu(vendor, Number(signature)), time };
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

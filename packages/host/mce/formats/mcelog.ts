import { requireString } from "@tdx/core/arguments";
import { textError, type TextLine } from "../../_text_lines.ts";
import { FieldReader } from "./field_reader.ts";
import type { TextChunks } from "./line_batches.ts";
import { type LogParser, parseLog } from "./log_format.ts";
import type { InterruptedCode, LoggedMachineCheck, RecordedCpu } from "../logged_machine_check.ts";
import { printable } from "./printable.ts";

interface Fields {
  cpu?: number | undefined;
  bank?: number | undefined;
  status?: bigint | undefined;
  mcgStatus?: bigint | undefined;
  address?: bigint | undefined;
  misc?: bigint | undefined;
  cs?: bigint | undefined;
  ip?: bigint | undefined;
  mcgCap?: bigint | undefined;
  time?: number | undefined;
}
interface Open {
  readonly fields: Fields;
  readonly first: number;
  last: number;
  processor?: RecordedCpu;
  readonly damage: string[];
}

/** The lines of a record; each captured group goes into the field of the same name. */
const LINES: readonly RegExp[] = [
  /^RIP(?: !INEXACT!)? (?<cs>[^\s:]+):(?<ip>[^\s:]+)/d,
  /^MISC (?<misc>\S+)(?: ADDR (?<address>\S+))?/d,
  /^ADDR (?<address>\S+)/d,
  /^TIME (?<time>\S+)/d,
  /^STATUS (?<status>\S+)(?: MCGSTATUS (?<mcgStatus>\S+))?/d,
  /^MCGCAP (?<mcgCap>\S+)/d,
];
const DECIMAL: ReadonlySet<string> = new Set(["cpu", "bank", "time"]);
const WORDS: Readonly<Record<string, string>> = {
  status: "MCi_STATUS",
  mcgStatus: "MCG_STATUS",
  address: "MCi_ADDR",
  misc: "MCi_MISC",
  mcgCap: "MCG_CAP",
  cs: "the code segment",
  ip: "the instruction pointer",
  cpu: "a CPU number",
  bank: "a bank number",
  time: "a time in seconds",
};

/** Thermal events and the like have no bank and no MCi_STATUS. */
const START = /^CPU (?<cpu>\S+) (?:BANK (?<bank>\S+)|[A-Z])/d;
const BETWEEN = /^(?:MCE \d+$|Hardware event\.|HARDWARE ERROR)/;
const CPUID = /^CPUID Vendor (\S+) Family (\d{1,5}) Model (\d{1,5})(?: Step(?:ping)? (\d{1,5}))?/;
const VENDORS: Readonly<Record<string, string>> = { Intel: "GenuineIntel", AMD: "AuthenticAMD" };
/** What syslog and the journal put before a line. */
const PREFIX = /^.{0,200}?\bmcelog(?:\[\d+\])?: /;

/** Reads what mcelog prints, line by line. */
export class McelogParser implements LogParser {
  readonly #name: string;
  #open: Open | undefined;
  #done: LoggedMachineCheck[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  line(line: TextLine): readonly LoggedMachineCheck[] {
    const at = /\S/.exec(line.text.replace(PREFIX, (prefix) => " ".repeat(prefix.length)))?.index;
    if (at !== undefined) this.#line(line, line.text.slice(at), at);
    return this.#done.length === 0 ? this.#done : this.#done.splice(0);
  }

  end(): readonly LoggedMachineCheck[] {
    this.#close();
    return this.#done;
  }

  #line(line: TextLine, text: string, at: number): void {
    if (BETWEEN.test(text)) return this.#close();
    const reader = new FieldReader(line, this.#name);
    const start = START.exec(text);
    if (start !== null) {
      this.#close();
      if (start.groups?.["bank"] === undefined) return;
      const fields = read(start, at, reader);
      this.#open = { fields, first: line.number, last: line.number, damage: reader.damage };
      return;
    }
    const open = this.#open;
    if (open === undefined) return;
    const match = LINES.map((pattern) => pattern.exec(text)).find((found) => found !== null);
    if (match) Object.assign(open.fields, read(match, at, reader));
    const cpu = CPUID.exec(text);
    if (cpu !== null) open.processor = cpuOf(cpu);
    if (match || cpu) open.last = line.number;
    open.damage.push(...reader.damage.slice(0, Math.max(0, MAX_DAMAGE - open.damage.length)));
  }

  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { fields, first, last, damage, processor } = open;
    const { cpu, bank, status, mcgStatus, address, misc, mcgCap, time } = fields;
    const place = { name: this.#name, line: first, column: 1 };
    if (status === undefined || mcgStatus === undefined) {
      const missing = "Expected a line with STATUS and MCGSTATUS, got none: the record is cut";
      damage.push(textError(place, missing).message);
    }
    const known = { cpu, bank, status, mcgStatus, address, misc };
    const interrupted = interruptedBy(fields);
    this.#done.push({
      record: Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
      ...(interrupted && { interrupted }),
      ...(processor && { processor }),
      ...(mcgCap !== undefined && { mcgCap }),
      ...(time !== undefined && { time }),
      where: { unit: "line", first, last },
      damage,
    });
  }
}

const MAX_DAMAGE = 20;

function read(match: RegExpExecArray, at: number, reader: FieldReader): Fields {
  const entries = Object.entries(match.groups ?? {}).flatMap(([field, text]) => {
    if (text === undefined) return [];
    const column = at + match.indices!.groups![field]![0];
    const what = WORDS[field]!;
    const decimal = DECIMAL.has(field);
    return [[
      field,
      decimal ? reader.decimal(text, column, what) : reader.hex(text, column, what),
    ]];
  });
  return Object.fromEntries(entries);
}

function interruptedBy({ cs, ip }: Fields): InterruptedCode | undefined {
  return cs === undefined || ip === undefined ? undefined : { cs: Number(cs), ip };
}

function cpuOf([, vendor, family, model, stepping]: RegExpExecArray): RecordedCpu {
  return {
    vendor: VENDORS[vendor!] ?? printable(vendor!),
    family: Number(family),
    model: Number(model),
    ...(stepping !== undefined && { stepping: Number(stepping) }),
  };
}

/**
 * Reads the machine checks out of what mcelog prints, with `--ascii` or as a daemon.
 *
 * The registers are taken, mcelog's own decoding is not. Events without a bank, such as thermal
 * ones, are skipped. Damage is told per record, never thrown. For `--raw` see
 * {@link readMceInject}: it prints that language.
 *
 * @param chunks The text, whole or in pieces.
 * @param name The file's name, for messages.
 * @returns The records, in order.
 *
 * @example
 * ```ts
 * import { readMcelog } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const text = `Hardware event. This is not a software error.
 * MCE 0
 * CPU 1 BANK 1 TSC 1ee4f074462
 * RIP 33:4013a6
 * MISC 86 ADDR 10ed608000
 * MCG status:RIPV EIPV MCIP LMCE
 * STATUS bd80000000100134 MCGSTATUS f
 * CPUID Vendor Intel Family 6 Model 143
 * `;
 * const [found] = await Array.fromAsync(readMcelog(text));
 * assertEquals(found?.record.address, 0x10ed608000n);
 * assertEquals(found?.interrupted?.cs, 0x33);
 * assertEquals(found?.processor?.model, 0x8f);
 * ```
 */
export function readMcelog(chunks: TextChunks, name = "log"): AsyncGenerator<LoggedMachineCheck> {
  requireString("name", name);
  return parseLog(chunks, new McelogParser(name));
}

import { textError, type TextLine } from "../../_text_lines.ts";
import {
  type LoggedMachineCheck,
  loggedMachineCheck,
  type RecordedCpu,
} from "../logged_machine_check.ts";
import { type FieldPattern, FieldReader, type Fields, plainWords } from "./_field_reader.ts";
import type { LogFormat, LogReader } from "./log_format.ts";

/**
 * What mcelog prints, with `--ascii` or as a daemon.
 *
 * The registers are taken, mcelog's own decoding is not. Events without a bank, such as thermal
 * ones, are skipped. Damage is told per record, never thrown. What `--raw` prints is mce-inject's
 * language.
 */
export const mcelog: LogFormat = {
  signature:
    /Hardware event\. This is not a software error|^HARDWARE ERROR|^MCE \d+$|^MC[Gi] status:/,
  reader: (name, found) => new McelogReader(name, found),
};

const MAX_DAMAGE = 20;

const START: FieldPattern = { pattern: /CPU (\S+) BANK (\S+)/dy, fields: ["cpu", "bank"] };
/** The other lines of a record. */
const LINES: readonly FieldPattern[] = [
  { pattern: /RIP(?: !INEXACT!)? ([^\s:]+):([^\s:]+)/dy, fields: ["cs", "ip"] },
  { pattern: /MISC (\S+)(?: ADDR (\S+))?/dy, fields: ["misc", "address"] },
  { pattern: /ADDR (\S+)/dy, fields: ["address"] },
  { pattern: /TIME (\S+)/dy, fields: ["time"] },
  { pattern: /STATUS (\S+)(?: MCGSTATUS (\S+))?/dy, fields: ["status", "mcgStatus"] },
  { pattern: /MCGCAP (\S+)/dy, fields: ["mcgCap"] },
];
/** What ends a record; thermal events and the like have a CPU, but neither bank nor MCi_STATUS. */
const BETWEEN = /^(?:MCE \d+$|Hardware event\.|HARDWARE ERROR|CPU \S+ (?!BANK \S)[A-Z])/;
const CPUID = /^CPUID Vendor (\S+) Family (\d{1,5}) Model (\d{1,5})(?: Step(?:ping)? (\d{1,5}))?/;
const VENDORS = new Map([["Intel", "GenuineIntel"], ["AMD", "AuthenticAMD"]]);
/** What syslog and the journal put before a line. */
const PREFIX = /^.{0,200}?\bmcelog(?:\[\d+\])?: /;

/** A record whose lines still come. */
interface Open {
  readonly fields: Fields;
  readonly first: number;
  last: number;
  processor?: RecordedCpu;
  readonly damage: string[];
}

class McelogReader implements LogReader {
  readonly #name: string;
  readonly #found: (record: LoggedMachineCheck) => void;
  #open: Open | undefined;

  constructor(name: string, found: (record: LoggedMachineCheck) => void) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    const prefix = PREFIX.exec(line.text)?.[0].length ?? 0;
    const text = line.text.slice(prefix).trimStart();
    const at = line.text.length - text.length;
    if (BETWEEN.test(text)) return this.end();
    const reader = new FieldReader(line, this.#name);
    const start = reader.match(START, at);
    if (start !== undefined) {
      this.end();
      this.#open = { fields: start, first: line.number, last: line.number, damage: reader.damage };
      return;
    }
    const open = this.#open;
    if (open === undefined) return;
    const cpu = CPUID.exec(text);
    if (cpu !== null) open.processor = recordedCpu(cpu);
    const fields = firstMatch(reader, at);
    Object.assign(open.fields, fields);
    if (fields !== undefined || cpu !== null) open.last = line.number;
    open.damage.push(...reader.damage.slice(0, Math.max(0, MAX_DAMAGE - open.damage.length)));
  }

  end(): void {
    if (this.#open === undefined) return;
    const { fields, first, last, damage, processor } = this.#open;
    this.#open = undefined;
    const { cs, ip, status, mcgStatus } = fields;
    if (status === undefined || mcgStatus === undefined) {
      const missing = "Expected a line with STATUS and MCGSTATUS, got none: the record is cut";
      damage.push(textError({ name: this.#name, line: first, column: 1 }, missing).message);
    }
    const interrupted = cs === undefined || ip === undefined ? undefined : { cs: Number(cs), ip };
    const where = { unit: "line", first, last } as const;
    this.#found(loggedMachineCheck({ ...fields, interrupted, processor }, where, damage));
  }
}

function firstMatch(reader: FieldReader, at: number): Fields | undefined {
  for (const pattern of LINES) {
    const fields = reader.match(pattern, at);
    if (fields !== undefined) return fields;
  }
  return undefined;
}

function recordedCpu([, vendor, family, model, stepping]: RegExpExecArray): RecordedCpu {
  return {
    vendor: VENDORS.get(vendor!) ?? plainWords(vendor!),
    family: Number(family),
    model: Number(model),
    ...(stepping !== undefined && { stepping: Number(stepping) }),
  };
}

import type { TextLine } from "../../_text_lines.ts";
import type { LoggedMachineCheck, RecordedCpu } from "../logged_machine_check.ts";
import { type FieldPattern, FieldReader } from "./_field_reader.ts";
import type { FoundRecord, LogFormat, LogReader } from "./log_format.ts";
import { oneLineRecord } from "./_one_line_record.ts";

const LINE = /\bMCA: \d+: (?=[A-Z]{2,6} (?:Poll|Intr|Excp) G)|\bMC:PCPU(?=\d)/;

/** What it prints of the CPU in its panic: family, model and stepping, in hexadecimal. */
const CPU = /\bFMS=([0-9a-f]{1,3})\/([0-9a-f]{1,2})\/([0-9a-f])\b/i;
/** Whose CPUs are of a family: ESXi prints no vendor. */
const VENDORS = new Map([
  [6, "GenuineIntel"],
  ...[0x15, 0x17, 0x19, 0x1a].map((family) => [family, "AuthenticAMD"] as const),
]);
/** A record waits for the CPU so many lines, so many at once. */
const REACH = 256;
const MOST_RECORDS = 64;

/**
 * What ESXi logs of machine checks, one line a record: `MCA: 200: SRAR Excp G7 B1 S… A… M… P…`, and
 * until 6.0 `MC:PCPU42 B:4 S:0x… M:0x… A:0x… 5`, whose last number is MCG_STATUS. The CPU is that of
 * the panic, `FMS=06/8f/8`, where there is one near.
 *
 * The letters are those of Broadcom's article 367928. Whether a bank over 9 is printed in decimal no
 * source says; it is taken for decimal unless it holds a letter.
 */
export const esxi: LogFormat = {
  signature: new RegExp(`${LINE.source}|${CPU.source}`),
  reader: (name, found) => new EsxiReader(name, found),
};

class EsxiReader implements LogReader {
  readonly #name: string;
  readonly #found: FoundRecord;
  readonly #waiting: LoggedMachineCheck[] = [];
  #cpu: { readonly processor: RecordedCpu; readonly until: number } | undefined;

  constructor(name: string, found: FoundRecord) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    const [first] = this.#waiting;
    if (first !== undefined && first.where.last < line.number - REACH) this.end();
    const [family, model, stepping] = (CPU.exec(line.text)?.slice(1) ?? [])
      .map((digits) => parseInt(digits, 16));
    const vendor = VENDORS.get(family!);
    if (vendor !== undefined) {
      const processor = { vendor, family: family!, model: model!, stepping: stepping! };
      this.#cpu = { processor, until: line.number + REACH };
    }
    const start = LINE.exec(line.text);
    if (start !== null) this.#waiting.push(this.#record(line, start));
    if (this.#cpu !== undefined && this.#cpu.until < line.number) this.#cpu = undefined;
    if (this.#cpu !== undefined || this.#waiting.length >= MOST_RECORDS) this.end();
  }

  end(): void {
    const processor = this.#cpu?.processor;
    for (const record of this.#waiting.splice(0)) {
      this.#found(processor === undefined ? record : { ...record, processor });
    }
  }

  #record(line: TextLine, start: RegExpExecArray): LoggedMachineCheck {
    const reader = new FieldReader(line, this.#name);
    const at = start.index + start[0].length;
    const fields = start[0].startsWith("MCA")
      ? { ...reader.match(PCPU, 0), ...reader.match(BANK, at), ...reader.match(MCA, at) }
      : reader.match(OLD, at) ?? {};
    return oneLineRecord(fields, reader, line, this.#name);
  }
}

const PCPU: FieldPattern = { pattern: /.{0,200}?\bcpu(\d+):\d+\)/dy, fields: ["cpu"] };
const BANK: FieldPattern = {
  pattern: /\S+ \S+ G\S+ B(?=[0-9a-f]*[a-f])([0-9a-f]+) /dy,
  fields: ["bank"],
  base: { bank: "hexadecimal" },
};
const MCA: FieldPattern = {
  pattern: /\S+ \S+ G(\S+)(?: B(?:(\d+)|\S+))?(?: S(\S+))?(?: A(\S+))?(?: M(\S+))?/dy,
  fields: ["mcgStatus", "bank", "status", "address", "misc"],
  required: 1,
  digits: { status: 16 },
};
const OLD: FieldPattern = {
  pattern: /(\d+)(?: B:(\S+))?(?: S:(\S+))?(?: M:(\S+))?(?: A:(\S+))?(?: (\S+))?/dy,
  fields: ["cpu", "bank", "status", "misc", "address", "mcgStatus"],
  required: 3,
};

import { textError, type TextLine } from "../../_text_lines.ts";
import { loggedMachineCheck } from "../logged_machine_check.ts";
import { type FieldPattern, FieldReader, matchAll } from "./_field_reader.ts";
import type { FoundRecord, LogFormat, LogReader } from "./log_format.ts";
import { oneLineRecord } from "./_one_line_record.ts";

/** What rasdaemon prints itself, and a row of `ras-mc-ctl --errors`: date, then names and values. */
const DATE = String.raw`(\d{4}-\d\d-\d\d) ([\d:]{8}) ([+-]\d{4})`;
const DAEMON = new RegExp(String.raw`\bmce_record: +${DATE} `);
const ROW = new RegExp(String.raw`^[\s>|]*\d+ ${DATE} error: (?=.*\b(?:mcgcap|mcgstatus|status)=)`);
const SUMMARY = /^[\s>|]*MCE records summary:/;
const COUNT = /^\s+(\d+) .* errors$/;

/**
 * What rasdaemon says in text: its lines in the journal, `ras-mc-ctl --errors` and `--summary`.
 *
 * Rows of other tables, of memory controllers and PCIe, are no machine checks and are skipped.
 * `--summary` holds no registers: that there were machine checks is told as damage.
 */
export const rasdaemonText: LogFormat = {
  signature: new RegExp([DAEMON, ROW, SUMMARY].map(({ source }) => source).join("|")),
  reader: (name, found) => new RasdaemonTextReader(name, found),
};

class RasdaemonTextReader implements LogReader {
  readonly #name: string;
  readonly #found: FoundRecord;
  /** Whether the lines of the summary come. */
  #summary = false;

  constructor(name: string, found: FoundRecord) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    const { text } = line;
    const counted = this.#summary ? COUNT.exec(text) : null;
    this.#summary = counted !== null || SUMMARY.test(text);
    if (counted !== null) return this.#count(line, counted[1]!);
    const event = text.includes("20") ? DAEMON.exec(text) ?? ROW.exec(text) : null;
    if (event === null) return;
    const row = !event[0].includes("mce_record");
    const reader = new FieldReader(line, this.#name);
    const at = event.index + event[0].length;
    const fields = matchAll(reader, row ? ROW_FIELDS : DAEMON_FIELDS, at);
    // ras-mc-ctl leaves out what is 0.
    if (row && line.ended) fields.cpu ??= 0;
    if (row && line.ended) fields.bank ??= 0;
    const [, day, hour, zone] = event;
    const seconds = Date.parse(`${day}T${hour}${zone}`) / 1000;
    if (seconds > 0) fields.time ??= seconds;
    const amd = /\bcpu_type= AMD|, CPU 2, /.test(text);
    this.#found(oneLineRecord(fields, reader, line, this.#name, {
      omitsZero: true,
      ...(amd && { processor: { vendor: "AuthenticAMD" } }),
    }));
  }

  #count(line: TextLine, count: string): void {
    const place = { name: this.#name, line: line.number, column: 1 };
    const message =
      `Expected the records, got a summary of ${count}: ras-mc-ctl --errors lists them`;
    const where = { unit: "line", first: line.number, last: line.number } as const;
    this.#found(loggedMachineCheck({}, where, [textError(place, message).message]));
  }

  end(): void {}
}

/** Hexadecimal without 0x, but for the CPU and MCG_STATUS. */
const DAEMON_FIELDS: readonly FieldPattern[] = [
  { pattern: /.*?\(bank=([^\s,)]+)\)/dy, fields: ["bank"] },
  { pattern: /bank=([^\s,]+)/dy, fields: ["bank"], base: { bank: "hexadecimal" } },
  { pattern: /.*?\bstatus= ?([^\s,]+)/dy, fields: ["status"], required: 1 },
  ...["cpu", "ip", "cs", "misc", "mcgCap"].map((field) => named(field)),
  named("addr", "address"),
  named("mcgStatus", "mcgStatus", "decimal"),
];
/** Hexadecimal with 0x, but for MCG_STATUS. */
const ROW_FIELDS: readonly FieldPattern[] = [
  { pattern: /.*?\bstatus=([^\s,]+)/dy, fields: ["status"], required: 1 },
  ...["cpu", "bank", "ip", "cs", "misc", "mcgCap"].map((field) => named(field)),
  named("addr", "address"),
  named("walltime", "time"),
  named("cpuid", "signature"),
  { pattern: /.*?, CPU (\d+),/dy, fields: ["vendor"] },
  named("mcgStatus", "mcgStatus", "decimal"),
];

function named(
  word: string,
  field: string = word,
  base?: "decimal",
): FieldPattern {
  return {
    pattern: new RegExp(String.raw`.*?, (?:mcg )?${word.toLowerCase()}= ?([^\s,]+)`, "dy"),
    fields: [field as FieldPattern["fields"][number]],
    ...(base && { base: { [field]: base } }),
  };
}

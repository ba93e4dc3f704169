import type { TextLine } from "../../_text_lines.ts";
import { type FieldName, FieldReader, type Fields } from "./_field_reader.ts";
import { oneLineRecord } from "./_one_line_record.ts";
import type { FoundRecord, LogFormat, LogReader } from "./log_format.ts";

const IS = String.raw`\b[\s:=|]*`;
const HEX = "(0x[0-9a-f]+)";
/** A register's name and value, as service processors and firmware list them. */
const STATUS = new RegExp(
  String
    .raw`\b(?:IA32_)?(?:MC(?:i|A|(\d{1,3}))[_ ]STATUS|STATUS(?<=\bbank\b.{0,80}STATUS))${IS}(0x[0-9a-f]{1,20})`,
  "di",
);
/** What any of them holds: mostly there is nothing. */
const ANY = /\b(?:IA32_)?(?:MC|STATUS|ADDR|MISC|CPU|Core|Thread|Bank)/i;
/** Lines of other forms. */
const OTHERS = /mcgstatus=|mce_record|\[Hardware Error\]/;
const FIELDS: readonly (readonly [FieldName, RegExp])[] = [
  ["bank", /\bBank(?: ?(?:No|Num|Number|ID))?\b[\s:=#|]*(\d{1,3})\b/di],
  ["cpu", /\b(?:CPU|Core ?ID|Thread ?ID)\b[\s:=#|]*(\d{1,5})\b/di],
  ["mcgStatus", new RegExp(String.raw`\b(?:IA32_)?MCG_?STATUS${IS}${HEX}`, "di")],
  ["mcgCap", new RegExp(String.raw`\b(?:IA32_)?MCG_?CAP${IS}${HEX}`, "di")],
  ["address", new RegExp(String.raw`\b(?:(?:IA32_)?MC\w{1,3}[_ ])?ADDR${IS}${HEX}`, "di")],
  ["misc", new RegExp(String.raw`\b(?:(?:IA32_)?MC\w{1,3}[_ ])?MISC${IS}${HEX}`, "di")],
  ["signature", new RegExp(String.raw`\bCPUID${IS}${HEX}`, "di")],
];
/** So many lines lie between two of a record at most. */
const REACH = 8;

/**
 * Lists of registers by name, as service processors, firmware and ESXi's support print them: in one
 * line, or one a line, `IA32_MCi_STATUS: 0xba00000000000e0b`.
 *
 * Nothing but MCi_STATUS makes a record; what else a list names is taken along.
 */
export const registerList: LogFormat = {
  // What stands above MCi_STATUS belongs to it.
  signature: new RegExp(
    String.raw`${STATUS.source}|\bMCG_(?:STATUS|CAP)${IS}0x|^\s*(?:CPU|Bank)\s*[:=#|]`,
    "i",
  ),
  reader: (name, found) => new RegisterListReader(name, found),
};

class RegisterListReader implements LogReader {
  readonly #name: string;
  readonly #found: FoundRecord;
  #fields: Fields = {};
  #reader: FieldReader | undefined;
  /** The line of MCi_STATUS. */
  #line: TextLine | undefined;
  #last = 0;

  constructor(name: string, found: FoundRecord) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    if (line.number - this.#last > REACH) this.end();
    if (!ANY.test(line.text) || OTHERS.test(line.text)) return;
    const reader = new FieldReader(line, this.#name);
    const status = STATUS.exec(line.text);
    const here: Fields = {};
    for (const [name, pattern] of FIELDS) {
      const match = pattern.exec(line.text);
      if (match !== null) Object.assign(here, { [name]: valueOf(reader, name, match, 1) });
    }
    if (status?.[1] !== undefined) {
      Object.assign(here, { bank: valueOf(reader, "bank", status, 1) });
    }
    const names = Object.keys(here) as FieldName[];
    if (status === null && names.length === 0) return;
    // What comes a second time belongs to the next record.
    if (names.some((name) => this.#fields[name] !== undefined) || (status && this.#line)) {
      this.end();
    }
    Object.assign(this.#fields, here);
    this.#last = line.number;
    if (status === null) return;
    this.#line = line;
    this.#reader = reader;
    Object.assign(this.#fields, { status: valueOf(reader, "status", status, 2) });
  }

  end(): void {
    const fields = this.#fields;
    this.#fields = {};
    if (this.#line === undefined) return;
    this.#found(oneLineRecord(fields, this.#reader!, this.#line, this.#name));
    this.#line = undefined;
  }
}

function valueOf(reader: FieldReader, name: FieldName, match: RegExpExecArray, group: number) {
  return reader.number(name, match[group]!, match.indices![group]![0]);
}

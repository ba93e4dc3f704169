import { type FieldPattern, FieldReader } from "./_field_reader.ts";
import type { LogFormat } from "./log_format.ts";
import { oneLineRecord } from "./_one_line_record.ts";

const LINE = /\bMCA: \d+: (?=[A-Z]{2,6} (?:Poll|Intr|Excp) G)|\bMC:PCPU(?=\d)/;

/**
 * What ESXi logs of machine checks, one line a record: `MCA: 200: SRAR Excp G7 B1 S… A… M… P…`, and
 * until 6.0 `MC:PCPU42 B:4 S:0x… M:0x… A:0x… 5`, whose last number is MCG_STATUS.
 *
 * The letters are those of Broadcom's article 367928. Whether a bank over 9 is printed in decimal no
 * source says; it is taken for decimal unless it holds a letter.
 */
export const esxi: LogFormat = {
  signature: LINE,
  reader: (name, found) => ({
    line(line) {
      const start = LINE.exec(line.text);
      if (start === null) return;
      const reader = new FieldReader(line, name);
      const at = start.index + start[0].length;
      const fields = start[0].startsWith("MCA")
        ? { ...reader.match(PCPU, 0), ...reader.match(BANK, at), ...reader.match(MCA, at) }
        : reader.match(OLD, at) ?? {};
      found(oneLineRecord(fields, reader, line, name));
    },
    end() {},
  }),
};

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

import { type FieldPattern, FieldReader, matchAll } from "./_field_reader.ts";
import type { LogFormat } from "./log_format.ts";
import { oneLineRecord } from "./_one_line_record.ts";

const EVENT = /\bmce_record: +(?=CPU: )/;

/**
 * The trace event `mce_record`, one line a record: from trace_pipe, trace-cmd or `perf script`.
 *
 * Known are its texts of Linux 3.x, with ADDR/MISC in one, to 6.13 (include/trace/events/mce.h).
 */
export const traceEvent: LogFormat = {
  signature: EVENT,
  reader: (name, found) => ({
    line(line) {
      const event = EVENT.exec(line.text);
      if (event === null) return;
      const reader = new FieldReader(line, name);
      const fields = matchAll(reader, FIELDS, event.index + event[0].length);
      found(oneLineRecord(fields, reader, line, name));
    },
    end() {},
  }),
};

const FIELDS: readonly FieldPattern[] = [
  { pattern: /CPU: ([^\s,]+)/dy, fields: ["cpu"], required: 1 },
  {
    pattern: /.*?\bMCGc\/s: ([^\s/,]+)\/([^\s,]+)/dy,
    fields: ["mcgCap", "mcgStatus"],
    required: 2,
  },
  {
    pattern: /.*?\bMC(\d+): ([^\s,]+)/dy,
    fields: ["bank", "status"],
    required: 2,
    digits: { status: 16 },
  },
  {
    pattern: /.*?\bADDR\/MISC(?:\/SYND)?: ([^\s/,]+)\/([^\s/,]+)/dy,
    fields: ["address", "misc"],
    digits: { address: 16, misc: 16 },
  },
  { pattern: /.*?\bADDR: ([^\s,]+)/dy, fields: ["address"], digits: { address: 16 } },
  { pattern: /.*?\bMISC: ([^\s,]+)/dy, fields: ["misc"], digits: { misc: 16 } },
  { pattern: /.*?\bRIP: ([^\s:]+):(?:<([^\s>,]+))?/dy, fields: ["cs", "ip"], digits: { ip: 16 } },
  { pattern: /.*?\bPROCESSOR: ([^\s:]+):([^\s,]+)/dy, fields: ["vendor", "signature"] },
  { pattern: /.*?\bvendor: ([^\s,]+)/dy, fields: ["vendor"] },
  { pattern: /.*?\bCPUID: ([^\s,]+)/dy, fields: ["signature"] },
  { pattern: /.*?\bTIME: ([^\s,]+)/diy, fields: ["time"] },
];

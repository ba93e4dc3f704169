import type { Interval } from "@tdx/core";
import { quote, type TextLine } from "../../_text_lines.ts";
import type { Tally } from "../_tally.ts";
import type { MeasurementFormat } from "./format.ts";

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  nsec: 1,
  nsecs: 1,
  us: 1e3,
  usec: 1e3,
  usecs: 1e3,
  ms: 1e6,
  msec: 1e6,
  msecs: 1e6,
  s: 1e9,
};

/** ftrace's function profiler, `trace_stat/functionN`, one file for each CPU or several in a row. */
export const traceStat: MeasurementFormat = {
  signature: /^ *Function +Hit +Time +Avg/,
  read(lines, tally) {
    for (const { text, number } of lines) {
      // Of several files `tail` writes the names.
      if (/^ *(?:Function +Hit|-{3})|^ *$|^==> /.test(text)) continue;
      const row = /^ *([\w.]+) +(\d+) +(\d+(?:\.\d+)?) us/.exec(text);
      if (row === null) {
        throw tally.refuse(number, `Expected a row of trace_stat, got ${quote(text)}`);
      }
      tally.add(number, row[1]!, { calls: Number(row[2]), ns: Math.round(Number(row[3]) * 1000) });
    }
  },
};

/** `perf ftrace profile`. */
export const perfProfile: MeasurementFormat = {
  signature: /^# *Total \(us\) +Avg \(us\) +Max \(us\) +Count +Function/,
  read(lines, tally) {
    for (const { text, number } of lines) {
      const row = /^ *(\d+(?:\.\d+)?) +[\d.]+ +[\d.]+ +(\d+) +([\w.]+)/.exec(text);
      if (row === null) continue;
      tally.add(number, row[3]!, { calls: Number(row[2]), ns: Math.round(Number(row[1]) * 1000) });
    }
  },
};

/**
 * `perf ftrace latency`: classes of time without the function's name, which the file's name must
 * have. Newer ones say the total, which is exact. Perf puts a call into the class below its own
 * (6.1: 1,008 µs into 256 to 512; 7.3: 1,033 µs into 512 to 1024): the range has both.
 */
export const perfLatency: MeasurementFormat = {
  signature: /^# +DURATION +\| +COUNT +\| +GRAPH/,
  read(lines, tally) {
    readClasses(
      lines,
      /^ *(\d+(?:\.\d+)?) *- +(\d+(?:\.\d+)?|\.\.\.) +([mun]?s) +\| +(\d+) \|/,
      tally,
      (end) => 2 * end,
    );
  },
};

/**
 * `funclatency` of bcc, and the one of libbpf-tools: classes of time; the function is named above
 * them. It drops fractions before it counts, so that a class ends one unit after its second number.
 */
export const funclatency: MeasurementFormat = {
  signature: /^ +[num]?secs? +: count +distribution/,
  read(lines, tally) {
    readClasses(lines, /^ *(\d+) -> (\d+) +: (\d+) +\|/, tally, (end) => end + 1);
  },
};

/** Reads histograms, and what the tool says of their sums. */
function readClasses(
  lines: readonly TextLine[],
  row: RegExp,
  tally: Tally,
  endOf: (second: number) => number,
): void {
  let symbol: string | undefined;
  let unit = 1;
  let calls = 0;
  let ns: Interval = { low: 0, high: 0 };
  /** Adds a histogram, with its exact time where that is told. */
  const flush = (line: number, exact?: number) => {
    if (calls > 0 && symbol !== undefined) tally.add(line, symbol, { calls, ns: exact ?? ns });
    [calls, ns] = [0, { low: 0, high: 0 }];
  };
  for (const { text, number } of lines) {
    // The last in a line: a path before it may have such a name too.
    const named = /^.*\b((?:tdh|tdx)_[a-z0-9_]+)/.exec(text);
    const header = /^ +([num]?secs?) +: count/.exec(text);
    if (named !== null || header !== null) flush(number);
    if (named !== null) symbol = named[1];
    if (header !== null) unit = UNITS[header[1]!]!;
    // A sum may be that of several histograms: then each has its classes alone.
    const total = /total: *(\d+) ([num]?secs), count: *(\d+)/.exec(text);
    if (total !== null && Number(total[3]) === calls) {
      flush(number, Number(total[1]) * UNITS[total[2]!]!);
    }
    // perf writes the unit of its sums above them.
    const sums = /^# statistics +\(in ([num]?sec)\)/.exec(text);
    if (sums !== null) unit = UNITS[sums[1]!]!;
    const whole = /^ +total time: +(\d+)$/.exec(text);
    if (whole !== null) flush(number, Number(whole[1]) * unit);
    const found = row.exec(text);
    if (found === null) continue;
    const [, low, high, third, fourth] = found;
    const count = Number(fourth ?? third);
    const scale = fourth === undefined ? unit : UNITS[third!]!;
    calls += count;
    ns = {
      low: ns.low + Number(low) * scale * count,
      high: ns.high + (count === 0 ? 0 : endOf(Number(high)) * scale * count || Infinity),
    };
  }
  flush(lines.length);
  if (symbol === undefined) {
    throw tally.refuse(
      1,
      "Expected the name of the function in the text or in the name of the file",
    );
  }
}

import type { TextLine } from "../../_text_lines.ts";
import type { Tally } from "../_tally.ts";
import type { MeasurementFormat } from "./format.ts";

/** A call that a trace shows whole. */
export interface TracedCall {
  /** The function. */
  readonly symbol: string;
  /** Its arguments, as far as they were taken, in order. */
  readonly args: readonly bigint[];
  /** What it returned; `null` where that was not taken. */
  readonly status: bigint | null;
  /** The CPU on which it returned. */
  readonly cpu: number;
  /** Nanoseconds; `null` where they were not taken. */
  readonly ns: number | null;
  /** The line on which it returned. */
  readonly line: number;
}

/** What is put down at the entry of a call, until it returns. */
interface Entered {
  readonly symbol: string;
  readonly args: readonly bigint[];
}

/** Seconds before the bar, the CPU, the task and what comes before the duration, the rest. */
const LINE = /^ *(?:(\d+\.\d+) +\| +)?(?:(\d+)\) +)?(?:\S.*=> *|(.*)\|)(.*)$/;
const TASK = /^ *([^#].*-\d+) +\|/;
const DURATION = /(\d+(?:\.\d+)?) us *$/;
const CALL = /^ *([\w.]+)(?: \[\w+\])?\((.*)\)(;| \{)(.*)$/;
const RETURN = /^ *\}(.*)$/;
const ARGUMENT = /^(?: *\w+=)?[ ?]*(-?)(0x[0-9a-f]+|\d+)/i;
const RETURNED = /(?:=|ret=) *(-?)(0x[0-9a-f]+|\d+)/i;
const LOST = /^(?:CPU:\d+ \[LOST (\d+) EVENTS\]|.*\[(\d+) EVENTS DROPPED\])/;
/** The lines of `trace-cmd report`: task, CPU (with `-l` without brackets), seconds, event, the rest. */
const TRACE_CMD =
  /^ *(.+-\d+) +(?:\[(\d+)\]|(\d+)\D).*? (\d+\.\d+): funcgraph_(?:entry|exit): *(.*?)\|(.*)$/;

/** ftrace's function graph. */
export const functionGraph: MeasurementFormat = {
  signature:
    /^#.* DURATION +FUNCTION CALLS|^ *(?:\d+\.\d+ +\| +)?\d+\) .*\| +(?:[\w.]+(?: \[\w+\])?\(|\})/,
  read: sumCalls,
};

/** The function graph as `trace-cmd report` writes it. */
export const traceCmd: MeasurementFormat = {
  signature: /: funcgraph_(?:entry|exit): /,
  read: sumCalls,
};

/** Adds a call that a trace shows. */
export function addCall({ line, symbol, status, ns }: TracedCall, tally: Tally): void {
  tally.add(line, symbol, {
    calls: 1,
    ...(ns === null ? {} : { ns }),
    ...(status === null ? {} : { status }),
  });
}

function sumCalls(lines: readonly TextLine[], tally: Tally): void {
  for (const call of graphCalls(lines, tally)) addCall(call, tally);
}

/** Reads the calls of a function graph, in the order in which they return. */
export function* graphCalls(lines: readonly TextLine[], tally: Tally): Generator<TracedCall> {
  const stacks = new Map<string, (Entered | undefined)[]>();
  /** What runs on a CPU: the graph names it only where that changes. */
  const tasks = new Map<string, string>();
  for (const { text, number } of lines) {
    const lost = LOST.exec(text);
    if (lost !== null) tally.lost += Number(lost[1] ?? lost[2]);
    const switched = /^ *(?:\d+\.\d+ +\| +)?(\d+)\) +(.+) => +(.+?) *$/.exec(text);
    if (switched !== null) {
      tasks.set(switched[1]!, switched[3]!);
      continue;
    }
    const found = partsOf(text, tasks);
    if (found === undefined) continue;
    let stack = stacks.get(found.task);
    if (stack === undefined) stacks.set(found.task, stack = []);
    const us = DURATION.exec(found.duration)?.[1];
    const ns = us === undefined ? null : Math.round(Number(us) * 1000);
    const at = (symbol: string, later: number) => {
      if (found.seconds !== undefined) {
        tally.at(number, symbol, Number(found.seconds) + later / 1e9);
      }
    };
    const call = CALL.exec(found.rest);
    if (call !== null) {
      const entered = { symbol: call[1]!, args: argumentsIn(call[2]!) };
      at(entered.symbol, 0);
      if (call[3] === ";") {
        at(entered.symbol, ns ?? 0);
        yield { ...entered, status: statusIn(call[4]!), cpu: found.cpu, ns, line: number };
      } else stack.push(entered);
      continue;
    }
    const end = RETURN.exec(found.rest);
    if (end === null) continue;
    const entered = stack.pop();
    const named = /\/\* *([a-z_][\w.]*)/i.exec(end[1]!)?.[1];
    const symbol = named !== undefined && named !== "ret" ? named : entered?.symbol;
    if (symbol === undefined) continue;
    at(symbol, 0);
    const args = entered?.symbol === symbol ? entered.args : [];
    yield { symbol, args, status: statusIn(end[1]!), cpu: found.cpu, ns, line: number };
  }
  for (const stack of stacks.values()) {
    for (const entered of stack) {
      if (entered) tally.add(lines.length, entered.symbol, { unfinished: 1 });
    }
  }
}

function partsOf(text: string, tasks: ReadonlyMap<string, string>) {
  const report = TRACE_CMD.exec(text);
  if (report !== null) {
    const [, task, bracketed, bare, seconds, duration, rest] = report;
    const cpu = Number(bracketed ?? bare);
    return { task: ownerOf(task!, cpu), cpu, seconds, duration: duration!, rest: rest! };
  }
  const line = LINE.exec(text);
  if (line?.[3] === undefined) return undefined;
  const [, seconds, cpu, duration, rest] = line;
  const named = TASK.exec(duration)?.[1];
  // Without task and CPU nothing tells which call ends.
  if (named === undefined && cpu === undefined) return undefined;
  const task = named === undefined
    ? `${cpu} ${tasks.get(cpu!) ?? ""}`
    : ownerOf(named, Number(cpu ?? 0));
  return { task, cpu: Number(cpu ?? 0), seconds, duration, rest: rest! };
}

/** Whose calls are within each other: a task's, and those of a CPU that idles, as process 0. */
function ownerOf(task: string, cpu: number): string {
  return task.endsWith("-0") ? `${task} ${cpu}` : task;
}

/**
 * The values of `name=value` or of values alone, `level=1 [PG_LEVEL_4K]` among them, up to the first
 * that is none: a structure's members are not taken, and what comes after it would have another place.
 */
function argumentsIn(text: string): bigint[] {
  const values = text.split(",").map((part) => valueIn(part, ARGUMENT));
  const end = values.indexOf(null);
  return (end < 0 ? values : values.slice(0, end)) as bigint[];
}

/** The return value in the comment behind a call: `= 0x0` before Linux 6.13, then `ret=0x0`. */
function statusIn(comment: string): bigint | null {
  return valueIn(comment, RETURNED);
}

/** The number that a pattern finds, sign and digits, in 64 bits. */
function valueIn(text: string, pattern: RegExp): bigint | null {
  const value = pattern.exec(text);
  if (value === null) return null;
  const magnitude = BigInt(value[2]!);
  return BigInt.asUintN(64, value[1] === "-" ? -magnitude : magnitude);
}

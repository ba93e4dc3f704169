import type { Refuse, TextLine } from "../../_text_lines.ts";
import { quote } from "../../_text_lines.ts";
import type { MeasuringCost, ShutdownForm } from "../shutdown_trace.ts";
import type { Tally } from "../_tally.ts";

/** The first line of what `shutdown.sh stop` writes. */
export const COLLECTED: RegExp = /^tdx-shutdown (\d+)$/;

const METHODS = ["hist", "profile", "bpftrace", "graph", "calls"] as const;
type Method = (typeof METHODS)[number];

/** What stands before the text of the method's own form. */
export interface Collected {
  readonly method: Method;
  readonly form: ShutdownForm;
  readonly kernel: string | null;
  readonly missing: readonly string[];
  readonly refused: readonly string[];
  readonly cost: MeasuringCost | null;
  /** The lines in the method's own form; none where the lines above have all. */
  readonly text: readonly TextLine[];
}

/** Reads what `shutdown.sh stop` wrote, all but the text in the method's own form. */
export function readCollected(
  lines: readonly TextLine[],
  tally: Tally,
  refuse: Refuse,
): Collected {
  const version = COLLECTED.exec(lines[0]!.text)![1];
  if (version !== "1") throw refuse(1, `Expected version 1 of tdx-shutdown, got ${version}`);
  const words: Record<string, string[]> = { missing: [], refused: [], kernel: [], method: [] };
  let cost: MeasuringCost | null = null;
  let stopped = false;
  const entered = new Map<string, number>();
  const end = lines.findIndex(({ text }) => text === "text");
  for (const { text, number } of end < 0 ? lines.slice(1) : lines.slice(1, end)) {
    if (text === "") continue;
    const [word, first = "", ...rest] = text.split(" ");
    const numbers = rest.map(Number);
    const other = () => refuse(number, `Expected a line of shutdown.sh, got ${quote(text)}`);
    const whole = (count: number) => {
      if (numbers.length >= count && numbers.every(isFigure)) return numbers;
      throw other();
    };
    const figure = () => {
      if (isFigure(Number(first))) return Number(first);
      throw other();
    };
    if (word === "cost") {
      const [nsSeen, calls] = whole(2) as [number, number];
      // On a busy machine the one can come out below the other, of which it is a part.
      cost = { nsPerCall: Math.max(nsSeen, figure()), nsSeen, calls };
    } else if (word === "returned") {
      if (!/^[0-9a-f]{1,16}$/.test(rest[0] ?? "")) {
        throw refuse(number, `Expected a status in hexadecimal, got ${quote(text)}`);
      }
      const [calls, ns] = [Number(rest[1]), Number(rest[2])];
      if (!(isFigure(calls) && calls > 0 && isFigure(ns))) {
        throw refuse(number, `Expected calls and nanoseconds, got ${quote(text)}`);
      }
      const status = first.startsWith("tdh_") ? { status: BigInt(`0x${rest[0]}`) } : {};
      tally.add(first, { calls, ns, ...status });
    } else if (word === "entered") {
      const [calls, bytes] = whole(1) as [number, number?];
      entered.set(first, (entered.get(first) ?? 0) + calls);
      tally.add(first, bytes ? { bytes } : {});
    } else if (word === "lost") tally.lost += whole(1)[0]!;
    else if (word === "first" || word === "at") tally.at(figure());
    else if (word === "stop") stopped = true;
    else if (word === "start" || word === "cpus") continue;
    else if (Object.hasOwn(words, word!)) words[word!]!.push(text.slice(word!.length + 1));
    else throw other();
  }
  if (!stopped) {
    throw refuse(lines.length, "Expected what shutdown.sh stop writes, got one that is cut");
  }
  for (const [symbol, calls] of entered) {
    const left = calls - (tally.functions.get(symbol)?.calls ?? 0);
    if (left > 0) tally.add(symbol, { unfinished: left });
  }
  const method = METHODS.find((known) => known === words.method![0]);
  if (method === undefined) throw refuse(1, `Expected a method, got ${words.method![0] ?? "none"}`);
  return {
    method,
    form: `shutdown.sh ${method}`,
    kernel: words.kernel![0] ?? null,
    missing: words.missing!,
    refused: words.refused!,
    cost,
    text: end < 0 ? [] : lines.slice(end + 1),
  };
}

/** Whether a number is one that a kernel counts: none that is below 0, or too large to be exact. */
function isFigure(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

import { quote, type TextLine } from "../../_text_lines.ts";
import type { MeasuringCost, ShutdownForm } from "../shutdown_trace.ts";
import { isFigure, type Tally } from "../_tally.ts";

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
export function readCollected(lines: readonly TextLine[], tally: Tally): Collected {
  const { refuse } = tally;
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
    const other = () => refuse(number, `Expected a line of shutdown.sh, got ${quote(text)}`);
    const figures = (least: number, found = rest.map(Number)) => {
      if (found.length >= least && found.every(isFigure)) return found;
      throw other();
    };
    if (word === "cost") {
      const [nsSeen, calls] = figures(2) as [number, number];
      // On a busy machine the one can come out below the other, of which it is a part.
      const [nsPerCall] = figures(1, [Math.max(nsSeen, Number(first))]) as [number];
      cost = { nsPerCall, nsSeen, calls };
    } else if (word === "returned") {
      const [hex = "", ...counts] = rest;
      if (!/^[0-9a-f]{1,16}$/.test(hex)) {
        throw refuse(number, `Expected a status in hexadecimal, got ${quote(text)}`);
      }
      const [calls, ns] = figures(2, counts.map(Number)) as [number, number];
      tally.add(number, first, { calls, ns, status: BigInt(`0x${hex}`) });
    } else if (word === "entered") {
      const [calls, bytes] = figures(1) as [number, number?];
      entered.set(first, (entered.get(first) ?? 0) + calls);
      tally.add(number, first, bytes ? { bytes } : {});
    } else if (word === "lost") tally.lost += figures(1)[0]!;
    else if (word === "first" || word === "at") tally.at(number, rest[0], Number(first));
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
    if (left > 0) tally.add(lines.length, symbol, { unfinished: left });
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

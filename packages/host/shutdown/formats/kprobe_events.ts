import type { TextLine } from "../../_text_lines.ts";
import type { Tally } from "../_tally.ts";
import type { MeasurementFormat } from "./format.ts";
import { addCall, type TracedCall } from "./function_graph.ts";

const EVENT = /^.*\[(\d+)\].*? (\d+\.\d+): (in_)?((?:tdh|tdx)_\w+):(.*)$/;

/** What `shutdown.sh start calls` records: an event at each entry and each return. */
export const kprobeEvents: MeasurementFormat = {
  signature: /\d: in_(?:tdh|tdx)_\w+:/,
  read(lines, tally) {
    for (const call of kprobeCalls(lines, tally)) addCall(call, tally);
  },
};

/** Reads the calls, in the order in which they return. Each CPU runs one at a time. */
export function* kprobeCalls(lines: readonly TextLine[], tally: Tally): Generator<TracedCall> {
  const entered = new Map<string, { readonly args: readonly bigint[]; readonly at: number }>();
  for (const { text, number } of lines) {
    const event = EVENT.exec(text);
    if (event === null) continue;
    const [, cpu, seconds, isEntry, name, rest] = event;
    // An event has no dots: those of a clone are underscores.
    const symbol = name!.replace(/(_(isra|constprop)_\d+)+$/, "");
    tally.at(number, symbol, Number(seconds));
    const key = `${cpu} ${symbol}`;
    if (isEntry !== undefined) {
      const args = [...rest!.matchAll(/ a\d=(0x[0-9a-f]+)/g)].map(([, value]) => BigInt(value!));
      entered.set(key, { args, at: Number(seconds) });
      continue;
    }
    const entry = entered.get(key);
    entered.delete(key);
    const status = / status=(0x[0-9a-f]+)/.exec(rest!)?.[1];
    yield {
      symbol,
      args: entry?.args ?? [],
      status: status === undefined ? null : BigInt(status),
      cpu: Number(cpu),
      ns: entry === undefined ? null : Math.round((Number(seconds) - entry.at) * 1e9),
      line: number,
    };
  }
  for (const key of entered.keys()) tally.add(lines.length, key.split(" ")[1]!, { unfinished: 1 });
}

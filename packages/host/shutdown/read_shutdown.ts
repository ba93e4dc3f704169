import { requireOptions } from "@tdx/core/arguments";
import { errorsIn, type TextLine, textLines } from "../_text_lines.ts";
import { Tally } from "./_tally.ts";
import { bpftrace } from "./formats/bpftrace.ts";
import { COLLECTED, type Collected, readCollected } from "./formats/collected.ts";
import type { MeasurementFormat } from "./formats/format.ts";
import { functionGraph, graphCalls, traceCmd, type TracedCall } from "./formats/function_graph.ts";
import { kprobeCalls, kprobeEvents } from "./formats/kprobe_events.ts";
import { funclatency, perfLatency, perfProfile, traceStat } from "./formats/tables.ts";
import type { ForeignForm, ShutdownTrace } from "./shutdown_trace.ts";

/** Told apart by their signatures; the first match wins. */
const FORMS: Readonly<Record<ForeignForm, MeasurementFormat>> = {
  bpftrace,
  "trace-cmd": traceCmd,
  function_graph: functionGraph,
  "kprobe events": kprobeEvents,
  trace_stat: traceStat,
  "perf ftrace profile": perfProfile,
  "perf ftrace latency": perfLatency,
  funclatency,
};
const FORM_NAMES = Object.keys(FORMS) as ForeignForm[];

/** The form of the text that each method of `shutdown.sh` hands on. */
const FORM_OF: Readonly<Record<Collected["method"], ForeignForm | null>> = {
  hist: null,
  profile: "trace_stat",
  bpftrace: "bpftrace",
  graph: "function_graph",
  calls: "kprobe events",
};

/** The longest line of a tracer, in characters. */
const LONGEST_LINE = 2000;

const EXPECTED =
  "what shutdown.sh stop writes, or a measurement by bpftrace -f json, funclatency, perf ftrace, " +
  "trace-cmd report, function_graph or trace_stat";

/**
 * Reads a measurement of a shutdown, whatever made it; its content tells.
 *
 * - what `shutdown.sh stop` wrote, by any of its methods,
 * - `bpftrace -f json` with maps of `stats` or `hist`, keyed or named by the function,
 * - `funclatency` of bcc, `perf ftrace latency`, `perf ftrace profile`,
 * - ftrace's function_graph, and what `trace-cmd report` makes of it,
 * - the function profiler's `trace_stat/functionN`.
 *
 * @param text The text.
 * @param options `name`: what messages call it. `perf ftrace latency` and `funclatency` may leave the
 * function's name to it.
 * @returns What was measured, by function.
 * @throws {TypeError} If an option is not known.
 * @throws {SyntaxError} `name:line:column: …` if it is none of these, is damaged, or has none of the
 * functions of a shutdown.
 *
 * @example
 * ```ts
 * import { readShutdown } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const { form, functions } = readShutdown(`
 *   Function             Hit    Time            Avg             s^2
 *   --------             ---    ----            ---             ---
 *   tdh_mem_track          3    12.500 us       4.166 us        0.010 us
 * `);
 * assertEquals(form, "trace_stat");
 * assertEquals(functions.get("tdh_mem_track")?.ns, { low: 12500, high: 12500 });
 * ```
 */
export function readShutdown(
  text: string,
  options: { readonly name?: string } = {},
): ShutdownTrace {
  requireOptions("options", options, ["name"]);
  const { name = "measurement" } = options;
  const refuse = errorsIn(name);
  const tally = new Tally(refuse);
  const { collected, form, lines } = recognise(text, tally);
  // These two say which function it is only in the command that made them.
  const named = form === "perf ftrace latency" || form === "funclatency"
    ? [{ text: name, number: 0, ended: true }, ...lines]
    : lines;
  if (form !== null) FORMS[form].read(named, tally);
  if (tally.functions.size === 0) {
    throw refuse(1, "Expected functions of a TD's shutdown, tdh_… or tdx_…, got none of them");
  }
  return {
    form: collected?.form ?? form!,
    kernel: collected?.kernel ?? null,
    functions: tally.functions,
    missing: collected?.missing ?? [],
    refused: collected?.refused ?? [],
    lost: tally.lost,
    spanNs: tally.spanNs,
    cost: collected?.cost ?? null,
  };
}

/**
 * Reads the calls of a trace one by one, with arguments and statuses: of `shutdown.sh start calls` and
 * `graph`, of function_graph and of `trace-cmd report`.
 *
 * @param text The text.
 * @param name What messages call it.
 * @throws {SyntaxError} If it is none of these.
 */
export function readCalls(
  text: string,
  name: string,
): { readonly calls: readonly TracedCall[]; readonly lost: number } {
  const refuse = errorsIn(name);
  const tally = new Tally(refuse);
  const { form, lines } = recognise(text, tally);
  if (form === "kprobe events") return { calls: [...kprobeCalls(lines, tally)], lost: tally.lost };
  if (form === "function_graph" || form === "trace-cmd") {
    return { calls: [...graphCalls(lines, tally)], lost: tally.lost };
  }
  throw refuse(1, "Expected a trace of single calls: shutdown.sh start calls makes one");
}

function recognise(text: string, tally: Tally): {
  readonly collected: Collected | undefined;
  readonly form: ForeignForm | null;
  readonly lines: readonly TextLine[];
} {
  const { refuse } = tally;
  // No tracer's line is so long, and what is looked for in one takes its square in time; the objects
  // of bpftrace are JSON, which does not.
  const lines = textLines(text, EXPECTED, refuse).map((line) =>
    line.text.length <= LONGEST_LINE || line.text.startsWith("{")
      ? line
      : { ...line, text: line.text.slice(0, LONGEST_LINE) }
  );
  if (COLLECTED.test(lines[0]!.text)) {
    const collected = readCollected(lines, tally);
    return { collected, form: FORM_OF[collected.method], lines: collected.text };
  }
  for (const { text } of lines) {
    const form = FORM_NAMES.find((name) => FORMS[name].signature.test(text));
    if (form !== undefined) return { collected: undefined, form, lines };
  }
  throw refuse(1, `Expected ${EXPECTED}, got something else`);
}

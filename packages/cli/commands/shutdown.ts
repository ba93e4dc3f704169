import { explainShutdown, joinShutdowns, readShutdown, type ShutdownTrace } from "@tdx/host";
import { HTML_OPTION, htmlWriter, originNow } from "../html/html_report.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { readInput } from "../shell/input.ts";
import type { Options } from "../shell/options.ts";
import { printJson } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";
import { showReplay } from "../shutdown/replay_text.ts";
import {
  explanationFields,
  fleetShutdowns,
  type NamedShutdown,
  shutdownStatus,
} from "../shutdown/named_shutdown.ts";
import { fleetText, measuredShutdown, shutdownText } from "../shutdown/text.ts";

/** `tdx shutdown`: where the time of a real shutdown went. */
export const shutdownCommand: Command = {
  summary: "say where the time of a real shutdown went, from what shutdown.sh or a tracer measured",
  usage: "FILE|-... [--html FILE] | --replay FILE",
  options: {
    ...HTML_OPTION,
    replay: {
      value: "FILE",
      help:
        "make the SEAMCALLs of a trace (shutdown.sh start calls) on the model of the TDX module, " +
        "and show where they part",
    },
  },
  example: "tdx shutdown shutdown.txt",
  async run(options, stdio) {
    const trace = options.text("replay");
    if (trace !== undefined) {
      if (options.operands.length > 0 || options.has("html")) {
        throw new UsageError("Expected --replay FILE alone, got something beside it");
      }
      return showReplay(await readInput(trace, stdio), trace, stdio, options.has("json"));
    }
    const write = await htmlWriter(options, stdio);
    const found = await readAll(options, stdio);
    if (options.has("json")) printJson(stdio, { shutdowns: found.map(explanationFields) });
    else {
      const measured = found.filter(({ isFleet }) => !isFleet);
      const texts = measured.map(shutdownText);
      if (found.length > 1 || measured.length === 0) texts.push(fleetText(found));
      stdio.print(texts.join("\n\n"));
    }
    if (write !== undefined) {
      const { shutdownHtml } = await import("@tdx/report");
      await write(
        shutdownHtml({
          origin: await originNow("shutdown", options),
          shutdowns: found.map(measuredShutdown),
        }),
      );
    }
    return found.map(shutdownStatus).includes(EXIT.hazard)
      ? EXIT.hazard
      : found.map(shutdownStatus).includes(EXIT.unknown)
      ? EXIT.unknown
      : EXIT.fine;
  },
};

/** A file of shutdown.sh is a shutdown; files of other tools are parts of one. */
async function readAll(options: Options, stdio: Stdio): Promise<NamedShutdown[]> {
  const { operands } = options;
  if (operands.length === 0) {
    throw new UsageError(
      "Expected a file that shutdown.sh stop or a tracer wrote, or - for standard input, got none",
    );
  }
  if (operands.filter((name) => name === "-").length > 1) {
    throw new UsageError("Expected standard input once, got - again");
  }
  const shutdowns: NamedShutdown[] = [];
  const parts: { readonly name: string; readonly trace: ShutdownTrace }[] = [];
  for (const file of operands) {
    const name = file === "-" ? "stdin" : file;
    const text = await readInput(file, stdio);
    if (text.startsWith("{") && text.includes('"phases"')) {
      shutdowns.push(...fleetShutdowns(text, name));
      continue;
    }
    const trace = readShutdown(text, { name });
    if (trace.form.startsWith("shutdown.sh")) {
      shutdowns.push({ name, explanation: explainShutdown(trace) });
    } else parts.push({ name, trace });
  }
  if (parts.length > 0) {
    const name = parts.map(({ name }) => name).join(", ");
    const trace = joinShutdowns(parts.map(({ trace }) => trace));
    shutdowns.push({ name, explanation: explainShutdown(trace) });
  }
  return shutdowns;
}

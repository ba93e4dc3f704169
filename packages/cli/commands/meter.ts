import { defined, showCount } from "@tdx/core";
import { meter, MeterError, type MeterOptions } from "@tdx/host/meter";
import { meterText } from "../meter/meter_text.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { noOperands, type Options } from "../shell/options.ts";
import { printJson, showProgress } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";

/** What the library calls by its parameters the user has typed as options. */
const OPTION_OF: Readonly<Record<string, string>> = {
  bytesPerThread: "--size",
  threads: "--threads",
  seconds: "--seconds",
};

/** `tdx meter`: time clearing of real memory. */
export const meterCommand: Command = {
  summary: "time clearing of this machine's memory with the real instructions",
  usage: "[--size SIZE] [--threads N] [--seconds SECONDS]",
  options: {
    size: {
      value: "SIZE",
      help: "memory that each thread clears; default 1GiB, more where the cache is large",
    },
    threads: { value: "N", help: "measure this many threads at once too; default 1" },
    seconds: {
      value: "SECONDS",
      help: "how long to measure; three repeats may take longer; default 20",
    },
  },
  example: "tdx meter --size 64MiB --seconds 5",
  async run(options, stdio) {
    noOperands(options);
    const report = await measure({ ...readMeterOptions(options), ...progressOn(stdio) });
    if (options.has("json")) printJson(stdio, report);
    else stdio.print(meterText(report));
    return EXIT.fine;
  },
};

async function measure(options: MeterOptions) {
  try {
    return await meter(options);
  } catch (error) {
    if (error instanceof MeterError) throw new UsageError(error.message);
    throw error instanceof RangeError ? new UsageError(byOptionName(error.message)) : error;
  }
}

function byOptionName(message: string): string {
  return message.replace(/^Expected (\w+)/, (_, name) => `Expected ${OPTION_OF[name] ?? name}`);
}

function readMeterOptions(options: Options): MeterOptions {
  return defined({
    bytesPerThread: options.size("size"),
    threads: options.number("threads", { from: 1 }),
    seconds: options.number("seconds", { fractions: true }),
  });
}

function progressOn(output: Output): Pick<MeterOptions, "onProgress"> {
  return {
    onProgress({ share, threads, pages, method }) {
      showProgress(output, share, `${method}, ${showCount(threads, "thread")}, ${pages} pages`);
    },
  };
}

import { showCount } from "@tdx/core";
import { meter, MeterError, type MeterOptions } from "@tdx/host/meter";
import type { Command } from "../command.ts";
import { readCount } from "../count.ts";
import { EXIT } from "../exit_status.ts";
import { bar } from "../meter/bar.ts";
import { reportText } from "../meter/report_text.ts";
import type { Options } from "../options.ts";
import type { Output } from "../output.ts";
import { noOperands, printJson } from "../shared_options.ts";
import { readSize } from "../size.ts";
import { UsageError } from "../usage_error.ts";

const BAR_WIDTH = 30;
const OPTION_OF: Readonly<Record<string, string>> = {
  bytesPerThread: "--size",
  threads: "--threads",
  seconds: "--seconds",
};

/** `tdx meter`: time clearing of real memory. */
export const command: Command = {
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
  async run(options, output) {
    noOperands(options);
    const report = await measure({ ...readMeterOptions(options), ...progressOn(output) });
    if (options.has("json")) printJson(output, report);
    else output.print(reportText(report));
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

/** What the library calls by its parameters the user has typed as options. */
function byOptionName(message: string): string {
  return message.replace(/^Expected (\w+)/, (_, name) => `Expected ${OPTION_OF[name] ?? name}`);
}

function readMeterOptions(options: Options): MeterOptions {
  const [size, threads, seconds] = ["size", "threads", "seconds"].map((name) => options.text(name));
  return {
    ...(size === undefined ? {} : { bytesPerThread: readSize("--size", size) }),
    ...(threads === undefined ? {} : { threads: readCount("--threads", threads) }),
    ...(seconds === undefined ? {} : { seconds: readSeconds(seconds) }),
  };
}

function readSeconds(text: string): number {
  if (/^-?[0-9]*\.?[0-9]+$/.test(text)) return Number(text);
  throw new UsageError(`Expected --seconds as a number, got ${text}`);
}

function progressOn(output: Output): Pick<MeterOptions, "onProgress"> {
  return {
    onProgress({ share, threads, pages, method }) {
      output.progress(
        `[${bar(share, BAR_WIDTH, ".")}] ${Math.floor(share * 100)}% ${method}, ` +
          `${showCount(threads, "thread")}, ${pages} pages`,
      );
    },
  };
}

import type { Platform } from "@tdx/core";
import { type Estimate, estimate, type EstimateOptions } from "@tdx/reclaim";
import { EXIT, type ExitStatus } from "../exit_status.ts";
import type { Output } from "../output.ts";
import { printJson } from "../shared_options.ts";
import type { ClearChoice } from "./read_clear.ts";
import { estimateText } from "./single_text.ts";
import { spelledOut } from "./spelled_out.ts";

/** Estimates of one shutdown, one for each cost of a clear. */
export interface SingleEstimate {
  readonly platform: Platform;
  /** The one that was asked for first, or all where none was. */
  readonly headlines: readonly Estimate[];
  /** The others, to compare. */
  readonly others: readonly Estimate[];
}

/** Estimates one shutdown; could not tell where the published table has no total for it. */
export function showEstimate(
  options: Omit<EstimateOptions, "clear">,
  { headline, readings }: ClearChoice,
  output: Output,
  json: boolean,
): ExitStatus {
  const all = readings.map((clear) => estimate({ ...options, clear }));
  const shown = headline === undefined ? all.length : 1;
  const { platform } = options;
  const single = { platform, headlines: all.slice(0, shown), others: all.slice(shown) };
  if (json) printJson(output, asJson(single));
  else output.print(estimateText(single));
  return all[0]!.insideTable ? EXIT.fine : EXIT.unknown;
}

function asJson({ platform, headlines, others }: SingleEstimate): object {
  const { path, memoryBytes, vcpus, pages, insideTable, assumptions, clear } = headlines[0]!;
  return {
    platform: platform.name,
    confidence: platform.confidence,
    path,
    memoryBytes,
    vcpus,
    pages,
    insideTable,
    headline: headlines.length === 1 ? clear.name : null,
    estimates: [...headlines, ...others].map(({ clear, always, quirk, saved }) => ({
      clear,
      always,
      quirk,
      saved,
    })),
    assumptions: spelledOut(assumptions),
  };
}

import { scenariosHtml, type ScenariosPage, verdictsHtml, type VerdictsPage } from "@tdx/report";
import { originNow } from "../html/origin.ts";
import type { Options } from "../options.ts";
import type { Output } from "../output.ts";
import { writeOutput } from "../write_output.ts";

// Loaded only where --html is given: what pages are drawn with is more than the rest of the command.

/** Writes the report on verdicts. */
export async function writeVerdicts(
  file: string,
  page: Omit<VerdictsPage, "origin">,
  options: Options,
  output: Output,
): Promise<void> {
  await writeOutput(file, verdictsHtml({ origin: originNow("check", options), ...page }), output);
}

/** Writes the report on scenarios. */
export async function writeScenarios(
  file: string,
  page: Omit<ScenariosPage, "origin">,
  options: Options,
  output: Output,
): Promise<void> {
  await writeOutput(file, scenariosHtml({ origin: originNow("check", options), ...page }), output);
}

import { StateLimitError } from "@tdx/litmus";
import { checkFiles } from "../check/files.ts";
import { showClaims } from "../check/claims.ts";
import { showDifference } from "../check/diff.ts";
import { showPromela, writeDot } from "../check/model.ts";
import { QUESTION_OPTIONS } from "../check/questions.ts";
import { SELECTION_OPTIONS } from "../check/selection.ts";
import { checkVerdicts } from "../check/verdicts.ts";
import type { Command } from "../command.ts";
import { EXIT, type ExitStatus } from "../exit_status.ts";
import { HTML_OPTION } from "../html/html_file.ts";
import { type Options, refuseOptions } from "../options.ts";
import type { Output } from "../output.ts";
import { UsageError } from "../usage_error.ts";

/** What else can be asked than the table or the files; one at a time. */
const INSTEAD = ["claims", "diff", "promela", "dot"] as const;

/** Options that say nothing of what is asked instead, which are refused and not ignored. */
const NOT_WITH: Readonly<Record<typeof INSTEAD[number], readonly string[]>> = {
  claims: ["platform", "mode", "policy", "limit", "trace", "html"],
  diff: ["platform", "limit", "trace", "html"],
  promela: ["limit", "trace", "json", "html"],
  dot: ["trace", "json", "html"],
};

/** `tdx check`: explore every sequence, and compare with what is expected. */
export const command: Command = {
  summary: "explore every sequence after a reclaim, and compare with what is expected",
  usage: "[FILE...] [--platform NAME] [--mode Li|Ci] [--policy POLICY] [--trace]",
  options: {
    ...SELECTION_OPTIONS,
    ...QUESTION_OPTIONS,
    ...HTML_OPTION,
    trace: { help: "show the shortest way to what was asked, step by step" },
    claims: { help: "look at each claim of the patch instead" },
    diff: { help: "show where two platforms part instead: --diff spr gnr" },
    promela: { help: "write one problem for SPIN instead; default quirk, keyid0, none left" },
    dot: { value: "FILE", help: "write the graph of one for Graphviz instead; - prints it" },
  },
  example: "tdx check --platform spr --trace",
  async run(options, output) {
    try {
      return await answer(options, output);
    } catch (error) {
      if (!(error instanceof StateLimitError)) throw error;
      output.note(`tdx: ${error.message}`);
      return EXIT.unknown;
    }
  },
};

async function answer(options: Options, output: Output): Promise<ExitStatus> {
  const dot = options.text("dot");
  const instead = INSTEAD.filter((name) => name === "dot" ? dot !== undefined : options.has(name));
  if (instead.length > 1) {
    throw new UsageError(
      `Expected one of --${INSTEAD.join(" --")}, got --${instead.join(" --")}`,
    );
  }
  for (const asked of instead) {
    refuseOptions(options, NOT_WITH[asked], "the table or with scenario files", `--${asked}`);
  }
  const elsewhere = options.has("claims") || options.has("diff")
    ? `--${instead[0]}`
    : options.operands.length > 0
    ? "a scenario file, which says its own"
    : undefined;
  if (elsewhere !== undefined) {
    const questions = Object.keys(QUESTION_OPTIONS);
    refuseOptions(options, questions, "the verdict table, --promela or --dot", elsewhere);
  }
  let agreed = true;
  if (options.has("claims")) agreed = await showClaims(options, output);
  else if (options.has("diff")) showDifference(options, output);
  else if (options.has("promela")) await showPromela(options, output);
  else if (dot !== undefined) await writeDot(options, output, dot);
  else if (options.operands.length > 0) agreed = await checkFiles(options, output);
  else agreed = await checkVerdicts(options, output);
  return agreed ? EXIT.fine : EXIT.hazard;
}

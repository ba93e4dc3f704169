import { type TdrVerdict, tdrVerdicts, verdict, type VerdictRow } from "@tdx/litmus";
import { POLICIES } from "@tdx/reclaim/decide";
import { HTML_OPTION, htmlWriter, originNow } from "../html/html_report.ts";
import {
  asksTdr,
  LIMIT_OPTION,
  MACHINES_OPTIONS,
  QUESTION_OPTIONS,
  type QuestionDefaults,
  readLimit,
  readModes,
  readPlatforms,
  readQuestions,
  TRACE_OPTION,
} from "../litmus/questions.ts";
import {
  answerKernels,
  asksKernels,
  type KernelPolicy,
  KERNELS_OPTIONS,
  kernelsText,
  readKernelPolicy,
} from "../litmus/kernels.ts";
import { tdrText, verdictsText } from "../litmus/verdicts_text.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { noOperands, type Options, requireAlone } from "../shell/options.ts";
import { printJson, showProgress } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";

/** `tdx check`: answer the verdict table, or the part that was asked for. */
export const checkCommand: Command = {
  summary: "say where a sequence after a reclaim ends in a machine check: explore them all",
  usage:
    "[--platform NAME] [--mode Li|Ci] [--kernel VERSION] [--policy POLICY] [--trace | --kernels]",
  options: {
    ...MACHINES_OPTIONS,
    policy: { value: POLICIES.join("|"), help: "only this policy; default all" },
    ...QUESTION_OPTIONS,
    ...LIMIT_OPTION,
    ...TRACE_OPTION,
    ...HTML_OPTION,
    ...KERNELS_OPTIONS,
  },
  example: "tdx check --platform spr --trace",
  async run(options, stdio) {
    noOperands(options);
    requireAlone(options, "json", ["trace"]);
    if (asksKernels(options)) {
      const kernels = await answerKernels(options, stdio);
      if (options.has("json")) printJson(stdio, { kernels });
      else stdio.print(kernelsText(kernels));
      return kernels.every(({ hazards }) => hazards.length === 0) ? EXIT.fine : EXIT.hazard;
    }
    const writeHtml = await htmlWriter(options, stdio);
    const platforms = readPlatforms(options);
    const kernel = readKernelPolicy(options);
    const defaults = readDefaults(options, kernel);
    const verdicts = await answer(options, defaults, stdio);
    const tdr = await answerTdr(options, defaults);
    if (options.has("json")) {
      printJson(stdio, { kernel, results: verdicts.map(withoutTrace), tdr });
    } else {
      const text = verdictsText(verdicts, platforms, kernel, options.has("trace"));
      stdio.print(tdr.length === 0 ? text : `${text}\n\n${tdrText(tdr)}`);
    }
    if (writeHtml !== undefined) {
      const { verdictsHtml } = await import("@tdx/report");
      await writeHtml(
        verdictsHtml({ origin: await originNow("check", options), platforms, verdicts }),
      );
    }
    if (verdicts.some(({ witness }) => witness.length > 0)) return EXIT.hazard;
    // What contradicts the table, or decide, answers nothing.
    return [...verdicts, ...tdr].every(({ ok }) => ok) ? EXIT.fine : EXIT.unknown;
  },
};

/** A kernel that is named leaves its own policy, if anything tells what that is. */
function readDefaults(options: Options, { policy }: KernelPolicy): QuestionDefaults {
  return options.has("kernel") && policy !== "unknown" ? { policy } : {};
}

async function answer(
  options: Options,
  defaults: QuestionDefaults,
  output: Output,
): Promise<VerdictRow[]> {
  const limit = readLimit(options);
  const questions = readQuestions(options, defaults);
  if (questions.length === 0) {
    throw new UsageError("Expected options that leave a question of the verdict table, got none");
  }
  const verdicts: VerdictRow[] = [];
  for (const question of questions) {
    const { platform, mode, hostKeys, policy } = question;
    const doing = `${platform.name} ${mode} ${hostKeys} ${policy}`;
    showProgress(output, verdicts.length / questions.length, doing);
    verdicts.push(await verdict(question, limit));
  }
  return verdicts;
}

/** What leaving out T6 does, where the options leave the question. */
async function answerTdr(options: Options, defaults: QuestionDefaults): Promise<TdrVerdict[]> {
  if (!asksTdr(options, defaults)) return [];
  const limit = readLimit(options);
  const modes = readModes(options);
  const verdicts = await Promise.all(
    readPlatforms(options).map((platform) => tdrVerdicts(platform, limit)),
  );
  return verdicts.flat().filter(({ mode }) => modes.includes(mode));
}

function withoutTrace({ trace: _, ...verdict }: VerdictRow): Omit<VerdictRow, "trace"> {
  return verdict;
}

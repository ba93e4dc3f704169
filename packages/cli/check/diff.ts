import {
  closureProblem,
  type Difference,
  diffSystems,
  System,
  traceText,
  witnessSteps,
} from "@tdx/litmus";
import type { Options } from "../options.ts";
import type { Output } from "../output.ts";
import { platformNamed } from "../platform_named.ts";
import { printJson } from "../shared_options.ts";
import { UsageError } from "../usage_error.ts";
import { readSelection } from "./selection.ts";

/** Shows the first step at which two platforms part, after a reclaim that clears nothing. */
export function showDifference(options: Options, output: Output): void {
  const [left, right, ...more] = options.operands;
  if (left === undefined || right === undefined || more.length > 0) {
    throw new UsageError(
      `Expected two platforms after --diff, got ${options.operands.join(" ") || "none"}`,
    );
  }
  const { modes, policy = "never" } = readSelection(options);
  const results = modes.map((mode) => {
    const [a, b] = [left, right].map((name) => {
      const platform = platformNamed(name);
      const question = { platform, mode, policy, hostKeys: "keyid0", poison: "none" } as const;
      const { problem, machine } = closureProblem(question);
      return new System(problem, machine, { lost: false });
    });
    return { mode, difference: diffSystems(a!, b!) };
  });
  if (options.has("json")) {
    const shown = results.map(({ mode, difference }) => ({
      mode,
      difference: difference === undefined ? null : {
        common: witnessSteps(difference.common),
        left: witnessSteps([difference.left]),
        right: witnessSteps([difference.right]),
      },
    }));
    printJson(output, { platforms: [left, right], policy, results: shown });
    return;
  }
  output.print(
    results.map(({ mode, difference }) => text(mode, left, right, difference)).join("\n\n"),
  );
}

function text(mode: string, left: string, right: string, difference?: Difference): string {
  const head = `${left} against ${right}, ${mode}, host KeyID 0`;
  if (difference === undefined) return `${head}: no sequence tells them apart`;
  const common = traceText(difference.common);
  return [
    `${head}: they part here`,
    ...(common === "" ? [] : ["the same on both:", common]),
    `on ${left}:`,
    traceText([difference.left]) || "     nothing is done",
    `on ${right}:`,
    traceText([difference.right]) || "     nothing is done",
  ].join("\n");
}

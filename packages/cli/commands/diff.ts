import type { Mode, Platform } from "@tdx/core";
import {
  closureProblem,
  type Difference,
  diffSystems,
  System,
  traceText,
  witnessSteps,
} from "@tdx/litmus";
import { POLICIES, type Policy } from "@tdx/reclaim";
import { MODE_OPTION, readModes } from "../litmus/questions.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { platformNamed } from "../shell/machine.ts";
import { printJson } from "../shell/show.ts";
import { UsageError } from "../shell/values.ts";

/** `tdx diff`: the first step at which two platforms part. */
export const diffCommand: Command = {
  summary: "show the first step after a reclaim at which two platforms part",
  usage: "PLATFORM PLATFORM [--mode Li|Ci] [--policy POLICY]",
  options: {
    ...MODE_OPTION,
    policy: {
      value: POLICIES.join("|"),
      help: "default never, which clears nothing",
    },
  },
  example: "tdx diff spr gnr",
  run(options, stdio) {
    const [left, right, ...more] = options.operands;
    if (left === undefined || right === undefined || more.length > 0) {
      throw new UsageError(
        `Expected two platforms, got ${options.operands.join(" ") || "none"}`,
      );
    }
    const platforms = [platformNamed(left), platformNamed(right)] as const;
    const policy = options.pick("policy", POLICIES) ?? "never";
    const results = readModes(options).map((mode) => {
      const [a, b] = platforms.map((platform) => afterReclaim(platform, mode, policy));
      return { mode, difference: diffSystems(a!, b!) };
    });
    if (options.has("json")) {
      const shown = results.map(({ mode, difference }) => ({
        mode,
        difference: differenceFields(difference),
      }));
      printJson(stdio, { platforms: [left, right], policy, results: shown });
    } else {
      const texts = results.map(({ mode, difference }) =>
        differenceText(mode, left, right, difference)
      );
      stdio.print(texts.join("\n\n"));
    }
    return EXIT.fine;
  },
};

/** A line after a reclaim, on a host that uses KeyID 0. */
function afterReclaim(platform: Platform, mode: Mode, policy: Policy): System {
  const question = { platform, mode, policy, hostKeys: "keyid0", poison: "none" } as const;
  const { problem, machine } = closureProblem(question);
  return new System(problem, machine);
}

function differenceFields(difference: Difference | undefined): object | null {
  if (difference === undefined) return null;
  return {
    common: witnessSteps(difference.common),
    left: witnessSteps([difference.left]),
    right: witnessSteps([difference.right]),
  };
}

function differenceText(mode: Mode, left: string, right: string, difference?: Difference): string {
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

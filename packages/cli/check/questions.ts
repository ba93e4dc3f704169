import {
  CLOSURE_KEYS,
  type ClosureKeys,
  type ExpectedQuestion,
  LEFT_POISONS,
  type LeftPoison,
  verdictQuestions,
} from "@tdx/litmus";
import type { Policy } from "@tdx/reclaim";
import { type Options, type OptionTable, pickOption } from "../options.ts";
import { readSelection } from "./selection.ts";

/** The options of the verdict table's questions alone: a scenario says its own. */
export const QUESTION_OPTIONS: OptionTable = {
  "host-keys": { value: "KIND", help: `only ${either(CLOSURE_KEYS)}; default all` },
  "left-poison": {
    value: "KIND",
    help: `only where this poison is left: ${either(LEFT_POISONS)}; default all`,
  },
};

/** What is asked where an option is not given. */
export interface QuestionDefaults {
  readonly policy?: Policy;
  readonly hostKeys?: ClosureKeys;
  readonly poison?: LeftPoison;
}

/** The questions of the verdict table that the options leave. */
export function readQuestions(
  options: Options,
  defaults: QuestionDefaults = {},
): ExpectedQuestion[] {
  const { platforms, modes, policy = defaults.policy } = readSelection(options);
  const hostKeys = pickOption(options, "host-keys", CLOSURE_KEYS) ?? defaults.hostKeys;
  const poison = pickOption(options, "left-poison", LEFT_POISONS) ?? defaults.poison;
  return platforms.flatMap(verdictQuestions).filter((question) =>
    modes.includes(question.mode) &&
    question.policy === (policy ?? question.policy) &&
    question.hostKeys === (hostKeys ?? question.hostKeys) &&
    question.poison === (poison ?? question.poison)
  );
}

function either(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

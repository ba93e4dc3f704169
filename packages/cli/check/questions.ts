import {
  CLOSURE_KEYS,
  type ClosureKeys,
  type ExpectedQuestion,
  LEFT_POISONS,
  type LeftPoison,
  verdictQuestions,
} from "@tdx/litmus";
import type { Policy } from "@tdx/reclaim";
import { pickName } from "../nearest.ts";
import type { Options, OptionTable } from "../options.ts";
import { UsageError } from "../usage_error.ts";
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
  const hostKeys = picked(options, "host-keys", CLOSURE_KEYS) ?? defaults.hostKeys;
  const poison = picked(options, "left-poison", LEFT_POISONS) ?? defaults.poison;
  return platforms.flatMap(verdictQuestions).filter((question) =>
    modes.includes(question.mode) &&
    question.policy === (policy ?? question.policy) &&
    question.hostKeys === (hostKeys ?? question.hostKeys) &&
    question.poison === (poison ?? question.poison)
  );
}

/** Refuses the options of questions where none is asked. */
export function refuseQuestionOptions(options: Options, elsewhere: string): void {
  const given = Object.keys(QUESTION_OPTIONS).find((name) => options.text(name) !== undefined);
  if (given === undefined) return;
  throw new UsageError(
    `Expected --${given} with the verdict table, --promela or --dot, got it with ${elsewhere}`,
  );
}

function picked<T extends string>(
  options: Options,
  name: string,
  names: readonly T[],
): T | undefined {
  const text = options.text(name);
  return text === undefined ? undefined : pickName(`--${name}`, text, names);
}

function either(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

import { defined, type Mode, MODES, type Platform } from "@tdx/core";
import {
  CLOSURE_KEYS,
  type ClosureKeys,
  type ExpectedQuestion,
  LEFT_POISONS,
  type LeftPoison,
  verdictQuestions,
} from "@tdx/litmus";
import { POLICIES, type Policy } from "@tdx/reclaim";
import { PLATFORMS } from "../platforms.ts";
import { PLATFORM_NAMES, platformNamed } from "../shell/machine.ts";
import type { Options, OptionTable } from "../shell/options.ts";

/** The option that says which integrity modes are asked about. */
export const MODE_OPTION: OptionTable = {
  mode: { value: "Li|Ci", help: "only this integrity mode; default both" },
};

/** The options that say which machines are asked about. */
export const MACHINES_OPTIONS: OptionTable = {
  platform: { value: PLATFORM_NAMES, help: "only this platform; default all" },
  ...MODE_OPTION,
};

/** The option that bounds an exploration. */
export const LIMIT_OPTION = {
  limit: { value: "STATES", help: "give up beyond this many states; default 2^28" },
} as const;

/** The option that shows how it came to something. */
export const TRACE_OPTION = {
  trace: { help: "show the shortest way to what was asked, step by step" },
} as const;

/** The options of the verdict table's questions alone: a scenario says its own. */
export const QUESTION_OPTIONS: OptionTable = {
  "host-keys": { value: CLOSURE_KEYS.join("|"), help: "only with these KeyIDs; default all" },
  "left-poison": {
    value: LEFT_POISONS.join("|"),
    help: "only where this poison is left; default all",
  },
};

/** The platforms that the options leave. */
export function readPlatforms(options: Options): readonly Platform[] {
  const name = options.text("platform");
  return name === undefined ? PLATFORMS : [platformNamed(name)];
}

/** The modes that the options leave. */
export function readModes(options: Options): readonly Mode[] {
  const mode = options.pick("mode", MODES);
  return mode === undefined ? MODES : [mode];
}

/** The most states to visit. */
export function readLimit(options: Options): { readonly stateLimit?: number } {
  return defined({ stateLimit: options.number("limit", { from: 1 }) });
}

/** What is asked where an option is not given; all of it where this says nothing either. */
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
  const modes = readModes(options);
  const policy = options.pick("policy", POLICIES) ?? defaults.policy;
  const hostKeys = options.pick("host-keys", CLOSURE_KEYS) ?? defaults.hostKeys;
  const poison = options.pick("left-poison", LEFT_POISONS) ?? defaults.poison;
  return readPlatforms(options).flatMap(verdictQuestions).filter((question) =>
    modes.includes(question.mode) &&
    question.policy === (policy ?? question.policy) &&
    question.hostKeys === (hostKeys ?? question.hostKeys) &&
    question.poison === (poison ?? question.poison)
  );
}

/** Whether the options leave the question of the TDR: cleared through KeyID 0, without poison. */
export function asksTdr(options: Options, defaults: QuestionDefaults): boolean {
  const { policy, hostKeys, poison } = {
    policy: options.pick("policy", POLICIES) ?? defaults.policy ?? "always",
    hostKeys: options.pick("host-keys", CLOSURE_KEYS) ?? "keyid0",
    poison: options.pick("left-poison", LEFT_POISONS) ?? "none",
  };
  return policy === "always" && hostKeys === "keyid0" && poison === "none";
}

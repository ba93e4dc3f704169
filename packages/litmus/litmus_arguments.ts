import { AGENTS, DATA, MODES, OPERATION_KINDS, PARTIAL_WRITES } from "@tdx/core";
import {
  requireArray,
  requireBoolean,
  requireFunction,
  requireInstance,
  requireObject,
  requireOneOf,
  requireOptions,
  requireString,
  requireWhole,
} from "@tdx/core/arguments";
import { HOST_KEYS, POLICIES } from "@tdx/reclaim";
import type { ExploreOptions } from "./model/explore.ts";
import { KEY_NAMES, OBSERVATIONS, REGISTER_VALUES } from "./scenario/scenario_words.ts";
import { type Problem, requireContent, type Step, type Thread } from "./model/problem.ts";
import type { Condition, Expectation, Formula, Scenario } from "./scenario/scenario.ts";
import type { Machine, Move, Watch } from "./model/system.ts";

const QUANTIFIERS: readonly Condition["quantifier"][] = ["exists", "~exists", "forall"];
const FORMULAS: readonly Formula["kind"][] = [
  "mc",
  "td-mc",
  "retired",
  "poison",
  "lost",
  "register",
  "not",
  "and",
  "or",
];

/** A check whose word must be among those known. */
const word = (known: readonly string[]) => (name: string, value: unknown): void =>
  requireOneOf(name, value, known);

/** Refuses what is no problem: the numbers of lines, threads and registers must fit too. */
export function requireProblem(name: string, value: unknown): void {
  requireObject(name, value);
  const problem = value as Problem;
  requireString(`${name}.name`, problem.name);
  requireArray(`${name}.lines`, problem.lines, requireLine);
  requireArray(`${name}.registers`, problem.registers, requireString);
  requireArray(
    `${name}.threads`,
    problem.threads,
    (name, thread) => requireThread(name, thread, problem),
  );
  requireArray(`${name}.speculation`, problem.speculation, word(KEY_NAMES));
  requireBoolean(`${name}.seamNr`, problem.seamNr);
}

const MACHINE: readonly (keyof Machine)[] = ["mode", "clear", "partialWriteToOwnedLine", "rules"];

/** Refuses what is no machine. */
export function requireMachine(name: string, value: unknown): void {
  requireOptions(name, value, MACHINE);
  const { mode, clear, partialWriteToOwnedLine, rules } = value as Machine;
  requireOneOf(`${name}.mode`, mode, MODES);
  requireBoolean(`${name}.clear`, clear);
  requireOneOf(`${name}.partialWriteToOwnedLine`, partialWriteToOwnedLine, PARTIAL_WRITES);
  if (rules !== undefined) requireObject(`${name}.rules`, rules);
}

/** Refuses what does not say what to remember. */
export function requireWatch(name: string, value: unknown): void {
  requireObject(name, value);
  requireBoolean(`${name}.lost`, (value as Watch).lost);
}

/** Refuses what is no statement, or none about the problem where that is known. */
export function requireFormula(name: string, value: unknown, problem?: Problem): void {
  requireObject(name, value);
  const formula = value as Formula;
  requireOneOf(`${name}.kind`, formula.kind, FORMULAS);
  switch (formula.kind) {
    case "not":
      return requireFormula(`${name}.of`, formula.of, problem);
    case "and":
    case "or":
      return requireArray(
        `${name}.of`,
        formula.of,
        (name, part) => requireFormula(name, part, problem),
      );
    case "register":
      requireWhole(`${name}.register`, formula.register, 0, last(problem?.registers));
      return requireOneOf(`${name}.value`, formula.value, REGISTER_VALUES);
    case "retired":
    case "poison":
    case "lost":
      return requireWhole(`${name}.line`, formula.line, 0, last(problem?.lines));
  }
}

/**
 * Refuses what is no scenario.
 *
 * @param name The parameter, for the message.
 * @param value Its value.
 * @throws {TypeError} Where it or a part of it is of a wrong type.
 * @throws {RangeError} Where a part of it is out of range.
 *
 * @example
 * ```ts
 * import { requireScenario } from "@tdx/litmus";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => requireScenario("scenario", "TDX one"),
 *   TypeError,
 *   'Expected scenario to be an object, got "TDX one"',
 * );
 * ```
 */
export function requireScenario(name: string, value: unknown): void {
  requireObject(name, value);
  const scenario = value as Scenario;
  requireProblem(`${name}.problem`, scenario.problem);
  requireString(`${name}.sentence`, scenario.sentence);
  requireArray(`${name}.platforms`, scenario.platforms, requireString);
  requireArray(`${name}.modes`, scenario.modes, word(MODES));
  requireOneOf(`${name}.hostKeys`, scenario.hostKeys, HOST_KEYS);
  requireOneOf(`${name}.policy`, scenario.policy, POLICIES);
  requireObject(`${name}.condition`, scenario.condition);
  const { quantifier, formula, text } = scenario.condition;
  requireOneOf(`${name}.condition.quantifier`, quantifier, QUANTIFIERS);
  requireFormula(`${name}.condition.formula`, formula, scenario.problem);
  requireString(`${name}.condition.text`, text);
  requireArray(`${name}.expectations`, scenario.expectations, requireExpectation);
}

/**
 * Refuses what is no move.
 *
 * @param name The parameter, for the message.
 * @param value Its value.
 * @throws {TypeError} Where it or a part of it is of a wrong type.
 * @throws {RangeError} Where its operation is an unknown one.
 *
 * @example
 * ```ts
 * import { requireMove } from "@tdx/litmus";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => requireMove("trace[0]", { thread: "host", line: 0 }),
 *   TypeError,
 *   "Expected trace[0].line to be a string, got 0",
 * );
 * ```
 */
export function requireMove(name: string, value: unknown): void {
  requireObject(name, value);
  const { thread, operation, line, rules, after } = value as Move;
  requireString(`${name}.thread`, thread);
  requireString(`${name}.line`, line);
  requireArray(`${name}.rules`, rules, requireString);
  if (operation === null) return;
  requireObject(`${name}.operation`, operation);
  requireOneOf(`${name}.operation.kind`, operation.kind, OPERATION_KINDS);
  requireObject(`${name}.operation.key`, operation.key);
  requireObject(`${name}.after`, after);
}

/** The options of an exploration. */
const EXPLORE: readonly (keyof ExploreOptions)[] = ["stateLimit", "signal", "onProgress", "until"];

/** Refuses options that no exploration can follow; `more` are those of the caller. */
export function requireExploreOptions(
  name: string,
  value: unknown,
  more: readonly string[] = [],
): void {
  requireOptions(name, value, [...more, ...EXPLORE]);
  const { stateLimit = 1, signal, onProgress, until } = value as ExploreOptions;
  requireWhole("stateLimit", stateLimit, 1);
  if (signal !== undefined) requireInstance("signal", signal, AbortSignal);
  if (onProgress !== undefined) requireFunction("onProgress", onProgress);
  if (until !== undefined) requireFunction("until", until);
}

function requireLine(name: string, value: unknown): void {
  requireObject(name, value);
  const line = value as Problem["lines"][number];
  requireString(`${name}.name`, line.name);
  requireContent(`${name}.content`, line.content);
}

function requireThread(name: string, value: unknown, problem: Problem): void {
  requireObject(name, value);
  const thread = value as Thread;
  requireString(`${name}.name`, thread.name);
  requireOneOf(`${name}.agent`, thread.agent, AGENTS);
  requireArray(
    `${name}.after`,
    thread.after,
    (name, index) => requireWhole(name, index, 0, last(problem.threads)),
  );
  requireOneOf(`${name}.kind`, thread.kind, ["sequence", "any"]);
  requireArray(`${name}.steps`, thread.steps, (name, step) => requireStep(name, step, problem));
}

function requireStep(name: string, value: unknown, { lines, registers }: Problem): void {
  requireObject(name, value);
  const { operation, line, key, data, register } = value as Step;
  requireOneOf(`${name}.operation`, operation, [...OPERATION_KINDS, "clear"]);
  requireWhole(`${name}.line`, line, 0, last(lines));
  requireOneOf(`${name}.key`, key, KEY_NAMES);
  if (data !== undefined) requireOneOf(`${name}.data`, data, DATA);
  if (register !== undefined) requireWhole(`${name}.register`, register, 0, last(registers));
}

function requireExpectation(name: string, value: unknown): void {
  requireObject(name, value);
  const { platforms, modes, observation } = value as Expectation;
  requireArray(`${name}.platforms`, platforms, requireString);
  requireArray(`${name}.modes`, modes, word(MODES));
  requireOneOf(`${name}.observation`, observation, OBSERVATIONS);
}

/** The last index of a list; nothing is said of one that is not known. */
function last(list: readonly unknown[] | undefined): number | undefined {
  return list && list.length - 1;
}

import { MODES } from "@tdx/core";
import {
  requireArray,
  requireBoolean,
  requireObject,
  requireOneOf,
  requireString,
  requireWhole,
} from "@tdx/core/arguments";
import {
  CLOSURE_KEYS,
  LEFT_POISONS,
  OBSERVATIONS,
  requireMove,
  requireScenario,
  type Verdict,
} from "@tdx/litmus";
import { POLICIES } from "@tdx/reclaim";
import type { ScenarioRun } from "./scenarios_html.tsx";

/** Refuses what is no verdict. */
export function requireVerdict(name: string, value: unknown): void {
  requireObject(name, value);
  const verdict = value as Verdict;
  requireString(`${name}.name`, verdict.name);
  requireString(`${name}.platform`, verdict.platform);
  requireOneOf(`${name}.mode`, verdict.mode, MODES);
  requireOneOf(`${name}.hostKeys`, verdict.hostKeys, CLOSURE_KEYS);
  requireOneOf(`${name}.policy`, verdict.policy, POLICIES);
  requireOneOf(`${name}.poison`, verdict.poison, LEFT_POISONS);
  requireOneOf(`${name}.observation`, verdict.observation, OBSERVATIONS);
  requireOneOf(`${name}.expected`, verdict.expected, OBSERVATIONS);
  if (verdict.decided !== null) requireOneOf(`${name}.decided`, verdict.decided, OBSERVATIONS);
  requireBoolean(`${name}.secretRead`, verdict.secretRead);
  requireBoolean(`${name}.ok`, verdict.ok);
  requireWhole(`${name}.states`, verdict.states, 0);
  requireArray(`${name}.witness`, verdict.witness, requireObject);
  requireArray(`${name}.trace`, verdict.trace, requireMove);
}

/** Refuses what is no run of a scenario. */
export function requireScenarioRun(name: string, value: unknown): void {
  requireObject(name, value);
  const run = value as ScenarioRun;
  requireString(`${name}.hash`, run.hash);
  requireScenario(`${name}.scenario`, run.scenario);
  requireString(`${name}.platform`, run.platform);
  requireOneOf(`${name}.mode`, run.mode, MODES);
  requireOneOf(`${name}.policy`, run.policy, POLICIES);
  requireOneOf(`${name}.observation`, run.observation, OBSERVATIONS);
  if (run.expected !== null) requireOneOf(`${name}.expected`, run.expected, OBSERVATIONS);
  requireBoolean(`${name}.ok`, run.ok);
  requireWhole(`${name}.positive`, run.positive, 0);
  requireWhole(`${name}.negative`, run.negative, 0);
  requireObject(`${name}.exploration`, run.exploration);
  requireWhole(`${name}.exploration.states`, run.exploration.states, 0);
  requireArray(`${name}.trace`, run.trace, requireMove);
}

import { type Mode, showCount } from "@tdx/core";
import {
  type Move,
  parseScenario,
  runScenario,
  type Scenario,
  scenarioHash,
  scenarioReport,
  type ScenarioResult,
} from "@tdx/litmus";
import { actsOf } from "./from_moves.ts";
import { PLATFORM_NAMES, platformOf } from "./platforms.ts";
import type { Act, Settings, Situation } from "./situation.ts";

/** A scenario of the corpus. */
export interface ScenarioText {
  /** Its name. */
  readonly name: string;
  /** What it is about. */
  readonly sentence: string;
  /** The scenario in its format. */
  readonly text: string;
}

/** What is wrong with a text, and where: line and column count from 1. */
export interface TextProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What a scenario showed on one platform in one mode. */
export interface ScenarioRun
  extends Pick<ScenarioResult, "platform" | "mode" | "observation" | "expected" | "ok" | "trace"> {
  /** The report that `tdx litmus --trace` prints. */
  readonly report: string;
}

/** How {@link runEverywhere} goes on. */
export interface RunProgress {
  readonly signal: AbortSignal;
  /** Called before each run, and now and then in it. */
  readonly onProgress: (platform: string, mode: Mode, states: number) => void;
}

/** The longest text that is read here: it is read at every key, and 64 steps need far less. */
export const MOST_CHARACTERS: number = 2 ** 16;
/** The most states a run may have here: a page has less memory and patience than the command. */
export const MOST_STATES: number = 2 ** 20;

/** Reads a scenario, or says what is wrong with its text. */
export function readScenario(text: string): Scenario | TextProblem {
  if (text.length > MOST_CHARACTERS) {
    const [most, got] = [MOST_CHARACTERS, text.length].map((count) => showCount(count));
    return { line: 1, column: 1, message: `Expected at most ${most} characters, got ${got}` };
  }
  try {
    return parseScenario(text, { file: "scenario", platforms: PLATFORM_NAMES });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [, line, column, message] = /^scenario:(\d+):(\d+): (.*)/.exec(error.message)!;
    return { line: Number(line), column: Number(column), message: message! };
  }
}

/**
 * Runs a scenario on every platform and in every mode that it names.
 *
 * @throws {StateLimitError} If a run has more than {@link MOST_STATES} states.
 * @throws The signal's reason, if it was aborted.
 */
export async function runEverywhere(
  scenario: Scenario,
  { signal, onProgress }: RunProgress,
): Promise<readonly ScenarioRun[]> {
  // A page that was not served securely has no digest.
  const hash = "subtle" in crypto ? await scenarioHash(scenario) : "not known on this page";
  const runs: ScenarioRun[] = [];
  for (const name of scenario.platforms) {
    for (const mode of scenario.modes) {
      onProgress(name, mode, 0);
      const result = await runScenario(scenario, {
        platform: platformOf(name),
        mode,
        signal,
        stateLimit: MOST_STATES,
        onProgress: (states) => onProgress(name, mode, states),
      });
      signal.throwIfAborted();
      const { platform, observation, expected, ok, trace } = result;
      const report = scenarioReport(result, { hash, trace: true, time: false });
      runs.push({ platform, mode, observation, expected, ok, trace, report });
    }
  }
  return runs;
}

/**
 * Makes a run ready to play: the way that settles its question, or the program from the top where
 * none does.
 *
 * @param scenario The scenario.
 * @param run Its run, of which platform, mode and trace count.
 * @param settings The present settings, for the platform beside it.
 */
export function situationOf(
  { policy, hostKeys: keys, problem }: Scenario,
  { platform, mode, trace }: { platform: string; mode: Mode; trace: readonly Move[] },
  settings: Settings,
): Situation {
  return {
    settings: { ...settings, platform, mode, keys, policy },
    lines: problem.lines,
    acts: trace.length > 0 ? actsOf(trace, problem) : programOrder(problem),
    at: 0,
  };
}

/** Every step once, each thread after those it waits for, without evictions in between. */
function programOrder({ threads }: Scenario["problem"]): readonly Act[] {
  const done = new Set<number>();
  const acts: Act[] = [];
  while (done.size < threads.length) {
    const next = threads.findIndex(({ after }, i) =>
      !done.has(i) && after.every((other) => done.has(other))
    );
    const { agent, steps } = threads[next]!;
    acts.push(...steps.map(({ register: _register, ...step }) => ({ by: agent, ...step })));
    done.add(next);
  }
  return acts;
}

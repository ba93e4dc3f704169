import { parseScenario, runScenario, type Scenario, type ScenarioResult } from "@tdx/litmus";
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

/** A scenario as clicks, and what the exploration says of it. */
export interface ScenarioRun {
  readonly situation: Situation;
  /** Its name. */
  readonly name: string;
  /** What it is about. */
  readonly sentence: string;
  /** The condition it asks. */
  readonly condition: string;
  readonly observation: ScenarioResult["observation"];
  /** Whether the clicks are a way that settles the question, or merely the program from the top. */
  readonly settles: boolean;
}

/**
 * Makes a scenario ready to play: the run that settles its question where there is one.
 *
 * @param scenario The scenario.
 * @param settings The present settings; platform and mode stay where the scenario runs on them.
 */
export async function scenarioRun(
  { name, sentence, text }: ScenarioText,
  settings: Settings,
): Promise<ScenarioRun> {
  const scenario = parseScenario(text, { file: name, platforms: PLATFORM_NAMES });
  const platform = among(scenario.platforms, settings.platform);
  const mode = among(scenario.modes, settings.mode);
  const { condition, policy, hostKeys: keys, problem: { lines } } = scenario;
  const { observation, trace } = await runScenario(scenario, {
    platform: platformOf(platform),
    mode,
  });
  const acts = trace.length > 0 ? actsOf(trace, lines) : programOrder(scenario);
  return {
    name,
    sentence,
    condition: condition.text,
    observation,
    settles: trace.length > 0,
    situation: { settings: { ...settings, platform, mode, keys, policy }, lines, acts, at: 0 },
  };
}

function among<T>(known: readonly T[], wanted: T): T {
  return known.includes(wanted) ? wanted : known[0]!;
}

/** Every step once, each thread after those it waits for, without evictions in between. */
function programOrder({ problem: { threads } }: Scenario): readonly Act[] {
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

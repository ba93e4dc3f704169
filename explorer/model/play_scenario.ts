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

/** What a scenario shows on a platform that is in sight. */
export interface ScenarioVerdict {
  readonly platform: string;
  readonly observation: ScenarioResult["observation"];
  /** Whether the clicks are a way that settles the question there. */
  readonly settled: boolean;
}

/** A scenario as clicks, and what the exploration says of it. */
export interface PlayableScenario {
  readonly situation: Situation;
  /** Its name. */
  readonly name: string;
  /** What it is about. */
  readonly sentence: string;
  /** The condition it asks. */
  readonly condition: string;
  /** What it shows, on each platform in sight that it runs on. */
  readonly verdicts: readonly ScenarioVerdict[];
}

/**
 * Makes a scenario ready to play: a run that settles its question on a platform in sight, or its
 * program from the top where no run does.
 *
 * @param scenario The scenario.
 * @param settings The present settings; platforms and mode stay where the scenario runs on them.
 */
export async function playableScenario(
  { name, sentence, text }: ScenarioText,
  settings: Settings,
): Promise<PlayableScenario> {
  const scenario = parseScenario(text, { file: name, platforms: PLATFORM_NAMES });
  const { condition, policy, hostKeys: keys, problem } = scenario;
  const mode = among(scenario.modes, settings.mode);
  const platform = among(scenario.platforms, settings.platform);
  const { beside } = settings;
  const inSight = [platform, beside].filter((name) => scenario.platforms.includes(name ?? ""));
  const results = await Promise.all(
    [...new Set(inSight)].map((name) =>
      runScenario(scenario, { platform: platformOf(name!), mode })
    ),
  );
  const telling = results.find(({ trace }) => trace.length > 0);
  return {
    name,
    sentence,
    condition: condition.text,
    verdicts: results.map(({ platform, observation }) => ({
      platform,
      observation,
      settled: platform === telling?.platform,
    })),
    situation: {
      settings: { ...settings, platform, mode, keys, policy },
      lines: problem.lines,
      acts: telling === undefined ? programOrder(scenario) : actsOf(telling.trace, problem),
      at: 0,
    },
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

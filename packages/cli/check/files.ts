import {
  parseScenario,
  runScenario,
  type Scenario,
  scenarioHash,
  scenarioReport,
  type ScenarioResult,
  witnessSteps,
} from "@tdx/litmus";
import { htmlFile } from "../html/html_file.ts";
import type { Options } from "../options.ts";
import type { Output } from "../output.ts";
import { PLATFORMS } from "../platforms.ts";
import { readInput } from "../read_input.ts";
import { printJson } from "../shared_options.ts";
import { UsageError } from "../usage_error.ts";
import { readSelection } from "./selection.ts";

/** A scenario from a file, with its hash. */
interface Loaded {
  readonly scenario: Scenario;
  readonly hash: string;
}

/** Runs scenario files where they run; says whether every one shows what it expects. */
export async function checkFiles(options: Options, output: Output): Promise<boolean> {
  const selection = readSelection(options);
  const results: (ScenarioResult & { hash: string })[] = [];
  // All files are read before any is run, so that a mistake in the last one costs nothing.
  const loaded = await Promise.all(options.operands.map(loadScenario));
  for (const { scenario, hash } of loaded) {
    for (
      const platform of selection.platforms.filter(({ name }) => scenario.platforms.includes(name))
    ) {
      for (const mode of selection.modes.filter((mode) => scenario.modes.includes(mode))) {
        const { policy, stateLimit } = selection;
        const result = await runScenario(scenario, {
          platform,
          mode,
          stateLimit,
          onProgress: (states) => output.progress(`${scenario.problem.name}: ${states} states`),
          ...(policy === undefined ? {} : { policy }),
        });
        results.push({ ...result, hash });
      }
    }
  }
  if (results.length === 0) {
    throw new UsageError("Expected a scenario that runs on the chosen platform and mode, got none");
  }
  const file = htmlFile(options);
  if (file !== undefined) {
    const { writeScenarios } = await import("./html.ts");
    const names = new Set(results.map(({ platform }) => platform));
    const platforms = selection.platforms.filter(({ name }) => names.has(name));
    await writeScenarios(file, { platforms, runs: results }, options, output);
  }
  if (options.has("json")) printJson(output, { results: results.map(asJson) });
  else output.print(text(results, options.has("trace")));
  return results.every(({ ok }) => ok);
}

/** Reads a scenario from a file, or from standard input for `-`. */
export async function loadScenario(path: string): Promise<Loaded> {
  const scenario = parseScenario(await readInput(path), {
    file: path,
    platforms: PLATFORMS.map(({ name }) => name),
  });
  return { scenario, hash: await scenarioHash(scenario) };
}

function text(results: readonly (ScenarioResult & { hash: string })[], trace: boolean): string {
  const wrong = results.filter(({ ok }) => !ok).length;
  return [
    ...results.map((result) => scenarioReport(result, { hash: result.hash, trace, time: true })),
    `${results.length} runs, ${wrong} not as expected`,
  ].join("\n\n");
}

function asJson(result: ScenarioResult & { hash: string }): object {
  const { scenario, exploration } = result;
  return {
    name: scenario.problem.name,
    platform: result.platform,
    mode: result.mode,
    hostKeys: scenario.hostKeys,
    policy: result.policy,
    condition: scenario.condition.text,
    observation: result.observation,
    expected: result.expected,
    ok: result.ok,
    validated: result.validated,
    positive: result.positive,
    negative: result.negative,
    outcomes: result.outcomes,
    hash: result.hash,
    states: exploration.states,
    transitions: exploration.transitions,
    depth: exploration.depth,
    witness: witnessSteps(result.trace),
  };
}

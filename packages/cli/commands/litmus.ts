import { defined } from "@tdx/core";
import {
  runScenario,
  type Scenario,
  scenarioHash,
  scenarioReport,
  type ScenarioResult,
  witnessSteps,
} from "@tdx/litmus";
import { POLICIES } from "@tdx/reclaim";
import { HTML_OPTION, htmlWriter, originNow } from "../html/html_report.ts";
import { loadScenario, machinesOf } from "../litmus/load_scenario.ts";
import {
  LIMIT_OPTION,
  MACHINES_OPTIONS,
  readLimit,
  readPlatforms,
  TRACE_OPTION,
} from "../litmus/questions.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { type Options, requireAlone } from "../shell/options.ts";
import { printJson } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";

/** What a scenario showed, with the hash of its text. */
type Shown = ScenarioResult & { readonly hash: string };

/** `tdx litmus`: run scenarios, and compare with what they expect. */
export const litmusCommand: Command = {
  summary: "run scenario files over every interleaving, and compare with what they expect",
  usage: "FILE... [--platform NAME] [--mode Li|Ci] [--policy POLICY] [--trace]",
  options: {
    ...MACHINES_OPTIONS,
    policy: {
      value: POLICIES.join("|"),
      help: "default the scenario's own",
    },
    ...LIMIT_OPTION,
    ...TRACE_OPTION,
    ...HTML_OPTION,
  },
  example: "tdx litmus scenario.tdx --trace",
  async run(options, stdio) {
    requireAlone(options, "json", ["trace"]);
    if (options.operands.length === 0) throw new UsageError("Expected a scenario file, got none");
    // All files are read before any is run, so that a mistake in the last one costs nothing.
    // One after another: a process may not have so many open.
    const scenarios = await Array.fromAsync(
      options.operands,
      (path) => loadScenario(path, stdio),
    );
    const writeHtml = await htmlWriter(options, stdio);
    const shown = await runAll(scenarios, options, stdio);
    if (options.has("json")) printJson(stdio, { results: shown.map(scenarioFields) });
    else stdio.print(resultsText(shown, options.has("trace")));
    if (writeHtml !== undefined) {
      const { scenariosHtml } = await import("@tdx/report");
      const platforms = readPlatforms(options)
        .filter(({ name }) => shown.some(({ platform }) => platform === name));
      const origin = await originNow("litmus", options);
      await writeHtml(scenariosHtml({ origin, platforms, runs: shown }));
    }
    return shown.every(({ ok }) => ok) ? EXIT.fine : EXIT.hazard;
  },
};

async function runAll(
  scenarios: readonly Scenario[],
  options: Options,
  output: Output,
): Promise<Shown[]> {
  const how = { ...readLimit(options), ...defined({ policy: options.pick("policy", POLICIES) }) };
  const shown: Shown[] = [];
  for (const scenario of scenarios) {
    const hash = await scenarioHash(scenario);
    const onProgress = (states: number) =>
      output.progress(`${scenario.problem.name}: ${states} states`);
    for (const machine of machinesOf(scenario, options)) {
      shown.push({ ...await runScenario(scenario, { ...machine, ...how, onProgress }), hash });
    }
  }
  if (shown.length > 0) return shown;
  throw new UsageError("Expected a scenario that runs on the chosen platform and mode, got none");
}

function resultsText(shown: readonly Shown[], trace: boolean): string {
  const wrong = shown.filter(({ ok }) => !ok).length;
  return [
    ...shown.map((result) => scenarioReport(result, { hash: result.hash, trace, time: true })),
    `${shown.length} runs, ${wrong} not as expected`,
  ].join("\n\n");
}

function scenarioFields(result: Shown): object {
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

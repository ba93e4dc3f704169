/** The corpus of scenarios, and what each one shows as it is kept beside its file. */
import type { Platform } from "@tdx/core";
import {
  parseScenario,
  runScenario,
  type Scenario,
  scenarioHash,
  scenarioReport,
  type ScenarioResult,
} from "@tdx/litmus";
import { join } from "@std/path";
import { PLATFORMS } from "../packages/cli/platforms.ts";

/** Where the scenarios live. */
export const CORPUS = "packages/litmus/scenarios";

/** The platforms whose output is kept: one with the erratum, one without. */
export const GOLDEN_PLATFORMS: readonly Platform[] = PLATFORMS.filter(({ name }) =>
  name === "spr" || name === "gnr"
);

/** Whether a result is of a platform whose output is kept. */
export function isGolden({ platform }: ScenarioResult): boolean {
  return GOLDEN_PLATFORMS.some(({ name }) => name === platform);
}

/** Every scenario of the corpus, by name. */
export function readCorpus(): { name: string; file: string; scenario: Scenario }[] {
  const platforms = PLATFORMS.map(({ name }) => name);
  return [...Deno.readDirSync(CORPUS)].map(({ name }) => name)
    .filter((name) => name.endsWith(".tdx")).sort()
    .map((file) => ({
      name: file.slice(0, -".tdx".length),
      file: join(CORPUS, file),
      scenario: parseScenario(Deno.readTextFileSync(join(CORPUS, file)), { file, platforms }),
    }));
}

/** Runs a scenario in each of its modes on those of some platforms that it is meant for. */
export async function runOn(
  scenario: Scenario,
  platforms: readonly Platform[],
): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const platform of platforms.filter(({ name }) => scenario.platforms.includes(name))) {
    for (const mode of scenario.modes) {
      results.push(await runScenario(scenario, { platform, mode }));
    }
  }
  return results;
}

/** What some runs of a scenario showed, with their witnesses and without times. */
export async function goldenText(
  scenario: Scenario,
  results: readonly ScenarioResult[],
): Promise<string> {
  const hash = await scenarioHash(scenario);
  const reports = results.map((result) =>
    scenarioReport(result, { hash, trace: true, time: false })
  );
  return `${reports.join("\n\n")}\n`;
}

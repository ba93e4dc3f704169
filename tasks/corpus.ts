/** The corpus of scenarios, and what each one shows as it is kept beside its file. */
import type { Platform } from "@tdx/core";
import {
  parseScenario,
  runScenario,
  type Scenario,
  scenarioHash,
  scenarioReport,
} from "@tdx/litmus";
import { join } from "@std/path";
import { PLATFORMS } from "../packages/cli/platforms.ts";

/** Where the scenarios live. */
export const CORPUS = "packages/litmus/scenarios";

/** The platforms whose output is kept: one with the erratum, one without. */
export const GOLDEN_PLATFORMS: readonly Platform[] = PLATFORMS.filter(({ name }) =>
  name === "spr" || name === "gnr"
);

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

/** What a scenario shows on some platforms, with its witnesses and without times. */
export async function goldenText(
  scenario: Scenario,
  platforms: readonly Platform[],
): Promise<string> {
  const hash = await scenarioHash(scenario);
  const reports: string[] = [];
  for (const platform of platforms) {
    if (!scenario.platforms.includes(platform.name)) continue;
    for (const mode of scenario.modes) {
      const result = await runScenario(scenario, { platform, mode });
      reports.push(scenarioReport(result, { hash, trace: true, time: false }));
    }
  }
  return `${reports.join("\n\n")}\n`;
}

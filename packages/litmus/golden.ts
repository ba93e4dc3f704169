import type { Platform } from "@tdx/core";
import { reportText } from "./report.ts";
import { runScenario } from "./run_scenario.ts";
import type { Scenario } from "./scenario.ts";
import { scenarioHash } from "./scenario_hash.ts";

/**
 * What a scenario shows on the given platforms, as it is kept beside the scenario's file.
 *
 * @param scenario The scenario.
 * @param platforms The platforms; one with the erratum and one without say it all.
 * @returns The reports with their witnesses, without times.
 */
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
      reports.push(reportText(result, { hash, trace: true, time: false }));
    }
  }
  return `${reports.join("\n\n")}\n`;
}

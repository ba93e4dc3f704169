import { spr } from "@tdx/platform-spr";
import { gnr } from "@tdx/platform-gnr";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseScenario } from "./parse_scenario.ts";
import { runScenario } from "./run_scenario.ts";
import { KEY_NAMES } from "../model/problem.ts";
import { AGENT_OF_NAME, OPERATION_WORDS, WRITTEN_DATA } from "./scenario_words.ts";

const DOCUMENT = Deno.readTextFileSync(new URL("./SCENARIOS.md", import.meta.url));

Deno.test("SCENARIOS.md shows a scenario that runs as it expects", async () => {
  const [, text] = DOCUMENT.match(/```tdx\n([^]*?)```/) ?? [];
  assert(text !== undefined);
  const platforms = ["spr", "emr", "gnr", "srf", "cwf", "generic"];
  const scenario = parseScenario(text, { file: "SCENARIOS.md", platforms });
  assertEquals(scenario.problem.name, "partial-write-then-load");
  for (const platform of [spr, gnr]) {
    for (const mode of scenario.modes) {
      const { expected, observation } = await runScenario(scenario, { platform, mode });
      assertEquals(observation, platform === spr ? "Always" : "Never");
      assertEquals(observation, expected);
    }
  }
});

Deno.test("SCENARIOS.md names every operation with its agents, every key and all data", () => {
  for (const { word, agents } of OPERATION_WORDS) {
    const who = agents.length === 5 ? "any" : agents.join(", ");
    assert(
      new RegExp(`^\\| \`${word} X( D)?\` +\\| ${who} +\\|`, "m").test(DOCUMENT),
      `Expected a row for ${word} by ${who}`,
    );
  }
  for (const key of KEY_NAMES) assertStringIncludes(DOCUMENT, `| \`${key}\` `);
  for (const data of WRITTEN_DATA) assertStringIncludes(DOCUMENT, `\`${data}\``);
  for (const name of AGENT_OF_NAME.keys()) assertStringIncludes(DOCUMENT, `\`${name}\``);
});

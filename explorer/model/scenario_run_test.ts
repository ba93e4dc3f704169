import { assert, assertEquals } from "@std/assert";
import { readCorpus } from "../../tasks/corpus.ts";
import { readLink, writeLink } from "./link.ts";
import { hostMachineCheck, play } from "./play.ts";
import { scenarioRun } from "./scenario_run.ts";
import { START } from "./situation.ts";

const corpus = readCorpus().map(({ name, file, scenario: { sentence } }) => ({
  name,
  sentence,
  text: Deno.readTextFileSync(file),
}));

Deno.test("scenarioRun() makes every scenario of the corpus clicks that play and fit in a link", async () => {
  for (const scenario of corpus) {
    for (const platform of ["spr", "gnr"]) {
      const { situation } = await scenarioRun(scenario, { ...START.settings, platform });
      assert(situation.acts.length > 0, scenario.name);
      assertEquals(readLink(writeLink(situation)), situation, scenario.name);
    }
  }
});

Deno.test("scenarioRun() shows the machine check where a scenario has one", async () => {
  const named = (name: string) => corpus.find((scenario) => scenario.name === name)!;
  const mixing = await scenarioRun(named("mixing-keyids"), START.settings);
  assertEquals([mixing.observation, mixing.settles], ["Always", true]);
  assert(hostMachineCheck(play(mixing.situation, "spr").at(-1)!));

  const never = await scenarioRun(named("two-lines-two-hosts"), START.settings);
  assertEquals([never.observation, never.settles], ["Never", false]);
  assertEquals(never.situation.lines.map(({ name }) => name), ["X", "Y"]);
});

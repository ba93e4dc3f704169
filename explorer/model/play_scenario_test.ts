import { assert, assertEquals } from "@std/assert";
import { readCorpus } from "../../tasks/corpus.ts";
import { readLink, writeLink } from "./link.ts";
import { isStopped, play } from "./play.ts";
import { playableScenario } from "./play_scenario.ts";
import { START } from "./situation.ts";

const corpus = readCorpus().map(({ name, file, scenario: { sentence } }) => ({
  name,
  sentence,
  text: Deno.readTextFileSync(file),
}));

Deno.test("playableScenario() makes every scenario of the corpus clicks that play and fit in a link", async () => {
  for (const scenario of corpus) {
    const { situation } = await playableScenario(scenario, START.settings);
    assert(situation.acts.length > 0, scenario.name);
    assertEquals(readLink(writeLink(situation)), situation, scenario.name);
  }
});

const named = (name: string) => corpus.find((scenario) => scenario.name === name)!;

// Scenario, what it shows on spr and gnr, which of them the clicks settle.
const SHOWN = [
  ["mixing-keyids", ["Always", "Always"], [true, false]],
  ["verdict-poison-quirk", ["Never", "Sometimes"], [false, true]],
  ["two-lines-two-hosts", ["Never", "Never"], [false, false]],
] as const;

for (const [name, observations, settled] of SHOWN) {
  Deno.test(`playableScenario() says what ${name} shows on each platform in sight`, async () => {
    const { verdicts, situation } = await playableScenario(named(name), START.settings);
    assertEquals(verdicts.map(({ platform }) => platform), ["spr", "gnr"]);
    assertEquals(verdicts.map(({ observation }) => observation), [...observations]);
    assertEquals(verdicts.map((verdict) => verdict.settled), [...settled]);
    for (const { platform, settled } of verdicts) {
      if (settled) assert(isStopped(play(situation, platform).at(-1)!));
    }
  });
}

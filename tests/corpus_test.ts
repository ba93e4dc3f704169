// Every scenario of the corpus: what it expects is what is observed, on every platform, and what it
// shows is what is kept beside it (`deno task golden` writes that anew).
import { assert, assertEquals, fail } from "@std/assert";
import { PLATFORMS } from "../packages/cli/platforms.ts";
import { GOLDEN_PLATFORMS, goldenText, readCorpus, runOn } from "../tasks/corpus.ts";

const corpus = readCorpus();

Deno.test("the corpus has at least 40 scenarios, each named after its file", () => {
  assert(corpus.length >= 40);
  for (const { name, scenario } of corpus) assertEquals(scenario.problem.name, name);
});

for (const { name, file, scenario } of corpus) {
  Deno.test(`scenario ${name} shows what it expects everywhere, and what is kept beside it`, async () => {
    const results = await runOn(scenario, PLATFORMS);
    for (const { observation, expected, platform, mode } of results) {
      assertEquals(observation, expected, `${platform} ${mode}`);
    }
    const golden = await Deno.readTextFile(file.replace(/\.tdx$/, ".out")).catch(() =>
      fail(`Expected ${name}.out beside the scenario; \`deno task golden\` writes it`)
    );
    const kept = results.filter((result) =>
      GOLDEN_PLATFORMS.some((platform) => platform.name === result.platform)
    );
    assertEquals(await goldenText(scenario, kept), golden);
  });
}

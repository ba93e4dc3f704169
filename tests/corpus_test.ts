// Every scenario of the corpus: what it expects is what is observed, on every platform, and what it
// shows is what is kept beside it (`deno task golden` writes that anew).
import { assert, assertEquals, fail } from "@std/assert";
import { runScenario } from "@tdx/litmus";
import { PLATFORMS } from "../packages/cli/platforms.ts";
import { GOLDEN_PLATFORMS, goldenText, readCorpus } from "../tasks/corpus.ts";

const corpus = readCorpus();

Deno.test("the corpus has at least 40 scenarios, each named after its file", () => {
  assert(corpus.length >= 40);
  for (const { name, scenario } of corpus) assertEquals(scenario.problem.name, name);
});

for (const { name, file, scenario } of corpus) {
  Deno.test(`scenario ${name} shows what it expects on every platform`, async () => {
    for (const platform of PLATFORMS.filter((p) => scenario.platforms.includes(p.name))) {
      for (const mode of scenario.modes) {
        const { observation, expected } = await runScenario(scenario, { platform, mode });
        assertEquals(observation, expected, `${platform.name} ${mode}`);
      }
    }
  });

  Deno.test(`scenario ${name} shows what is kept beside it`, async () => {
    const golden = await Deno.readTextFile(file.replace(/\.tdx$/, ".out")).catch(() =>
      fail(`Expected ${name}.out beside the scenario; \`deno task golden\` writes it`)
    );
    assertEquals(await goldenText(scenario, GOLDEN_PLATFORMS), golden);
  });
}

// Every scenario of the corpus: what it expects is what is observed, on every platform, and what it
// shows is what is kept beside it (`deno task golden` writes that anew).
import { assert, assertEquals, fail } from "@std/assert";
import { PLATFORMS } from "../../cli/platforms.ts";
import {
  GOLDEN_PLATFORMS,
  goldenText,
  isGolden,
  readCorpus,
  runOn,
} from "../../../tasks/corpus.ts";
import { type MetRules, metRules, RULES_PAGE, rulesPage } from "../../../tasks/rules_page.ts";

const corpus = readCorpus();
/** What each scenario met, by its file, for the page of the rules: nothing is explored twice. */
const met = new Map<string, MetRules>();

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
    assertEquals(await goldenText(scenario, results.filter(isGolden)), golden);
    met.set(file, metRules(file, results));
  });
}

Deno.test("docs/RULES.md is what `deno task docs:rules` writes", async () => {
  for (const { file, scenario } of corpus) {
    // None is missing, but where a filter left its test out.
    if (!met.has(file)) met.set(file, metRules(file, await runOn(scenario, GOLDEN_PLATFORMS)));
  }
  assertEquals(
    Deno.readTextFileSync(RULES_PAGE),
    await rulesPage(corpus.map(({ file }) => met.get(file)!)),
    "Run `deno task docs:rules`, and read the difference",
  );
});

/**
 * Writes the page of the rules. Read the difference before committing it.
 *
 * @module
 */
import { GOLDEN_PLATFORMS, readCorpus, runOn } from "./corpus.ts";
import { type MetRules, metRules, RULES_PAGE, rulesPage } from "./rules_page.ts";

const met: MetRules[] = [];
for (const { file, scenario } of readCorpus()) {
  met.push(metRules(file, await runOn(scenario, GOLDEN_PLATFORMS)));
}
Deno.writeTextFileSync(RULES_PAGE, await rulesPage(met));

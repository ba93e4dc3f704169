/**
 * Writes what every scenario shows beside its file. Read the difference before committing it.
 *
 * @module
 */
import { GOLDEN_PLATFORMS, goldenText, readCorpus, runOn } from "./corpus.ts";

for (const { file, scenario } of readCorpus()) {
  Deno.writeTextFileSync(
    file.replace(/\.tdx$/, ".out"),
    await goldenText(scenario, await runOn(scenario, GOLDEN_PLATFORMS)),
  );
}

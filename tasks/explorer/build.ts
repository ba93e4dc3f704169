import { join } from "@std/path";
import { readCorpus } from "../corpus.ts";
import { outputOf } from "../run.ts";

/**
 * Builds the explorer's page: one script, one style sheet, the scenarios.
 *
 * @param folder Where to; made where it is not there.
 * @throws {Error} If the script cannot be bundled.
 */
export async function buildExplorer(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const how = ["--quiet", "--platform=browser", "--minify", `--output=${join(folder, "main.js")}`];
  await outputOf(Deno.execPath(), ["bundle", ...how, "explorer/main.tsx"]);
  for (const name of ["index.html", "style.css"]) {
    await Deno.copyFile(`explorer/${name}`, join(folder, name));
  }
  const scenarios = readCorpus().map(({ name, file, scenario: { sentence } }) => ({
    name,
    sentence,
    text: Deno.readTextFileSync(file),
  }));
  await Deno.writeTextFile(join(folder, "scenarios.json"), JSON.stringify(scenarios));
}

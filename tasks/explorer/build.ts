/**
 * Builds the explorer's page into a folder that any file server can serve.
 *
 * @module
 */
import { join } from "@std/path";
import { readCorpus } from "../corpus.ts";

const SOURCE = "explorer";
/** Files that go into the page as they are. */
const COPIED = ["index.html", "style.css"];

/**
 * Builds the page: one script, one style sheet, the scenarios.
 *
 * @param folder Where to; made where it is not there.
 * @throws {Error} Where the script cannot be bundled.
 */
export async function buildExplorer(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--minify",
      `--output=${join(folder, "main.js")}`,
      `${SOURCE}/main.tsx`,
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  for (const name of COPIED) await Deno.copyFile(`${SOURCE}/${name}`, join(folder, name));
  const scenarios = readCorpus().map(({ name, file, scenario: { sentence } }) => ({
    name,
    sentence,
    text: Deno.readTextFileSync(file),
  }));
  await Deno.writeTextFile(join(folder, "scenarios.json"), JSON.stringify(scenarios));
}

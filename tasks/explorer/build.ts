import { basename, join } from "@std/path";
import GitHubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";
import { readCorpus } from "../corpus.ts";
import { outputOf } from "../run.ts";

/** The pages beside the explorer, and what they are written from. */
const PAGES = {
  "rules.html": "docs/RULES.md",
  "format.html": "packages/litmus/scenario/SCENARIOS.md",
} as const;

/**
 * Builds the explorer's page: its script, of which the editor is loaded when it is asked for, one
 * style sheet, the scenarios, the rules and the format of scenarios.
 *
 * @param folder Where to; made where it is not there.
 * @throws {Error} If the script cannot be bundled.
 */
export async function buildExplorer(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  // The names of scripts change with what is in them.
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith(".js")) await Deno.remove(join(folder, name));
  }
  const how = ["--quiet", "--platform=browser", "--minify", "--code-splitting"];
  await outputOf(Deno.execPath(), ["bundle", ...how, `--outdir=${folder}`, "explorer/main.tsx"]);
  for (const name of ["index.html", "style.css"]) {
    await Deno.copyFile(`explorer/${name}`, join(folder, name));
  }
  const scenarios = readCorpus().map(({ name, file, scenario: { sentence } }) => ({
    name,
    sentence,
    text: Deno.readTextFileSync(file),
  }));
  await Deno.writeTextFile(join(folder, "scenarios.json"), JSON.stringify(scenarios));
  for (const [name, source] of Object.entries(PAGES)) {
    await Deno.writeTextFile(join(folder, name), pageOf(await Deno.readTextFile(source)));
  }
}

/** A Markdown file as a page: its headings can be linked to, files that are not there cannot. */
function pageOf(markdown: string): string {
  const parser = new MarkdownIt();
  const slugger = new GitHubSlugger();
  const { rules } = parser.renderer;
  rules["heading_open"] = (tokens, i, options, _env, self) => {
    tokens[i]!.attrSet("id", slugger.slug(tokens[i + 1]!.content));
    return self.renderToken(tokens, i, options);
  };
  const pages = new Map(Object.entries(PAGES).map(([name, file]) => [basename(file), name]));
  let linked = true;
  rules["link_open"] = (tokens, i, options, _env, self) => {
    const token = tokens[i]!;
    const [file = "", anchor] = String(token.attrGet("href")).split("#");
    const page = file === "" || file.startsWith("https:") ? file : pages.get(basename(file));
    linked = page !== undefined;
    if (page !== undefined) {
      token.attrSet("href", anchor === undefined ? page : `${page}#${anchor}`);
    }
    return linked ? self.renderToken(tokens, i, options) : "<code>";
  };
  rules["link_close"] = () => linked ? "</a>" : "</code>";
  const title = /^# (.*)/m.exec(markdown)![1]!;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}, tdx-reclaim explorer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
</head>
<body>
<main class="document">
<p><a href="./">The explorer</a></p>
${parser.render(markdown)}
</main>
</body>
</html>
`;
}

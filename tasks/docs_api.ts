/**
 * Writes an API site into `site/api`: by `deno doc --html` a site for each entry point, and a page
 * that leads to them.
 *
 * @module
 */
import { outputOf } from "./run.ts";
import { entryPoints } from "./workspace.ts";

const SITE = "site/api";

await Deno.remove(SITE, { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
await Deno.mkdir(SITE, { recursive: true });
const rows: string[] = [];
for (const { specifier, file } of entryPoints()) {
  const folder = specifier.replace("@tdx/", "").replaceAll("/", ".");
  await denoDoc("--html", `--name=${specifier}`, `--output=${SITE}/${folder}`, file);
  rows.push(row(folder, specifier, await summary(file)));
}
await Deno.writeTextFile(`${SITE}/index.html`, page(rows));
console.log(`${rows.length} entry points in ${SITE}`);

function denoDoc(...args: string[]): Promise<string> {
  return outputOf(Deno.execPath(), ["doc", "--quiet", ...args]);
}

/** The first sentence of a module's documentation. */
async function summary(file: string): Promise<string> {
  const { nodes } = JSON.parse(await denoDoc("--json", file));
  const [documented] = Object.values<{ readonly module_doc: { readonly doc: string } }>(nodes);
  return documented!.module_doc.doc.split("\n\n")[0]!.replaceAll("\n", " ");
}

function row(folder: string, specifier: string, sentence: string): string {
  const words = sentence.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replace(/`([^`]+)`/g, "<code>$1</code>");
  return `<dt><a href="${folder}/index.html"><code>${specifier}</code></a></dt><dd>${words}</dd>`;
}

function page(rows: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tdx-reclaim, API</title>
<style>body { font: 16px/1.5 system-ui; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
dd { margin: 0 0 0.8rem }</style>
<h1>tdx-reclaim, API</h1>
<dl>
${rows.join("\n")}
</dl>
</html>
`;
}

/**
 * Lists entry points of packages and platforms without a module comment, and their public symbols
 * without an example that runs and asserts.
 *
 * @module
 */
import { toFileUrl } from "@std/path";
import { denoDoc } from "./deno_doc.ts";
import { docProblems } from "./doc_problems.ts";
import { entryPoints } from "./entry_points.ts";

const entries = entryPoints();
const documented = JSON.parse(await denoDoc("--json", ...entries.map(({ file }) => file)));
const { symbols, problems } = docProblems(documented);
const root = `${toFileUrl(Deno.cwd())}/`;
for (const problem of problems) console.error(problem.replace(root, ""));
console.log(
  `${entries.length} entry points, ${symbols} public symbols: ${problems.length} without ` +
    "documentation or an example that asserts",
);
if (problems.length > 0) Deno.exit(1);

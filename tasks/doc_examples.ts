/**
 * Lists entry points of packages and platforms, and the functions and classes they export, that have
 * no documentation or no example that runs and asserts.
 *
 * @module
 */
import { toFileUrl } from "@std/path";
import { docProblems } from "./doc_problems.ts";
import { outputOf } from "./run.ts";
import { entryPoints } from "./workspace.ts";

const entries = entryPoints();
const doc = ["doc", "--quiet", "--json", ...entries.map(({ file }) => file)];
const { symbols, problems } = docProblems(JSON.parse(await outputOf(Deno.execPath(), doc)));
const root = `${toFileUrl(Deno.cwd())}/`;
for (const problem of problems) console.error(problem.replace(root, ""));
console.log(
  `${entries.length} entry points, ${symbols} public symbols: ${problems.length} without ` +
    "documentation or an example that asserts",
);
if (problems.length > 0) Deno.exit(1);

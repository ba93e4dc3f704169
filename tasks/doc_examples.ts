/**
 * Lists entry points of packages and platforms without a module comment, and their public symbols
 * without an example that runs and asserts.
 *
 * @module
 */
import { toFileUrl } from "@std/path";
import { docProblems } from "./doc_problems.ts";
import { entryPoints } from "./entry_points.ts";

const entries = entryPoints();
const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--json", ...entries.map(({ file }) => file)],
}).output();
if (!success) throw new Error(new TextDecoder().decode(stderr));

const { symbols, problems } = docProblems(JSON.parse(new TextDecoder().decode(stdout)));
const root = `${toFileUrl(Deno.cwd())}/`;
for (const problem of problems) console.error(problem.replace(root, ""));
console.log(
  `${entries.length} entry points, ${symbols} public symbols: ${problems.length} without ` +
    "documentation or an example that asserts",
);
if (problems.length > 0) Deno.exit(1);

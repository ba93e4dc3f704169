/**
 * Lists entry points of packages and platforms, and the functions and classes they export, that have
 * no documentation or no example.
 *
 * @module
 */
import { toFileUrl } from "@std/path";
import { docProblems } from "./doc_problems.ts";
import { outputOf } from "./run.ts";
import { entryPoints, ROOT } from "./workspace.ts";

const files = entryPoints().map(({ file }) => file);
const doc = await outputOf(Deno.execPath(), ["doc", "--quiet", "--json", ...files]);
const problems = docProblems(JSON.parse(doc));
for (const problem of problems) console.error(problem.replace(toFileUrl(ROOT).href, ""));
console.log(`${files.length} entry points: ${problems.length} problems`);
if (problems.length > 0) Deno.exit(1);

/**
 * Checks that a tag names the version that its files say: `deno task release:tag v0.2.0`.
 *
 * @module
 */
import { readVersioned } from "./git.ts";
import { releaseProblems } from "./version.ts";

const [tag, ...more] = Deno.args;
const version = /^v(.+)$/.exec(tag ?? "")?.[1];
const problems = version === undefined || more.length > 0
  ? [`Expected a tag such as v0.2.0, got ${Deno.args.join(" ") || "nothing"}`]
  : releaseProblems(await readVersioned(Deno.cwd()), version);
for (const problem of problems) console.error(`release: ${problem}`);
if (problems.length > 0) Deno.exit(1);
console.log(`${tag} is what the files say`);

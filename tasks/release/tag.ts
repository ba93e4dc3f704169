/**
 * Checks that a tag names the version that its files say; exits 1 with a line for each reason why
 * it does not.
 *
 * @module
 */
import { taggedProblems } from "./problems.ts";

const [tag, ...more] = Deno.args;
const problems = tag === undefined || more.length > 0
  ? [`Expected deno task release:tag TAG, got ${Deno.args.join(" ") || "nothing"}`]
  : await taggedProblems(Deno.cwd(), tag);
for (const problem of problems) console.error(`release: ${problem}`);
if (problems.length > 0) Deno.exit(1);
console.log(`${tag} is what the files say`);

/**
 * Releases a version: sets it everywhere, moves what is unreleased in the change log, runs every
 * check on that, commits and tags. It pushes nothing. Exits 1 with a line for each reason not to
 * release, and with all as it was before.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { carryOut } from "./carry_out.ts";
import { plan } from "./plan.ts";
import { BRANCH, quickProblems } from "./problems.ts";
import { GitError } from "./run.ts";

const USAGE = "deno task release [--dry-run] VERSION";

const strange: string[] = [];
const args = parseArgs(Deno.args, {
  boolean: ["dry-run"],
  string: ["_"],
  unknown(arg) {
    if (arg.startsWith("-")) strange.push(arg);
  },
});
const [version, ...more] = args._.map(String);
if (version === undefined || more.length + strange.length > 0) {
  refuse([`Expected ${USAGE}, got ${Deno.args.join(" ") || "nothing"}`]);
}

try {
  await release(Deno.cwd(), version, args["dry-run"] === true);
} catch (error) {
  for (const kind of [GitError, RangeError, SyntaxError, Deno.errors.NotFound]) {
    if (error instanceof kind) refuse([error.message]);
  }
  throw error;
}

async function release(root: string, version: string, dryRun: boolean): Promise<void> {
  refuseIfAny(await quickProblems(root, version));
  const changes = await plan(root, version, new Date().toISOString().slice(0, "YYYY-MM-DD".length));
  const files = changes.map(({ file }) => file).join(", ") || "nothing, the files say it already";
  refuseIfAny(await carryOut(root, version, changes, dryRun));
  if (dryRun) {
    console.log(`${version} can be released. To change: ${files}`);
    return;
  }
  console.log(`Released ${version}. Changed: ${files}`);
  console.log(`To publish it: git push --atomic origin ${BRANCH} v${version}`);
}

function refuseIfAny(problems: readonly string[]): void {
  if (problems.length > 0) refuse(problems);
}

function refuse(problems: readonly string[]): never {
  for (const problem of problems) console.error(`release: ${problem}`);
  Deno.exit(1);
}

/**
 * Releases a version: sets it everywhere, moves what is unreleased in the change log, runs every
 * check on that, commits and tags. It works in a second working tree, so that whatever refuses or
 * interrupts it leaves the first as it was. It pushes nothing.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
// @ts-types="@types/semver"
import { gt, valid } from "semver";
import { git, readVersioned } from "./git.ts";
import { differing, releaseProblems, versionsIn, withVersion } from "./version.ts";

const BRANCH = "main";
/** All that a tag has to pass before it is published. */
const CHECKS = ".ci/run";

const { _, "dry-run": dryRun } = parseArgs(Deno.args, {
  boolean: ["dry-run"],
  string: ["_"],
  unknown: (arg) => !arg.startsWith("-") || fail(`Expected --dry-run or a version, got ${arg}`),
});
const [version, ...more] = _.map(String);
if (version === undefined || more.length > 0) fail(`Expected one version, got ${_.join(" ")}`);
const tag = `v${version}`;
const root = Deno.cwd();
try {
  const problems = await quickProblems(version);
  if (problems.length === 0) problems.push(...await inSecondTree((tree) => release(tree, version)));
  if (problems.length > 0) fail(...problems);
} catch (error) {
  fail((error as Error).message);
}
console.log(dryRun ? `${version} can be released` : `Released ${version}`);
if (!dryRun) console.log(`To publish it: git push --atomic origin ${BRANCH} ${tag}`);

/** Why a version cannot be released, as far as that is quickly seen. */
async function quickProblems(version: string): Promise<string[]> {
  if (valid(version) !== version) return [`Expected a version such as 0.2.0, got ${version}`];
  const files = await readVersioned(root);
  const present = versionsIn(files)[0]?.version ?? version;
  const branch = await git(root, "branch", "--show-current");
  const changes = await git(root, "status", "--porcelain");
  const tagged = await git(root, "tag", "--list", tag);
  const problems = differing(files, present);
  // The same one again may never have been released.
  if (gt(present, version)) problems.push(`Expected version ${present} or above, got ${version}`);
  if (tagged !== "") problems.push(`Expected no tag ${tag} yet, got one`);
  if (branch !== BRANCH) {
    problems.push(`Expected branch ${BRANCH}, got ${branch || "a detached HEAD"}`);
  }
  if (changes !== "") problems.push(`Expected no changes in the working tree, got\n${changes}`);
  return problems;
}

/** Makes the release in another tree, and hands it over where nothing refuses it. */
async function release(tree: string, version: string): Promise<string[]> {
  const today = new Date().toISOString().slice(0, "YYYY-MM-DD".length);
  const released = withVersion(await readVersioned(tree), version, today);
  const problems = releaseProblems(released, version);
  if (problems.length > 0) return problems;
  for (const [file, text] of released) Deno.writeTextFileSync(`${tree}/${file}`, text);
  const message = ["--message", `Release ${version}`];
  if (await git(tree, "diff", "--name-only") !== "") {
    await git(tree, "commit", "--quiet", "--all", ...message);
  }

  const { code } = await new Deno.Command(`${tree}/${CHECKS}`, { cwd: tree }).spawn().status;
  if (code !== 0) return [`Expected ${CHECKS} to pass, got status ${code}`];
  const changes = await git(tree, "status", "--porcelain");
  if (changes !== "") return [`Expected ${CHECKS} to change nothing, got\n${changes}`];
  if (dryRun) return [];

  await git(tree, "tag", "--annotate", ...message, tag);
  try {
    await git(root, "merge", "--quiet", "--ff-only", tag);
  } catch (error) {
    await git(root, "tag", "--delete", tag);
    throw error;
  }
  return [];
}

async function inSecondTree<T>(work: (tree: string) => Promise<T>): Promise<T> {
  const tree = await Deno.makeTempDir({ prefix: "tdx-release-" });
  // An interrupt reaches the checks and git too: they fail, and the tree is removed.
  Deno.addSignalListener("SIGINT", () => {});
  try {
    await git(root, "worktree", "add", "--quiet", "--detach", tree);
    return await work(tree);
  } finally {
    await Deno.remove(tree, { recursive: true });
    await git(root, "worktree", "prune");
  }
}

function fail(...problems: string[]): never {
  for (const problem of problems) console.error(`release: ${problem}`);
  Deno.exit(1);
}

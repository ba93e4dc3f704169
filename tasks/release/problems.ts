import { join } from "@std/path";
import { CHANGELOG, changelogProblem } from "./changelog.ts";
import type { Change } from "./plan.ts";
import { git, run } from "./run.ts";
import { readVersionedFiles } from "./versioned_files.ts";
import { commonVersion, differingVersions, successorProblem } from "./versions.ts";

/** The branch that is released. */
export const BRANCH = "main";

/** What must pass before a release: all that a tag has to pass before it is published. */
const CHECKS = ".ci/run";
/** How many changes of the working tree a reason names. */
const NAMED = 3;

/**
 * Says why a version cannot be released, as far as that is quickly seen.
 *
 * @param root Folder of the workspace.
 * @param version The version.
 * @returns One line for each reason.
 */
export async function quickProblems(root: string, version: string): Promise<string[]> {
  const files = await readVersionedFiles(root);
  const problem = successorProblem(version, commonVersion(files));
  const ofVersion = problem === undefined
    ? [changelogProblem(await readChangelog(root), version), await tagProblem(root, version)]
    : [problem];
  return [
    ...ofVersion,
    ...differingVersions(files),
    ...await treeProblems(root),
    await lockProblem(root),
  ].filter((line) => line !== undefined);
}

/**
 * Says why a tag's commit is not that of a release: what `deno publish` would upload is not what
 * the tag says.
 *
 * @param root Folder of the workspace.
 * @param tag The tag.
 * @returns One line for each reason.
 */
export async function taggedProblems(root: string, tag: string): Promise<string[]> {
  const version = tag.replace(/^v/, "");
  if (tag === version || successorProblem(version, version) !== undefined) {
    return [`tag: expected v and a semantic version such as v0.2.0, found ${tag}`];
  }
  const log = changelogProblem(await readChangelog(root), version, { moved: true });
  return [
    ...differingVersions(await readVersionedFiles(root), version),
    ...(log === undefined ? [] : [log]),
  ];
}

/**
 * Says what somebody else did to the workspace since the changes were written.
 *
 * @param root Folder of the workspace.
 * @param head The commit it was at.
 * @param changes What the release wrote.
 * @returns One line for each reason.
 */
export async function disturbances(
  root: string,
  head: string,
  changes: readonly Change[],
): Promise<string[]> {
  const now = await git(root, "rev-parse", "HEAD");
  const moved = now === head ? [] : [`HEAD: expected ${head}, found ${now}`];
  return [...moved, ...await treeProblems(root, changes)];
}

/** Says whether the working tree has other changes, and whether it is the branch to release. */
async function treeProblems(root: string, written: readonly Change[] = []): Promise<string[]> {
  const problems: string[] = [];
  const branch = await git(root, "branch", "--show-current");
  if (branch !== BRANCH) {
    problems.push(`branch: expected ${BRANCH}, found ${branch || "a detached HEAD"}`);
  }
  const own = new Set<string>();
  for (const { file, after } of written) {
    if (await Deno.readTextFile(join(root, file)) === after) own.add(` M ${file}`);
  }
  const status = (await git(root, "status", "--porcelain")).split("\n").filter(Boolean);
  const changes = status.filter((change) => !own.has(change));
  if (changes.length > 0) {
    const named = changes.slice(0, NAMED).map((change) => change.trim()).join(", ");
    const more = changes.length > NAMED ? ", …" : "";
    problems.push(`working tree: expected no changes, found ${changes.length}: ${named}${more}`);
  }
  return problems;
}

/**
 * Runs the checks, which show what they find.
 *
 * @param root Folder of the workspace.
 * @returns One line where they fail.
 */
export async function failedChecks(root: string): Promise<string[]> {
  const checks = new Deno.Command(join(root, CHECKS), {
    cwd: root,
    stdout: "inherit",
    stderr: "inherit",
  });
  const { code } = await checks.output();
  return code === 0 ? [] : [`${CHECKS}: expected status 0, found ${code}`];
}

/** The change log, empty where there is none. */
async function readChangelog(root: string): Promise<string> {
  try {
    return await Deno.readTextFile(join(root, CHANGELOG));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function tagProblem(root: string, version: string): Promise<string | undefined> {
  const tag = `v${version}`;
  if (await git(root, "tag", "--list", tag) === "") return undefined;
  const commit = await git(root, "rev-parse", "--short", `${tag}^{commit}`);
  return `tag: expected none named ${tag}, found it at ${commit}`;
}

async function lockProblem(root: string): Promise<string | undefined> {
  const { success, stderr } = await run(root, Deno.execPath(), ["install", "--quiet", "--frozen"]);
  if (success) return undefined;
  if (stderr.includes("lockfile is out of date")) {
    return "deno.lock: expected what `deno install` writes, found other contents";
  }
  return `deno.lock: expected \`deno install --frozen\` to pass, found ${stderr.split("\n")[0]}`;
}

import { join } from "@std/path";
import type { Change } from "./plan.ts";
import { disturbances, failedChecks } from "./problems.ts";
import { git } from "./run.ts";

/**
 * Writes the changes, runs the checks on what they make, commits and tags. Where a check or a step
 * fails, or is interrupted, files and branch are again as they were.
 *
 * @param root Folder of the workspace, without other changes.
 * @param version The version.
 * @param changes What to write; where there is nothing, the present commit is tagged.
 * @param dryRun Whether to end after the checks, and undo all.
 * @returns One line for each reason not to release.
 * @throws {GitError} Where git refuses.
 */
export async function carryOut(
  root: string,
  version: string,
  changes: readonly Change[],
  dryRun: boolean,
): Promise<string[]> {
  const head = await git(root, "rev-parse", "HEAD");
  let step: "checks" | "commit" | "done" = "checks";
  // An interrupt reaches checks and git too: they fail, and what was done is undone.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  try {
    for (const { file, after } of changes) await Deno.writeTextFile(join(root, file), after);
    const failed = await failedChecks(root);
    // The checks take minutes, in which somebody may have gone on working.
    const problems = [...failed, ...await disturbances(root, head, changes)];
    if (problems.length > 0 || dryRun) return problems;

    step = "commit";
    const message = `Release ${version}`;
    if (changes.length > 0) {
      const files = changes.map(({ file }) => file);
      await git(root, "commit", "--quiet", "--message", message, "--", ...files);
    }
    await git(root, "tag", "--annotate", "--message", message, `v${version}`);
    step = "done";
    return [];
  } finally {
    if (step !== "done") await restore(root, changes);
    // Before the commit, a HEAD that moved is somebody else's.
    if (step === "commit") await git(root, "reset", "--quiet", head);
    Deno.removeSignalListener("SIGINT", ignore);
  }
}

/** Takes the changes back, but for files that somebody has edited since. */
async function restore(root: string, changes: readonly Change[]): Promise<void> {
  for (const { file, before, after } of changes) {
    const path = join(root, file);
    if (await Deno.readTextFile(path) === after) await Deno.writeTextFile(path, before);
  }
}

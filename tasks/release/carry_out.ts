import { join } from "@std/path";
import { CHANGELOG, cutRelease } from "./changelog.ts";
import { git } from "./run.ts";
import { readVersionedFiles } from "./versioned_files.ts";
import { withVersion } from "./versions.ts";

/** A file that a release changes. */
export interface Change {
  /** Path from the root of the workspace. */
  readonly file: string;
  /** Its text as it is. */
  readonly before: string;
  /** Its text in the release. */
  readonly after: string;
}

/**
 * Says what a release changes in the files of the workspace.
 *
 * @param root Folder of the workspace.
 * @param version The version.
 * @param date The day of the release, `YYYY-MM-DD`.
 * @returns The changes; none where the files say it all already.
 */
export async function plan(root: string, version: string, date: string): Promise<Change[]> {
  const log = await Deno.readTextFile(join(root, CHANGELOG));
  const files = (await readVersionedFiles(root)).map((each) => ({
    file: each.file,
    before: each.text,
    after: withVersion(each, version),
  }));
  return [...files, { file: CHANGELOG, before: log, after: cutRelease(log, version, date) }]
    .filter(({ before, after }) => before !== after);
}

/**
 * Writes the changes, commits and tags them. Where a step fails, or is interrupted, files and
 * branch are again as they were.
 *
 * @param root Folder of the workspace, without other changes.
 * @param version The version.
 * @param changes What to write; where there is nothing, the present commit is tagged.
 * @throws {GitError} Where git refuses.
 */
export async function carryOut(
  root: string,
  version: string,
  changes: readonly Change[],
): Promise<void> {
  const head = await git(root, "rev-parse", "HEAD");
  // An interrupt reaches git too: it fails, and what was done is undone.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  try {
    for (const { file, after } of changes) await Deno.writeTextFile(join(root, file), after);
    const message = `Release ${version}`;
    if (changes.length > 0) {
      const files = changes.map(({ file }) => file);
      await git(root, "commit", "--quiet", "--message", message, "--", ...files);
    }
    await git(root, "tag", "--annotate", "--message", message, `v${version}`);
  } catch (error) {
    for (const { file, before } of changes) await Deno.writeTextFile(join(root, file), before);
    if (await git(root, "rev-parse", "HEAD") !== head) await git(root, "reset", "--quiet", head);
    throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
  }
}

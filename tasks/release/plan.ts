import { join } from "@std/path";
import { CHANGELOG, cutRelease } from "./changelog.ts";
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

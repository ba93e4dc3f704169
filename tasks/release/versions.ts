/**
 * Where the workspace says its version: the `deno.json` of every package, and every text that names
 * one of them as `jsr:@tdx/cli@0.1.0` or shows its `deno.json`. All say the same.
 *
 * @module
 */
// @ts-types="@types/semver"
import { compare, parse, type SemVer } from "semver";

/** A file that says a version, and its text. */
export interface VersionedFile {
  /** Path from the root of the workspace, with `/`. */
  readonly file: string;
  /** What is in it. */
  readonly text: string;
}

const FIELD = /(?<="version"\s*:\s*")[^"]*(?=")/;
const PIN =
  /(?<=jsr:@tdx\/[\w-]+@)\d[\w.+-]*\w|(?<="name": "@tdx\/[\w-]+",\s+"version": ")[^"]*(?=")/g;

/**
 * The versions that a file says.
 *
 * @param file The file.
 * @returns The version of a `deno.json`, or that of each package a text names or shows; `none` where
 * a `deno.json` says none.
 */
export function versionsIn({ file, text }: VersionedFile): string[] {
  if (isConfig(file)) {
    const { name, version = "none" } = parseConfig(file, text);
    // A member of the workspace without a name is none that is published.
    return name === undefined ? [] : [version];
  }
  return [...text.matchAll(PIN)].map(([version]) => version);
}

/**
 * Writes a version into a file that says one.
 *
 * @param file The file.
 * @param version The new version.
 * @returns The new text; all else in it is as before.
 * @throws {RangeError} Where a `deno.json` has another `version` before its own.
 *
 * @example
 * ```ts
 * import { withVersion } from "./versions.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{ "name": "@tdx/core", "version": "0.1.0" }';
 * assertEquals(
 *   withVersion({ file: "packages/core/deno.json", text }, "0.2.0"),
 *   '{ "name": "@tdx/core", "version": "0.2.0" }',
 * );
 * ```
 */
export function withVersion({ file, text }: VersionedFile, version: string): string {
  const after = text.replace(isConfig(file) ? FIELD : PIN, version);
  if (versionsIn({ file, text: after }).every((found) => found === version)) return after;
  throw new RangeError(`Expected the first "version" in ${file} to be that of the package`);
}

/**
 * The version that most packages have.
 *
 * @param files The files that say a version.
 * @returns The version; of two that are as common, the one that comes first.
 * @throws {RangeError} Where there is no package.
 */
export function commonVersion(files: readonly VersionedFile[]): string {
  const counts = new Map<string, number>();
  for (const [version] of files.filter(({ file }) => isConfig(file)).map(versionsIn)) {
    counts.set(version!, (counts.get(version!) ?? 0) + 1);
  }
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  if (first === undefined) throw new RangeError("Expected packages in the workspace, found none");
  return first[0];
}

/**
 * Says which files have another version.
 *
 * @param files The files that say a version.
 * @param expected The version all must say; default the {@link commonVersion}.
 * @returns One line for each that differs.
 */
export function differingVersions(
  files: readonly VersionedFile[],
  expected: string = commonVersion(files),
): string[] {
  return files.flatMap((each) =>
    versionsIn(each).filter((found) => found !== expected)
      .map((found) => `${each.file}: expected version ${expected}, found ${found}`)
  );
}

/**
 * Says why a version cannot follow the present one. The same one again is fine: it may never have
 * been released.
 *
 * @param version The version to release.
 * @param present The version that the packages have.
 * @returns The reason in one line, `undefined` where there is none.
 */
export function successorProblem(version: string, present: string): string | undefined {
  const next = parse(version);
  // The parser takes `v1.0.0` and ` 1.0.0` too.
  if (next === null || format(next) !== version) {
    return `version: expected a semantic version such as 0.2.0, found ${version}`;
  }
  const now = parse(present);
  if (version === present || now === null || compare(next, now) > 0) return undefined;
  return `version: expected ${present} or a greater one, found ${version}`;
}

function isConfig(file: string): boolean {
  return /(^|\/)deno\.json$/.test(file);
}

/** The version as it is written; the parser keeps what follows `+` apart. */
function format({ version, build }: SemVer): string {
  return [version, ...(build.length > 0 ? [build.join(".")] : [])].join("+");
}

/**
 * Reads a `deno.json`.
 *
 * @throws {SyntaxError} Where it is no JSON; the message begins with the file.
 */
export function parseConfig(
  file: string,
  text: string,
): { name?: string; version?: string; workspace?: string[] } {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${file}: Expected JSON, got ${(error as Error).message}`);
  }
}

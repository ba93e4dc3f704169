import { outOfRange, wrongType } from "@tdx/core/arguments";

/** A release string as `uname -r` prints it, taken apart. */
export interface KernelRelease {
  /** The first number. */
  readonly major: number;
  /** The second number. */
  readonly minor: number;
  /** Whether it is a release candidate. */
  readonly candidate: boolean;
  /** What a distribution or a builder put behind; empty for mainline and stable. */
  readonly suffix: string;
}

const RELEASE = /^(\d{1,3})\.(\d{1,3})(?:\.\d{1,5})?(-rc\d{1,2})?([-+_~][!-~]{0,200})?$/;

/** The last minor version of each series that has ended. */
const LAST_MINOR = new Map([[3, 19], [4, 20], [5, 19], [6, 19]]);

/**
 * Takes a release string apart.
 *
 * @param text As `uname -r` prints it, or a version.
 * @returns Its parts.
 * @throws {TypeError} If it is not a string.
 * @throws {RangeError} If it is not a version of Linux.
 *
 * @example
 * ```ts
 * import { parseRelease } from "@tdx/linux";
 * import { assertEquals } from "@std/assert";
 *
 * const { major, minor, suffix } = parseRelease("6.8.0-1014-intel");
 * assertEquals([major, minor, suffix], [6, 8, "-1014-intel"]);
 * ```
 */
export function parseRelease(text: string): KernelRelease {
  if (typeof text !== "string") throw wrongType("release", "a string", text);
  const parts = RELEASE.exec(text.trim());
  if (parts === null) throw outOfRange("release", "a version of Linux such as 6.18", text);
  const [major, minor] = [Number(parts[1]), Number(parts[2])];
  const last = LAST_MINOR.get(major);
  if (major < 3 || (last !== undefined && minor > last)) {
    throw outOfRange(
      "release",
      last === undefined ? "Linux 3.0 or later" : `at most Linux ${major}.${last} in its series`,
      text,
    );
  }
  return { major, minor, candidate: parts[3] !== undefined, suffix: parts[4] ?? "" };
}

/**
 * Orders two versions.
 *
 * @param a One, with its major and minor number.
 * @param b The other.
 * @returns Negative if `a` is older, 0 if they are equal, positive if `a` is newer.
 *
 * @example
 * ```ts
 * import { compareReleases, parseRelease } from "@tdx/linux";
 * import { assert } from "@std/assert";
 *
 * assert(compareReleases(parseRelease("6.19"), parseRelease("7.0")) < 0);
 * ```
 */
export function compareReleases(
  a: Pick<KernelRelease, "major" | "minor">,
  b: Pick<KernelRelease, "major" | "minor">,
): number {
  return a.major - b.major || a.minor - b.minor;
}

/**
 * The change log: what stands under which heading, and moving `Unreleased` to a version. A library
 * would print the whole file anew and let a wrong date or version pass in silence.
 *
 * @module
 */

/** Where the change log is. */
export const CHANGELOG = "CHANGELOG.md";

/** A `##` heading of a change log and what stands under it. */
export interface Section {
  /** The heading as it is written, without `## `. */
  readonly title: string;
  /** How many lines are neither empty nor a heading. */
  readonly lines: number;
}

const HEADING = /^## +(.*?) *$/;
const UNRELEASED = /^\[?unreleased\]?$/i;

/**
 * Reads the sections of a change log in the form of Keep a Changelog.
 *
 * @param text The change log.
 * @returns Its sections, as they follow each other.
 *
 * @example
 * ```ts
 * import { parseChangelog } from "./changelog.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseChangelog("# Log\n\n## Unreleased\n\n## 0.1.0 - 2026-11-26\n\n- First\n"), [
 *   { title: "Unreleased", lines: 0 },
 *   { title: "0.1.0 - 2026-11-26", lines: 1 },
 * ]);
 * ```
 */
export function parseChangelog(text: string): Section[] {
  const sections: { title: string; lines: number }[] = [];
  for (const line of text.split("\n")) {
    const title = HEADING.exec(line)?.[1];
    if (title !== undefined) sections.push({ title, lines: 0 });
    else if (/^(?!#)\S/.test(line.trim()) && sections.length > 0) sections.at(-1)!.lines++;
  }
  return sections;
}

/**
 * Says why a change log cannot be released as a version.
 *
 * @param text The change log.
 * @param version The version.
 * @param options `moved` where `Unreleased` must have become the version's section already.
 * @returns The reason in one line, `undefined` where there is none.
 */
export function changelogProblem(
  text: string,
  version: string,
  options: { readonly moved?: boolean } = {},
): string | undefined {
  const sections = parseChangelog(text);
  const own = sectionOf(sections, version);
  const unreleased = sections.find(({ title }) => UNRELEASED.test(title));
  const expected = (what: string, found: string) =>
    `${CHANGELOG}: expected ${what}, found ${found}`;
  if (unreleased === undefined) return expected('a section "## Unreleased"', "none");
  if (own === undefined) {
    if (options.moved) return expected(`a section "## ${version} - YYYY-MM-DD"`, "none");
    return unreleased.lines > 0 ? undefined : expected(
      `entries under "## Unreleased" or a section "## ${version} - YYYY-MM-DD"`,
      "neither",
    );
  }
  if (!isDate(own.title.replace(/^\S+ - /, ""))) {
    return expected(`"## ${version} - YYYY-MM-DD"`, `"## ${own.title}"`);
  }
  if (own.lines === 0) return expected(`entries under "## ${own.title}"`, "none");
  return unreleased.lines === 0 ? undefined : expected(
    `nothing under "## Unreleased" beside "## ${own.title}"`,
    unreleased.lines === 1 ? "1 line" : `${unreleased.lines} lines`,
  );
}

/**
 * Moves what is unreleased to a version. A log that has the version's section stays as it is.
 *
 * @param text A change log in which {@link changelogProblem} finds nothing.
 * @param version The version.
 * @param date The day of the release, `YYYY-MM-DD`.
 * @returns The new text; an empty section `Unreleased` stays at its head.
 *
 * @example
 * ```ts
 * import { cutRelease } from "./changelog.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   cutRelease("## Unreleased\n\n- New\n", "0.2.0", "2026-12-24"),
 *   "## Unreleased\n\n## 0.2.0 - 2026-12-24\n\n- New\n",
 * );
 * ```
 */
export function cutRelease(text: string, version: string, date: string): string {
  if (sectionOf(parseChangelog(text), version) !== undefined) return text;
  const lines = text.split("\n");
  const at = lines.findIndex((line) => UNRELEASED.test(HEADING.exec(line)?.[1] ?? ""));
  return lines.toSpliced(at + 1, 0, "", `## ${version} - ${date}`).join("\n");
}

function sectionOf(sections: readonly Section[], version: string): Section | undefined {
  return sections.find(({ title }) => title.split(" ")[0]?.replace(/^\[(.*)\]$/, "$1") === version);
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  // 30 February is read as 2 March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

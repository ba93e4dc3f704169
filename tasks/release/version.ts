/**
 * Where the workspace says its version: the `deno.json` of every package, texts that show one or
 * name a package as `jsr:@tdx/cli@0.1.0`, and the change log.
 *
 * @module
 */

/** Texts by their path. */
export type Files = ReadonlyMap<string, string>;

/** The change log, in the form of Keep a Changelog. */
export const CHANGELOG = "CHANGELOG.md";
/** What git calls the files that may say the version. */
export const VERSIONED: readonly string[] = ["*deno.json", "*.md", "*.yaml"];

const VERSION = /(?<="name":\s*"@tdx\/[\w-]+",\s*"version":\s*"|jsr:@tdx\/[\w-]+@)\d[\w.+-]*\w/g;
const PACKAGE = /^(packages|platforms)\/[^/]+\/deno\.json$/;

/**
 * The versions that files say, each with its file: the change log is left out, for what was true
 * once is history; a package that says none is in it with `none`.
 */
export function versionsIn(files: Files): { file: string; version: string }[] {
  return [...files].filter(([file]) => file !== CHANGELOG).flatMap(([file, text]) => {
    const versions: string[] = text.match(VERSION) ?? (PACKAGE.test(file) ? ["none"] : []);
    return versions.map((version) => ({ file, version }));
  });
}

/** Says which files have another version. */
export function differing(files: Files, expected: string): string[] {
  return versionsIn(files).filter(({ version }) => version !== expected)
    .map(({ file, version }) => `${file}: Expected version ${expected}, got ${version}`);
}

/** Says why files are not those of a released version. */
export function releaseProblems(files: Files, version: string): string[] {
  return [...differing(files, version), ...changelogProblem(files.get(CHANGELOG) ?? "", version)];
}

/** The files with the version in them; what was unreleased in the change log is that version's. */
export function withVersion(files: Files, version: string, date: string): Files {
  return new Map([...files].map(([file, text]) => [
    file,
    file === CHANGELOG ? cutRelease(text, version, date) : text.replace(VERSION, version),
  ]));
}

function cutRelease(log: string, version: string, date: string): string {
  const released = sections(log).some(({ title }) => title.split(" ")[0] === version);
  return released ? log : log.replace(/^## Unreleased *$/m, `$&\n\n## ${version} - ${date}`);
}

function changelogProblem(log: string, version: string): string[] {
  const dated = new RegExp(`^${RegExp.escape(version)} - \\d{4}-\\d\\d-\\d\\d$`);
  const unreleased = sections(log).find(({ title }) => title === "Unreleased");
  const own = sections(log).find(({ title }) => dated.test(title));
  const expected = (what: string) => [`${CHANGELOG}: Expected ${what}`];
  if (unreleased === undefined) return expected('a section "## Unreleased"');
  if (own === undefined) return expected(`a section "## ${version} - YYYY-MM-DD"`);
  if (!own.filled) return expected(`entries under "## ${own.title}"`);
  return unreleased.filled ? expected(`nothing under "## Unreleased" beside "${own.title}"`) : [];
}

/** The sections of a change log, and whether there is more in them than headings. */
export function sections(log: string): { title: string; filled: boolean }[] {
  return log.split(/^## /m).slice(1).map((section) => {
    const [title, ...lines] = section.split("\n").map((line) => line.trim());
    return { title: title!, filled: lines.some((line) => /^[^#]/.test(line)) };
  });
}

import { assertEquals } from "@std/assert";
import { ROOT } from "../../tests/run_deno.ts";
import { CHANGELOG, changelogProblem, cutRelease, parseChangelog } from "./changelog.ts";

const VERSION = "0.2.0";
const OLD = "## 0.1.0 - 2026-11-26\n\n- First\n";

// What stands above the oldest section, the reason not to release 0.2.0.
const REASONS: readonly [string, string | undefined][] = [
  ["## Unreleased\n\n- New\n\n", undefined],
  ["## [Unreleased]\n\n### Fixed\n\nA sentence.\n\n", undefined],
  ["## Unreleased\n\n## 0.2.0 - 2026-12-24\n\n- New\n\n", undefined],
  ["## Unreleased\n\n## [0.2.0] - 2028-02-29\n\n- New\n\n", undefined],
  ["", 'expected a section "## Unreleased", found none'],
  [
    "## Unreleased\n\n### Added\n\n",
    'expected entries under "## Unreleased" or a section "## 0.2.0 - YYYY-MM-DD", found neither',
  ],
  [
    "## Unreleased\n\n## 0.2.0-rc.1 - 2026-12-24\n\n- New\n\n",
    'expected entries under "## Unreleased" or a section "## 0.2.0 - YYYY-MM-DD", found neither',
  ],
  ["## Unreleased\n\n## 0.2.0\n\n- New\n\n", 'expected "## 0.2.0 - YYYY-MM-DD", found "## 0.2.0"'],
  [
    "## Unreleased\n\n## 0.2.0 - 2026-02-30\n\n- New\n\n",
    'expected "## 0.2.0 - YYYY-MM-DD", found "## 0.2.0 - 2026-02-30"',
  ],
  [
    "## Unreleased\n\n## 0.2.0 - 24 December\n\n- New\n\n",
    'expected "## 0.2.0 - YYYY-MM-DD", found "## 0.2.0 - 24 December"',
  ],
  [
    "## Unreleased\n\n## 0.2.0 - 2026-12-24\n\n### Added\n\n",
    'expected entries under "## 0.2.0 - 2026-12-24", found none',
  ],
  [
    "## Unreleased\n\n- Newer\n\n## 0.2.0 - 2026-12-24\n\n- New\n\n",
    'expected nothing under "## Unreleased" beside "## 0.2.0 - 2026-12-24", found 1 line',
  ],
];

for (const [head, reason] of REASONS) {
  Deno.test(`changelogProblem() of ${JSON.stringify(head)}: ${reason ?? "none"}`, () => {
    const expected = reason && `CHANGELOG.md: ${reason}`;
    assertEquals(changelogProblem(`# Changes\n\n${head}${OLD}`, VERSION), expected);
  });
}

Deno.test("changelogProblem() of what is tagged does not take Unreleased for the version", () => {
  assertEquals(
    changelogProblem(`## Unreleased\n\n- New\n\n${OLD}`, VERSION, { moved: true }),
    'CHANGELOG.md: expected a section "## 0.2.0 - YYYY-MM-DD", found none',
  );
  assertEquals(changelogProblem(`## Unreleased\n\n${OLD}`, "0.1.0", { moved: true }), undefined);
});

Deno.test("cutRelease() moves what is unreleased and keeps the rest to the byte", () => {
  const log = `# Changes\r\n\n## [Unreleased]  \n\n- New  \n\n${OLD}`;
  assertEquals(
    cutRelease(log, VERSION, "2026-12-24"),
    `# Changes\r\n\n## [Unreleased]  \n\n## 0.2.0 - 2026-12-24\n\n- New  \n\n${OLD}`,
  );
  assertEquals(cutRelease(log, "0.1.0", "2026-12-24"), log);
});

Deno.test("the change log here is dated, newest first, and no version is empty", async () => {
  const text = await Deno.readTextFile(ROOT + CHANGELOG);
  const [first, ...versions] = parseChangelog(text);
  assertEquals(first?.title, "Unreleased");
  const dates = versions.map(({ title }) => / - (\d{4}-\d\d-\d\d)$/.exec(title)?.[1] ?? title);
  assertEquals(dates, dates.toSorted().reverse());
  assertEquals(versions.filter(({ lines }) => lines === 0), []);
});

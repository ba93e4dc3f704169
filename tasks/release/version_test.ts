import { assertEquals } from "@std/assert";
import { ROOT } from "../workspace.ts";
import { CHANGELOG, releaseProblems, sections, versionsIn, withVersion } from "./version.ts";

const OLD = "## 0.1.0 - 2026-11-26\n\n- First\n";

// What stands above the oldest section, what is expected of it before 0.2.0 is released.
const LOGS: readonly [string, string | undefined][] = [
  ["## Unreleased\n\n- New\n\n", undefined],
  ["## Unreleased\n\n### Fixed\n\nA sentence.\n\n", undefined],
  ["## Unreleased\n\n## 0.2.0 - 2026-12-24\n\n- New\n\n", undefined],
  ["", 'a section "## Unreleased"'],
  ["## Unreleased\n\n### Added\n\n", 'entries under "## 0.2.0 - 2026-12-24"'],
  ["## Unreleased\n\n## 0.2.0\n\n- New\n\n", 'a section "## 0.2.0 - YYYY-MM-DD"'],
  [
    "## Unreleased\n\n## 0.2.0-rc.1 - 2026-12-24\n\n- New\n\n",
    'entries under "## 0.2.0 - 2026-12-24"',
  ],
  [
    "## Unreleased\n\n- Newer\n\n## 0.2.0 - 2026-12-24\n\n- New\n\n",
    'nothing under "## Unreleased" beside "0.2.0 - 2026-12-24"',
  ],
];

for (const [head, reason] of LOGS) {
  Deno.test(`a change log with ${JSON.stringify(head)}: ${reason ?? "may be released"}`, () => {
    const log = new Map([[CHANGELOG, `# Changes\n\n${head}${OLD}`]]);
    assertEquals(
      releaseProblems(withVersion(log, "0.2.0", "2026-12-24"), "0.2.0"),
      reason === undefined ? [] : [`${CHANGELOG}: Expected ${reason}`],
    );
  });
}

Deno.test("withVersion() changes the versions and nothing else", () => {
  const files = new Map([
    ["a.md", "jsr:@tdx/cli@0.1.0 jsr:@tdx/core@0.0.9. jsr:@tdx/seam@^0.1.0 jsr:@std/cli@1.0.0"],
    ["b.md", '"version": "1"\n{\n  "name": "@tdx/platform-xyz",\n  "version": "0.1.0",\n'],
    [CHANGELOG, `# Since jsr:@tdx/cli@0.1.0\r\n\n## Unreleased  \n\n- New  \n\n${OLD}`],
  ]);
  assertEquals(versionsIn(files).map(({ version }) => version), ["0.1.0", "0.0.9", "0.1.0"]);
  assertEquals([...withVersion(files, "0.2.0-rc.1", "2026-12-24").values()], [
    "jsr:@tdx/cli@0.2.0-rc.1 jsr:@tdx/core@0.2.0-rc.1. jsr:@tdx/seam@^0.1.0 jsr:@std/cli@1.0.0",
    '"version": "1"\n{\n  "name": "@tdx/platform-xyz",\n  "version": "0.2.0-rc.1",\n',
    "# Since jsr:@tdx/cli@0.1.0\r\n\n## Unreleased  \n\n" +
    `## 0.2.0-rc.1 - 2026-12-24\n\n- New  \n\n${OLD}`,
  ]);
});

Deno.test("the change log here is dated, newest first, and no version is empty", async () => {
  const [first, ...versions] = sections(await Deno.readTextFile(ROOT + CHANGELOG));
  assertEquals(first?.title, "Unreleased");
  const dates = versions.map(({ title }) => / - (\d{4}-\d\d-\d\d)$/.exec(title)?.[1] ?? title);
  assertEquals(dates, dates.toSorted().reverse());
  assertEquals(versions.filter(({ filled }) => !filled), []);
});

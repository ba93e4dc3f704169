// The release task as a process, in a small workspace that is made for it. The test needs to write:
// `deno task test:release`.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { run } from "../run.ts";
import { ROOT } from "../workspace.ts";
import { git } from "./git.ts";

const { state } = Deno.permissions.querySync({ name: "write" });
const MAY_RELEASE = state === "granted" &&
  await run("git", ["--version"]).then(({ code }) => code === 0, () => false);

const CONFIG = { workspace: ["packages/*"] };
const LOG = "# Changelog\n\n## Unreleased\n\n- Newer\n\n## 0.1.0 - 2026-11-26\n\n- New\n";
const PACKAGES = ["packages/a/deno.json", "packages/b/deno.json"];

/** What a developer's own settings must not decide. */
const OWN_GIT = [
  ["user.name", "Nobody"],
  ["user.email", "nobody@example.org"],
  ["commit.gpgSign", "false"],
  ["tag.gpgSign", "false"],
] as const;

/** A released workspace of two packages with something new in its change log. */
async function makeWorkspace(root: string): Promise<void> {
  await git(root, "init", "--quiet", "--initial-branch", "main");
  for (const [name, value] of OWN_GIT) await git(root, "config", name, value);
  await git(root, "config", "core.hooksPath", join(root, ".git/hooks"));
  await write(root, "deno.json", JSON.stringify(CONFIG));
  await executable(root, ".ci/run", "echo 3 passed, 0 failed");
  await write(root, "deno.lock", '{ "version": "5" }\n');
  await write(root, "CHANGELOG.md", LOG);
  await write(root, "examples/fleet.yaml", "run: jsr:@tdx/a@0.1.0\n");
  for (const file of PACKAGES) {
    const name = `@tdx/${file.split("/")[1]}`;
    await write(root, file, JSON.stringify({ name, version: "0.1.0", exports: "./mod.ts" }));
  }
  await commit(root);
  await git(root, "tag", "v0.1.0");
}

async function write(root: string, file: string, text: string): Promise<void> {
  const path = join(root, file);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

async function replace(root: string, file: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(join(root, file));
  assertStringIncludes(text, from);
  await write(root, file, text.replace(from, to));
  await commit(root);
}

async function commit(root: string): Promise<void> {
  await git(root, "add", "--all");
  await git(root, "commit", "--quiet", "--message", "Change");
}

/** What the release runs as the checks of the workspace. */
async function checks(root: string, script: string): Promise<void> {
  await executable(root, ".ci/run", script);
  await commit(root);
}

async function executable(root: string, file: string, script: string): Promise<void> {
  await write(root, file, `#!/bin/sh\n${script}\n`);
  await Deno.chmod(join(root, file), 0o755);
}

async function script(root: string, file: string, ...args: string[]) {
  const permissions = ["--allow-read", "--allow-write", "--allow-run"];
  const { code, stdout, stderr } = await run(
    Deno.execPath(),
    ["run", "--quiet", "--no-prompt", ...permissions]
      .concat("--config", join(ROOT, "deno.json"), join(ROOT, "tasks/release", file), ...args),
    { cwd: root, env: { NO_COLOR: "1" } },
  );
  return { code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}

/** All that a release could have touched. */
async function stateOf(root: string): Promise<string[]> {
  const commands = [["rev-parse", "HEAD"], ["status", "--porcelain"], ["diff", "HEAD"], ["tag"], [
    "worktree",
    "list",
  ]];
  return await Promise.all(commands.map((args) => git(root, ...args)));
}

function releaseTest(name: string, fn: (root: string) => Promise<void>): void {
  Deno.test({
    name: `${name} (needs git and --allow-write)`,
    ignore: !MAY_RELEASE,
    async fn() {
      const root = await Deno.makeTempDir();
      try {
        await makeWorkspace(root);
        await fn(root);
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}

interface Refusal {
  readonly name: string;
  /** Default `0.2.0`. */
  readonly args?: readonly string[];
  readonly arrange?: (root: string) => Promise<unknown>;
  readonly reason: string | RegExp;
}

const REFUSALS: readonly Refusal[] = [
  { name: "a call without a version", args: [], reason: "Expected one version, got" },
  {
    name: "two versions",
    args: ["0.2.0", "0.3.0"],
    reason: "Expected one version, got 0.2.0 0.3.0",
  },
  {
    name: "an unknown option",
    args: ["--dryrun", "0.2.0"],
    reason: "Expected --dry-run or a version, got --dryrun",
  },
  {
    name: "what is not a version",
    args: ["v0.2.0"],
    reason: "Expected a version such as 0.2.0, got v0.2.0",
  },
  {
    name: "a smaller version",
    args: ["0.1.0-rc.1"],
    reason: "Expected version 0.1.0 or above, got 0.1.0-rc.1",
  },
  {
    name: "a tag that exists",
    args: ["0.1.0"],
    reason: "Expected no tag v0.1.0 yet, got one",
  },
  {
    name: "packages that differ",
    arrange: (root) => replace(root, PACKAGES[1]!, "0.1.0", "0.1.1"),
    reason: "packages/b/deno.json: Expected version 0.1.0, got 0.1.1",
  },
  {
    name: "a package without a version",
    arrange: (root) => replace(root, PACKAGES[1]!, '"version"', '"v"'),
    reason: "packages/b/deno.json: Expected version 0.1.0, got none",
  },
  {
    name: "a text that names another version",
    arrange: (root) => replace(root, "examples/fleet.yaml", "0.1.0", "0.0.9"),
    reason: /^packages\/a\/deno\.json: Expected version 0\.0\.9, got 0\.1\.0\n/,
  },
  {
    name: "changes in the working tree",
    arrange: (root) => write(root, "new.txt", ""),
    reason: "Expected no changes in the working tree, got\n?? new.txt",
  },
  {
    name: "another branch",
    arrange: (root) => git(root, "switch", "--quiet", "--create", "topic"),
    reason: "Expected branch main, got topic",
  },
  {
    name: "an empty section in the change log",
    arrange: (root) => replace(root, "CHANGELOG.md", "- Newer\n\n", ""),
    reason: /^CHANGELOG\.md: Expected entries under "## 0\.2\.0 - /,
  },
  {
    name: "checks that fail for the new version only",
    arrange: (root) => checks(root, "grep -q 0.1.0 packages/a/deno.json"),
    reason: "Expected .ci/run to pass, got status 1",
  },
  {
    name: "checks that are interrupted",
    arrange: (root) => checks(root, "kill -INT $PPID $$"),
    reason: "Expected .ci/run to pass, got status 130",
  },
  {
    name: "checks that change a file",
    arrange: (root) => checks(root, "echo >> deno.lock"),
    reason: "Expected .ci/run to change nothing, got\n M deno.lock",
  },
  {
    name: "what git refuses to commit",
    arrange: (root) => executable(root, ".git/hooks/pre-commit", "echo not today >&2; exit 1"),
    reason: /not today/,
  },
  {
    name: "what git refuses to tag",
    arrange: async (root) => {
      await git(root, "config", "tag.gpgSign", "true");
      await git(root, "config", "gpg.program", "false");
    },
    reason: /gpg failed to sign/,
  },
];

for (const { name, args = ["0.2.0"], arrange, reason } of REFUSALS) {
  releaseTest(`release refuses ${name}, and changes nothing`, async (root) => {
    await arrange?.(root);
    const before = await stateOf(root);
    const { code, stderr } = await script(root, "main.ts", ...args);
    const said = stderr.replace(/^release: /, "");
    if (typeof reason === "string") assertEquals(said, reason);
    else assertMatch(said, reason);
    assertEquals([code, await stateOf(root)], [1, before]);
  });
}

releaseTest("release says all that is wrong at once", async (root) => {
  await git(root, "switch", "--quiet", "--create", "topic");
  await write(root, "new.txt", "");
  const { stderr } = await script(root, "main.ts", "0.1.0");
  assertEquals(
    stderr,
    [
      "Expected no tag v0.1.0 yet, got one",
      "Expected branch main, got topic",
      "Expected no changes in the working tree, got\n?? new.txt",
    ].map((problem) => `release: ${problem}`).join("\n"),
  );
});

releaseTest("release refuses where somebody committed while the checks ran", async (root) => {
  await checks(root, `cd ${root}; echo late > late.txt; git add .; git commit -qm Late`);
  const { code, stderr } = await script(root, "main.ts", "0.2.0");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Not possible to fast-forward");
  assertEquals(await git(root, "log", "--format=%s"), "Late\nChange\nChange");
  assertEquals(await git(root, "tag"), "v0.1.0");
});

releaseTest(
  "release sets the version everywhere, moves the log, commits and tags",
  async (root) => {
    const dry = await script(root, "main.ts", "--dry-run", "0.2.0");
    assertEquals(dry, {
      code: 0,
      stdout: "3 passed, 0 failed\n0.2.0 can be released",
      stderr: "",
    });
    assertEquals(await git(root, "log", "--format=%s"), "Change");

    const { code, stdout, stderr } = await script(root, "main.ts", "0.2.0");
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      stdout,
      "3 passed, 0 failed\nReleased 0.2.0\n" +
        "To publish it: git push --atomic origin main v0.2.0",
    );
    for (const file of PACKAGES) {
      assertEquals(JSON.parse(await Deno.readTextFile(join(root, file))).version, "0.2.0");
    }
    const example = await Deno.readTextFile(join(root, "examples/fleet.yaml"));
    assertEquals(example, "run: jsr:@tdx/a@0.2.0\n");
    const log = await Deno.readTextFile(join(root, "CHANGELOG.md"));
    assertMatch(log, /^# Changelog\n\n## Unreleased\n\n## 0\.2\.0 - \d{4}-\d\d-\d\d\n\n- Newer\n/);
    assertEquals(await git(root, "status", "--porcelain"), "");
    assertEquals(await git(root, "log", "--format=%s"), "Release 0.2.0\nChange");
    assertEquals(await git(root, "describe", "--exact-match"), "v0.2.0");
    assertEquals((await script(root, "tag.ts", "v0.2.0")).stdout, "v0.2.0 is what the files say");
  },
);

releaseTest("release tags the present commit where the files say it all already", async (root) => {
  await git(root, "tag", "--delete", "v0.1.0");
  await replace(root, "CHANGELOG.md", "- Newer\n\n", "");
  const head = await git(root, "rev-parse", "HEAD");
  assertEquals((await script(root, "main.ts", "0.1.0")).code, 0);
  assertEquals(await git(root, "rev-parse", "HEAD", "v0.1.0^{commit}"), `${head}\n${head}`);
});

releaseTest("release:tag refuses a tag that is not what the files say", async (root) => {
  for (
    const [tag, ...reasons] of [
      ["0.1.0", "Expected a tag such as v0.2.0, got 0.1.0"],
      [
        "v0.1.0",
        'CHANGELOG.md: Expected nothing under "## Unreleased" beside "0.1.0 - 2026-11-26"',
      ],
      [
        "v0.2.0",
        "examples/fleet.yaml: Expected version 0.2.0, got 0.1.0",
        "packages/a/deno.json: Expected version 0.2.0, got 0.1.0",
        "packages/b/deno.json: Expected version 0.2.0, got 0.1.0",
        'CHANGELOG.md: Expected a section "## 0.2.0 - YYYY-MM-DD"',
      ],
    ]
  ) {
    const { code, stderr } = await script(root, "tag.ts", tag!);
    assertEquals([code, stderr], [1, reasons.map((reason) => `release: ${reason}`).join("\n")]);
  }
});

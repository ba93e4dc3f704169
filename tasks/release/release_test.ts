// The release task as a process, in a small workspace that is made for it. The test needs to write:
// `deno task test:release`.
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../../tests/run_deno.ts";
import { git, run } from "./run.ts";

const { state } = Deno.permissions.querySync({ name: "write" });
const MAY_RELEASE = state === "granted" && await run(ROOT, "git", ["--version"]).then(
  ({ success }) => success,
  () => false,
);

const CONFIG = { workspace: ["packages/*"] };
const LOG = "# Changelog\n\n## Unreleased\n\n- Newer\n\n## 0.1.0 - 2026-11-26\n\n- New\n";
const PACKAGES = ["packages/a/deno.json", "packages/b/deno.json"];

/** What a developer's own settings must not decide. */
const OWN_GIT = [
  ["user.name", "Nobody"],
  ["user.email", "nobody@example.org"],
  ["commit.gpgSign", "false"],
  ["tag.gpgSign", "false"],
  ["core.hooksPath", ".git/hooks"],
] as const;

/** A released workspace of two packages with something new in its change log. */
async function makeWorkspace(root: string): Promise<void> {
  await git(root, "init", "--quiet", "--initial-branch", "main");
  for (const [name, value] of OWN_GIT) await git(root, "config", name, value);
  await write(root, "deno.json", JSON.stringify(CONFIG));
  await checks(root, "echo 3 passed, 0 failed");
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
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text);
}

async function replace(root: string, file: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(join(root, file));
  if (!text.includes(from)) throw new Error(`Expected ${from} in ${file}, got ${text}`);
  await Deno.writeTextFile(join(root, file), text.replace(from, to));
  await commit(root);
}

async function commit(root: string): Promise<void> {
  await git(root, "add", "--all");
  await git(root, "commit", "--quiet", "--message", "Change");
}

/** What the release runs as the checks of the workspace. */
async function checks(root: string, script: string): Promise<void> {
  await executable(root, ".ci/run", script);
}

async function hook(root: string, name: string, script: string): Promise<void> {
  await executable(root, `.git/hooks/${name}`, script);
}

async function executable(root: string, file: string, script: string): Promise<void> {
  await write(root, file, `#!/bin/sh\n${script}\n`);
  await Deno.chmod(join(root, file), 0o755);
}

async function script(root: string, file: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-run"]
      .concat("--config", join(ROOT, "deno.json"), join(ROOT, "tasks/release", file), ...args),
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  // What deno task says of itself is none of ours.
  const said = error!.split("\n").filter((line) => line !== "" && !line.startsWith("Task "));
  return { code, stdout: out!.trimEnd().split("\n"), stderr: said };
}

/** All that a release could have touched. */
async function stateOf(root: string): Promise<string[]> {
  const commands = [["rev-parse", "HEAD"], ["status", "--porcelain"], ["diff", "HEAD"], ["tag"]];
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
  /** Default 0.2.0. */
  readonly version?: string;
  readonly arrange?: (root: string) => Promise<unknown>;
  readonly reasons: readonly string[];
}

const REFUSALS: readonly Refusal[] = [
  {
    name: "no semantic version",
    version: "0.2",
    reasons: ["version: expected a semantic version such as 0.2.0, found 0.2"],
  },
  {
    name: "a smaller version",
    version: "0.0.9",
    reasons: ["version: expected 0.1.0 or a greater one, found 0.0.9"],
  },
  {
    name: "packages that differ",
    arrange: (root) => replace(root, PACKAGES[1]!, "0.1.0", "0.1.1"),
    reasons: ["packages/b/deno.json: expected version 0.1.0, found 0.1.1"],
  },
  {
    name: "a text that names another version",
    arrange: (root) => replace(root, "examples/fleet.yaml", "0.1.0", "0.0.9"),
    reasons: ["examples/fleet.yaml: expected version 0.1.0, found 0.0.9"],
  },
  {
    name: "no change log",
    arrange: async (root) => {
      await Deno.remove(join(root, "CHANGELOG.md"));
      await commit(root);
    },
    reasons: ['CHANGELOG.md: expected a section "## Unreleased", found none'],
  },
  {
    name: "nothing in the change log",
    arrange: (root) => replace(root, "CHANGELOG.md", "- Newer\n\n", ""),
    reasons: [
      'CHANGELOG.md: expected entries under "## Unreleased" or a section ' +
      '"## 0.2.0 - YYYY-MM-DD", found neither',
    ],
  },
  {
    name: "a section without a date",
    arrange: (root) => replace(root, "CHANGELOG.md", "- Newer", "## 0.2.0\n\n- Newer"),
    reasons: ['CHANGELOG.md: expected "## 0.2.0 - YYYY-MM-DD", found "## 0.2.0"'],
  },
  {
    name: "an empty section",
    arrange: (root) => replace(root, "CHANGELOG.md", "- Newer", "## 0.2.0 - 2026-12-24"),
    reasons: ['CHANGELOG.md: expected entries under "## 0.2.0 - 2026-12-24", found none'],
  },
  {
    name: "changes in the working tree",
    arrange: (root) => write(root, "new.txt", ""),
    reasons: ["working tree: expected no changes, found 1: ?? new.txt"],
  },
  {
    name: "another branch",
    arrange: (root) => git(root, "switch", "--quiet", "--create", "topic"),
    reasons: ["branch: expected main, found topic"],
  },
  {
    name: "no branch",
    arrange: (root) => git(root, "switch", "--quiet", "--detach"),
    reasons: ["branch: expected main, found a detached HEAD"],
  },
  {
    name: "a lock file that is out of date",
    arrange: (root) =>
      replace(root, "deno.lock", "}", ', "workspace": { "dependencies": ["npm:yaml@2"] } }'),
    reasons: ["deno.lock: expected what `deno install` writes, found other contents"],
  },
  {
    name: "all of them at once, a line for each",
    version: "v0.2.0",
    arrange: async (root) => {
      await replace(root, PACKAGES[0]!, "0.1.0", "0.1.1");
      await git(root, "switch", "--quiet", "--create", "topic");
      for (const name of ["a", "b", "c", "d"]) await write(root, `${name}.txt`, "");
    },
    reasons: [
      "version: expected a semantic version such as 0.2.0, found v0.2.0",
      "packages/b/deno.json: expected version 0.1.1, found 0.1.0",
      "examples/fleet.yaml: expected version 0.1.1, found 0.1.0",
      "branch: expected main, found topic",
      "working tree: expected no changes, found 4: ?? a.txt, ?? b.txt, ?? c.txt, …",
    ],
  },
  {
    name: "checks that fail",
    arrange: async (root) => {
      await checks(root, "exit 3");
      await commit(root);
    },
    reasons: [".ci/run: expected status 0, found 3"],
  },
  {
    name: "checks that fail only for the new version",
    arrange: async (root) => {
      await checks(root, "grep -q 0.1.0 packages/a/deno.json && ! grep -q 0.2.0 CHANGELOG.md");
      await commit(root);
    },
    reasons: [".ci/run: expected status 0, found 1"],
  },
  {
    name: "checks that are interrupted",
    arrange: async (root) => {
      await checks(root, "kill -INT $PPID $$");
      await commit(root);
    },
    reasons: [".ci/run: expected status 0, found 130"],
  },
];

for (const { name, version = "0.2.0", arrange, reasons } of REFUSALS) {
  releaseTest(`release refuses ${name}, and changes nothing`, async (root) => {
    await arrange?.(root);
    const before = await stateOf(root);
    const { code, stderr } = await script(root, "main.ts", version);
    assertEquals(stderr, reasons.map((reason) => `release: ${reason}`));
    assertEquals([code, await stateOf(root)], [1, before]);
  });
}

releaseTest("release refuses a tag that exists", async (root) => {
  const commit = await git(root, "rev-parse", "--short", "HEAD");
  await replace(root, "CHANGELOG.md", "- Newer\n\n", "");
  const { code, stderr } = await script(root, "main.ts", "0.1.0");
  const reason = `release: tag: expected none named v0.1.0, found it at ${commit}`;
  assertEquals([code, stderr], [1, [reason]]);
});

releaseTest("release refuses what was changed while the checks ran, and keeps it", async (root) => {
  await checks(root, "echo late > late.txt; echo late >> CHANGELOG.md");
  await commit(root);
  const { code, stderr } = await script(root, "main.ts", "0.2.0");
  const reason = "working tree: expected no changes, found 2: M CHANGELOG.md, ?? late.txt";
  assertEquals([code, stderr], [1, [`release: ${reason}`]]);
  assertEquals(
    await git(root, "status", "--porcelain"),
    " M CHANGELOG.md\n?? late.txt",
  );
});

releaseTest("release refuses where somebody committed while the checks ran", async (root) => {
  await checks(root, "echo late > late.txt; git add late.txt; git commit -qm Late late.txt");
  await commit(root);
  const head = await git(root, "rev-parse", "HEAD");
  const { code, stderr } = await script(root, "main.ts", "0.2.0");
  const late = await git(root, "rev-parse", "HEAD");
  assertEquals([code, stderr], [1, [`release: HEAD: expected ${head}, found ${late}`]]);
  assertEquals(await git(root, "log", "--format=%s"), "Late\nChange\nChange");
  assertEquals(await git(root, "status", "--porcelain"), "");
});

releaseTest("release refuses a folder that git does not know", async (root) => {
  await Deno.remove(join(root, ".git"), { recursive: true });
  const { code, stderr } = await script(root, "main.ts", "0.2.0");
  assertEquals(code, 1);
  assertMatch(stderr.join("\n"), /^release: git tag failed: fatal: not a git repository.*$/);
});

for (const args of [[], ["0.2.0", "0.3.0"], ["--dryrun", "0.2.0"]]) {
  releaseTest(`release refuses the arguments "${args.join(" ")}"`, async (root) => {
    const { code, stderr } = await script(root, "main.ts", ...args);
    const got = args.join(" ") || "nothing";
    assertEquals([code, stderr], [1, [
      `release: Expected deno task release [--dry-run] VERSION, got ${got}`,
    ]]);
  });
}

// Where the release breaks, how that is arranged, what git says.
const BREAKS: readonly [string, (root: string) => Promise<unknown>, RegExp][] = [
  [
    "git refuses the commit",
    (root) => hook(root, "pre-commit", "echo not today >&2; exit 1"),
    /^release: git commit failed: not today$/,
  ],
  [
    "git refuses the tag, after the commit",
    async (root) => {
      await git(root, "config", "tag.gpgSign", "true");
      await git(root, "config", "gpg.program", "false");
    },
    /^release: git tag failed: .*gpg failed to sign/,
  ],
  [
    "it is interrupted",
    // The parent of the hook's parent, git.
    (root) => hook(root, "pre-commit", "kill -INT $(cut -d' ' -f4 /proc/$PPID/stat); exit 1"),
    /^release: git commit failed: status 1$/,
  ],
];

for (const [name, arrange, said] of BREAKS) {
  releaseTest(`release undoes what it did where ${name}`, async (root) => {
    await arrange(root);
    const before = await stateOf(root);
    const { code, stderr } = await script(root, "main.ts", "0.2.0");
    assertMatch(stderr.join("\n"), said);
    assertEquals([code, await stateOf(root)], [1, before]);
  });
}

releaseTest(
  "release sets the version everywhere, moves the log, commits and tags",
  async (root) => {
    const { code, stdout, stderr } = await script(root, "main.ts", "0.2.0");
    assertEquals([code, stderr], [0, []]);
    assertEquals(stdout, [
      "3 passed, 0 failed",
      `Released 0.2.0. Changed: ${PACKAGES.join(", ")}, examples/fleet.yaml, CHANGELOG.md`,
      "To publish it: git push --atomic origin main v0.2.0",
    ]);
    for (const file of PACKAGES) {
      assertEquals(JSON.parse(await Deno.readTextFile(join(root, file))).version, "0.2.0");
    }
    assertEquals(
      await Deno.readTextFile(join(root, "examples/fleet.yaml")),
      "run: jsr:@tdx/a@0.2.0\n",
    );
    const log = await Deno.readTextFile(join(root, "CHANGELOG.md"));
    assertMatch(log, /^# Changelog\n\n## Unreleased\n\n## 0\.2\.0 - \d{4}-\d\d-\d\d\n\n- Newer\n/);

    assertEquals(await git(root, "status", "--porcelain"), "");
    assertEquals(await git(root, "log", "--format=%s"), "Release 0.2.0\nChange");
    assertEquals(await git(root, "describe", "--exact-match"), "v0.2.0");

    assertEquals(await script(root, "tag.ts", "v0.2.0"), {
      code: 0,
      stdout: ["v0.2.0 is what the files say"],
      stderr: [],
    });
  },
);

releaseTest("release --dry-run checks and changes nothing", async (root) => {
  const before = await stateOf(root);
  const { code, stdout } = await script(root, "main.ts", "--dry-run", "0.2.0");
  assertEquals([code, await stateOf(root)], [0, before]);
  assertMatch(stdout.at(-1)!, /^0\.2\.0 can be released\. To change: packages\/a\/deno\.json, /);
});

releaseTest("release tags the present commit where the files say it all already", async (root) => {
  await git(root, "tag", "--delete", "v0.1.0");
  await replace(root, "CHANGELOG.md", "- Newer\n\n", "");
  const head = await git(root, "rev-parse", "HEAD");
  const { code, stdout } = await script(root, "main.ts", "0.1.0");
  assertEquals(code, 0);
  assertEquals(stdout[1], "Released 0.1.0. Changed: nothing, the files say it already");
  assertEquals(await git(root, "rev-parse", "HEAD", "v0.1.0^{commit}"), `${head}\n${head}`);
});

releaseTest("release:tag refuses a tag that is not what the files say", async (root) => {
  const refusals: [string[], string[]][] = [
    [[], ["Expected deno task release:tag TAG, got nothing"]],
    [["0.1.0"], ["tag: expected v and a semantic version such as v0.2.0, found 0.1.0"]],
    [["v0.1.0"], [
      'CHANGELOG.md: expected nothing under "## Unreleased" beside "## 0.1.0 - 2026-11-26", ' +
      "found 1 line",
    ]],
    [["v0.2.0"], [
      "packages/a/deno.json: expected version 0.2.0, found 0.1.0",
      "packages/b/deno.json: expected version 0.2.0, found 0.1.0",
      "examples/fleet.yaml: expected version 0.2.0, found 0.1.0",
      'CHANGELOG.md: expected a section "## 0.2.0 - YYYY-MM-DD", found none',
    ]],
  ];
  for (const [args, reasons] of refusals) {
    const { code, stderr } = await script(root, "tag.ts", ...args);
    assertEquals([code, stderr], [1, reasons.map((reason) => `release: ${reason}`)]);
  }
});

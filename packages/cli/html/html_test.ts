// The reports as a process writes them, with the permission to write that file and no other.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import CONFIG from "../deno.json" with { type: "json" };
import { refused, tdx, testData } from "../fixtures_test.ts";
import { PLATFORMS } from "../platforms.ts";

const MAIN = `${import.meta.dirname}/../main.ts`;
const SCENARIO = `${import.meta.dirname}/../../litmus/scenarios/dma-partial.tdx`;

/** What came of a process. */
interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tdx` with the permissions named. */
async function run(permissions: readonly string[], ...args: string[]): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, MAIN, ...args],
    stdin: "null",
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { status: code, stdout: out!, stderr: error! };
}

/** Runs a test with a folder to write to. The tests may run programs but not write. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const { stdout } = await new Deno.Command("mktemp", { args: ["-d"] }).output();
  const folder = new TextDecoder().decode(stdout).trim();
  try {
    await test(folder);
  } finally {
    await new Deno.Command("rm", { args: ["-r", folder] }).output();
  }
}

const NEVER = ["teardown", "--platform", "spr", "--memory", "4MiB", "--policy", "never"];

Deno.test("tdx teardown --html writes the report besides the answer, and keeps the status", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/it's <script>alert(1)<script>.html`;
    const done = await run([`--allow-write=${file}`], ...NEVER, "--json", "--html", file);
    assertEquals([done.status, done.stderr], [2, ""]);
    const [answer] = JSON.parse(done.stdout).runs;
    assertEquals(answer.retiredPages, 1024);
    const html = await Deno.readTextFile(file);
    assertStringIncludes(html, "The host met 1,024 machine checks");
    assertStringIncludes(html, `tdx ${CONFIG.version}<`);
    // The command line, escaped; the one script is the page's own.
    const quoted = `'${folder}/it'\\''s &lt;script>alert(1)&lt;script>.html'`;
    assertStringIncludes(html, `tdx ${NEVER.join(" ")} --json --html ${quoted}`);
    assertEquals(html.match(/<script/g)?.length, 1);
    assertMatch(html, new RegExp(`<time dateTime="${new Date().getFullYear()}-`, "i"));
  });
});

Deno.test("tdx teardown --html compares every platform and policy", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.html`;
    const { status, stdout } = await run(["--allow-write"], ...NEVER, "--html", file);
    assertEquals(status, 2);
    assertStringIncludes(stdout, "machine checks 1,024, retired pages 1,024");
    const html = await Deno.readTextFile(file);
    // Platforms that behave alike share a row.
    for (const erratum of [true, false]) {
      const alike = PLATFORMS.filter(({ bugs }) => bugs.includes("tdx_pw_mce") === erratum);
      assertStringIncludes(html, alike.map(({ name }) => name).join(", "));
    }
  });
});

Deno.test("tdx check --html writes the table, for the part that was asked for", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/c.html`;
    const args = ["check", "--platform", "spr", "--mode", "Li", "--html", file];
    const { status, stdout } = await run([`--allow-write=${file}`], ...args);
    assertEquals(status, 0);
    const [, questions] = /^([0-9]+) questions, 0 not as expected/m.exec(stdout)!;
    const html = await Deno.readTextFile(file);
    assertStringIncludes(html, `${questions} questions`);
    assertStringIncludes(html, "spr (Li never): partial write [W5], load [R0]");
    assert(!html.includes("emr"));
  });
});

Deno.test("tdx check FILE --html writes what the scenarios showed, with status 2 too", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/s.html`;
    const permissions = ["--allow-read", "--allow-write"];
    const fine = await run(permissions, "check", SCENARIO, "--html", file, "--json");
    const runs = PLATFORMS.length * ["Li", "Ci"].length;
    assertEquals([fine.status, JSON.parse(fine.stdout).results.length], [0, runs]);
    assertStringIncludes(await Deno.readTextFile(file), "Scenario dma-partial");
    const wrong = await run(permissions, "check", testData("wrong.tdx"), "--html", file);
    assertEquals(wrong.status, 2);
    assertStringIncludes(await Deno.readTextFile(file), "not as expected");
  });
});

Deno.test("tdx --html that cannot be written is one line on standard error, status 1, no answer", async () => {
  const check = ["check", "--platform", "spr", "--mode", "Li", "--html"];
  const denied = await run([], ...check, "x.html");
  assertEquals(denied, {
    status: 1,
    stdout: "",
    stderr: "tdx: Writing x.html needs --allow-write=x.html\n",
  });
  await withFolder(async (folder) => {
    const missing = await run(["--allow-write"], ...check, `${folder}/none/x.html`);
    assertEquals([missing.status, missing.stdout], [1, ""]);
    assertStringIncludes(
      missing.stderr,
      `tdx: Expected a file that can be written, got ${folder}/none/x.html: `,
    );
  });
});

// Arguments, and what the one line says.
const WRONG: readonly (readonly [readonly string[], string])[] = [
  [["check", "--html", "-"], "Expected --html with a file, got -: standard output has the answer"],
  [["teardown", "--platform", "spr", "--html", "-"], "Expected --html with a file, got -"],
  [["check", "--html"], "Expected --html FILE, got no value"],
  ...["--claims", "--diff", "--promela"].map((other) =>
    [
      ["check", other, "--html", "x.html"],
      `Expected --html with the table or with scenario files, got it with ${other}`,
    ] as const
  ),
  [["check", "--dot", "g.dot", "--html", "x.html"], "got it with --dot"],
  [["decide", "--html", "x.html"], "got --html"],
];

for (const [args, message] of WRONG) {
  Deno.test(`tdx ${args.join(" ")} is refused in words`, async () => {
    assertStringIncludes(await refused(...args), message);
  });
}

Deno.test("tdx teardown --help and tdx check --help name --html", async () => {
  for (const command of ["teardown", "check"]) {
    assertStringIncludes((await tdx(command, "--help")).text, "--html FILE");
  }
});

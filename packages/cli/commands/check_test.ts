import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { refused, tdx, tdxJson, testData } from "../fixtures_test.ts";
import { PLATFORMS } from "../platforms.ts";

const SCENARIO = `${import.meta.dirname}/../../litmus/scenarios/partial-converts.tdx`;

Deno.test("tdx check finds the whole verdict table as expected, and says the shortest ways", async () => {
  const { status, text } = await tdx("check");
  assertEquals(status, 0);
  // 33 questions a platform.
  assertStringIncludes(text, `${33 * PLATFORMS.length} questions, 0 not as expected`);
  assertStringIncludes(text, "partial write (W5), load (R0)");
  assertStringIncludes(text, "load (C6)");
  const consumed =
    "\nconsumed: by the TD, on a machine with SEAM_NR, so that the page is retired\n";
  assertStringIncludes(text, consumed);
  assert(!(await tdx("check", "--left-poison", "none")).text.includes(consumed));
});

Deno.test("tdx check --json has a result for each question, with its witness", async () => {
  const { status, answer } = await tdxJson("check", "--platform", "spr", "--mode", "Ci");
  assertEquals(status, 0);
  const never = answer.results.find((r: { name: string }) => r.name === "spr Ci keyid0 never");
  assertEquals([never.observation, never.expected, never.ok], ["Sometimes", "Sometimes", true]);
  assert(never.states > 0 && never.transitions > 0 && never.depth > 0);
  assertEquals(
    never.witness.map(({ op, keyId, rule }: Record<string, unknown>) => [op, keyId, rule]),
    [
      ["partial write", 0, "W5"],
      ["load", 0, "R0"],
    ],
  );
});

Deno.test("tdx check --host-keys and --left-poison leave that part of the verdict table", async () => {
  const names = async (...args: string[]) => {
    const { status, answer } = await tdxJson("check", "--platform", "spr", "--mode", "Ci", ...args);
    assertEquals(status, 0);
    return answer.results.map(({ name }: { name: string }) => name);
  };
  assertEquals(await names("--host-keys", "shared"), [
    "spr Ci shared always",
    "spr Ci shared quirk",
    "spr Ci shared never",
  ]);
  assertEquals(await names("--left-poison", "unconsumed", "--policy", "quirk"), [
    "spr Ci keyid0 quirk unconsumed",
  ]);
  assertEquals((await names("--host-keys", "keyid0", "--left-poison", "none")).length, 3);
});

Deno.test("tdx check --trace shows numbered steps with rules and line states", async () => {
  const { text } = await tdx(
    "check",
    "--platform",
    "spr",
    "--mode",
    "Li",
    "--policy",
    "never",
    "--trace",
  );
  assertMatch(
    text,
    / 2\. host: partial write host, line X, KeyID 0 {2}\[W5\]\n {5}memory poisoned/,
  );
});

Deno.test("tdx check FILE reports as herd7 does", async () => {
  const { status, text } = await tdx(
    "check",
    SCENARIO,
    "--platform",
    "gnr",
    "--mode",
    "Ci",
    "--trace",
  );
  assertEquals(status, 0);
  assertStringIncludes(text, "Test partial-converts Allowed");
  assertStringIncludes(text, "Observation partial-converts Always");
  assertMatch(text, /Hash=[0-9a-f]{16}/);
  assertStringIncludes(text, "1 runs, 0 not as expected");
});

Deno.test("tdx check FILE exits 2 where an expectation fails", async () => {
  const { status, text } = await tdx("check", testData("wrong.tdx"));
  assertEquals(status, 2);
  assertStringIncludes(text, "(expected Always)");
});

Deno.test("tdx check exits 3 at the limit on states, without an answer", async () => {
  const { status, text, notes } = await tdx("check", SCENARIO, "--limit", "2");
  assertEquals([status, text], [3, ""]);
  assertStringIncludes(notes.join(), "Expected at most 2 states, got more");
});

Deno.test("tdx check --diff shows the step at which two platforms part", async () => {
  const { status, text } = await tdx("check", "--diff", "spr", "gnr", "--mode", "Li");
  assertEquals(status, 0);
  assertMatch(text, /on spr:\n.*partial write.*\[W5\]/);
  assertMatch(text, /on gnr:\n.*partial write.*\[L4 W4\]/);
});

Deno.test("tdx check --claims has a verdict for each claim", async () => {
  const { status, answer } = await tdxJson("check", "--claims");
  assertEquals(status, 0);
  assertEquals(answer.claims.map(({ id }: { id: string }) => id).join(""), "abcdefghijklmn");
});

Deno.test("tdx check --promela and --dot write the one chosen problem", async () => {
  const one = ["--platform", "spr", "--mode", "Ci", "--policy", "never"];
  assertStringIncludes((await tdx("check", "--promela", ...one)).text, "proctype");
  assertStringIncludes((await tdx("check", "--dot", "-", ...one)).text, "digraph");
  const other = [...one, "--host-keys", "shared"];
  assertStringIncludes((await tdx("check", "--promela", ...other)).text, "spr Ci shared never");
});

// Arguments, and what the one line on standard error says.
const WRONG: readonly (readonly [readonly string[], string])[] = [
  [["--promela"], "Expected one problem, got "],
  [["--claims", "--diff"], "Expected one of --claims --diff --promela --dot"],
  [["--diff", "spr"], "Expected two platforms after --diff, got spr"],
  [["--diff", "spr", "gnx"], "did you mean gnr?"],
  [["--mode", "Xi"], "Expected --mode to be one of Li, Ci, got Xi"],
  [["--host-keys", "share"], "shared-integrity, keyid0+integrity, got share; did you mean shared?"],
  [
    ["--left-poison", "some"],
    "Expected --left-poison to be one of none, unconsumed, consumed, got",
  ],
  [
    ["--host-keys", "shared", "--left-poison", "consumed"],
    "Expected options that leave a question",
  ],
  [
    ["--host-keys", "shared", "--claims"],
    "Expected --host-keys with the verdict table, --promela or --dot, got it with --claims",
  ],
  [
    ["--left-poison", "none", "--diff", "spr", "gnr"],
    "Expected --left-poison with the verdict table, --promela or --dot, got it with --diff",
  ],
  [
    ["--host-keys", "shared", SCENARIO],
    "--promela or --dot, got it with a scenario file, which says its own",
  ],
  [
    ["--promela", "--left-poison", "none", SCENARIO],
    "--promela or --dot, got it with a scenario file, which says its own",
  ],
  [
    ["--claims", "--platform", "spr"],
    "Expected --platform with the table or with scenario files, got it with --claims",
  ],
  [
    ["--diff", "spr", "gnr", "--trace"],
    "Expected --trace with the table or with scenario files, got it with --diff",
  ],
  [
    ["--promela", "--json"],
    "Expected --json with the table or with scenario files, got it with --promela",
  ],
  [
    ["--dot", "-", "--html", "x.html"],
    "Expected --html with the table or with scenario files, got it with --dot",
  ],
  [["--limit", "many"], "Expected --limit as a whole number of states from 1, got many"],
  [["no-such-file.tdx"], "no such file"],
  [[testData("broken.tdx")], "broken.tdx:5:2: Expected an operation"],
];

for (const [args, message] of WRONG) {
  Deno.test(`tdx check ${args.map((arg) => arg.split("/").at(-1)).join(" ")} is refused in words`, async () => {
    assertStringIncludes(await refused("check", ...args), message);
  });
}

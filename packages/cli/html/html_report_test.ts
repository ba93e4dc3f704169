import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { UsageError } from "../shell/values.ts";
import CONFIG from "../deno.json" with { type: "json" };
import { CaughtStdio, refused, tdx, tdxOn, testData } from "../fixtures_test.ts";
import { PLATFORMS } from "../platforms.ts";
import { shellLine } from "./html_report.ts";

const SCENARIO = `${import.meta.dirname}/../../litmus/scenarios/dma-partial.tdx`;
const NEVER = ["teardown", "--platform", "spr", "--memory", "4MiB", "--policy", "never"];

/** Runs `tdx`; its answer, and the one file that it wrote after that. */
async function withReport(...args: string[]) {
  const stdio = new CaughtStdio();
  const answer = await tdxOn(stdio, ...args);
  assertEquals([answer.notes, stdio.files.size], [[], 1]);
  assertEquals([stdio.printed.length, stdio.printedBefore], [1, 1]);
  return { ...answer, html: [...stdio.files.values()][0]! };
}

Deno.test("tdx teardown --html writes the report after the answer, and keeps the status", async () => {
  const file = "out/it's <script>alert(1)<script>.html";
  const { status, text, html } = await withReport(...NEVER, "--json", "--html", file);
  assertEquals(status, 2);
  assertEquals(JSON.parse(text).runs[0].retiredPages, 1024);
  assertStringIncludes(html, "The host met 1,024 machine checks");
  assertStringIncludes(html, `tdx ${CONFIG.version}<`);
  // The command line, escaped; the one script is the page's own.
  const quoted = `'out/it'\\''s &lt;script>alert(1)&lt;script>.html'`;
  assertStringIncludes(html, `tdx ${NEVER.join(" ")} --json --html ${quoted}`);
  assertEquals(html.match(/<script/g)?.length, 1);
  assertMatch(html, new RegExp(`<time dateTime="${new Date().getFullYear()}-`, "i"));
  // Every platform and policy; platforms that behave alike share a row.
  for (const erratum of [true, false]) {
    const alike = PLATFORMS.filter(({ bugs }) => bugs.includes("tdx_pw_mce") === erratum);
    assertStringIncludes(html, alike.map(({ name }) => name).join(", "));
  }
});

Deno.test("tdx check --html writes the table, for the part that was asked for", async () => {
  const args = ["--platform", "spr", "--mode", "Li", "--host-keys", "keyid0"];
  const { status, text, html } = await withReport("check", ...args, "--html", "c.html");
  assertEquals(status, 2);
  const [, questions] = /^([0-9]+) questions, 0 not as expected/m.exec(text)!;
  assertStringIncludes(html, `${questions} questions`);
  assertStringIncludes(html, "spr (Li never): partial write [W5], load [R0]");
  assert(!html.includes("emr"));
});

Deno.test("tdx litmus --html writes what the scenarios showed, with status 2 too", async () => {
  const fine = await withReport("litmus", SCENARIO, "--html", "s.html", "--json");
  const runs = PLATFORMS.length * ["Li", "Ci"].length;
  assertEquals([fine.status, JSON.parse(fine.text).results.length], [0, runs]);
  assertStringIncludes(fine.html, "Scenario dma-partial");
  const wrong = await withReport("litmus", testData("wrong.tdx"), "--html", "s.html");
  assertEquals(wrong.status, 2);
  assertStringIncludes(wrong.html, "not as expected");
});

// Arguments that take long, were they not refused before any work.
const LONG: readonly (readonly string[])[] = [
  ["check"],
  ["litmus", SCENARIO],
  ["teardown", "--platform", "spr", "--memory", "1TiB"],
];

for (const args of LONG) {
  const [name] = args;
  Deno.test(`tdx ${name} --html that cannot be written is refused before any work`, async () => {
    const start = "tdx: Expected --html with a file, got -: standard output has the answer";
    assertEquals(await refused(...args, "--html", "-"), start);
    const denied = new CaughtStdio();
    denied.fileWriter = () => Promise.reject(new UsageError("Writing x needs --allow-write=x"));
    const { status, text, notes } = await tdxOn(denied, ...args, "--html", "x");
    assertEquals([status, text, denied.shown], [1, "", []]);
    assertEquals(notes, ["tdx: Writing x needs --allow-write=x"]);
  });
}

Deno.test("tdx decide has no --html, and --html has a value", async () => {
  assertStringIncludes(await refused("decide", "--html", "x.html"), "got --html");
  assertEquals(await refused("check", "--html"), "tdx: Expected --html FILE, got no value");
});

Deno.test("tdx teardown, check and litmus --help name --html", async () => {
  for (const command of ["teardown", "check", "litmus"]) {
    assertStringIncludes((await tdx(command, "--help")).text, "--html FILE");
  }
});

Deno.test("shellLine() quotes what a shell would change, and nothing else", () => {
  const table: readonly (readonly [readonly string[], string])[] = [
    [["tdx", "check", "--html", "out/c.html"], "tdx check --html out/c.html"],
    [["--memory=1.5GiB", "0x1000,0x2000"], "--memory=1.5GiB 0x1000,0x2000"],
    [["a b", "", "$HOME", "*"], "'a b' '' '$HOME' '*'"],
    [["it's <script>"], `'it'\\''s <script>'`],
    [["two\nlines"], "'two\nlines'"],
  ];
  for (const [words, line] of table) assertEquals(shellLine(words), line);
});

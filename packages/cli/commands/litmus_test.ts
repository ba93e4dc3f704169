import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CaughtStdio, refused, tdx, tdxJson, tdxOn, testData } from "../fixtures_test.ts";

const SCENARIO = `${import.meta.dirname}/../../litmus/scenarios/partial-converts.tdx`;
const GNR = ["--platform", "gnr", "--mode", "Ci"];

Deno.test("tdx litmus reports as herd7 does", async () => {
  const { status, text } = await tdx("litmus", SCENARIO, ...GNR, "--trace");
  assertEquals(status, 0);
  assertStringIncludes(text, "Test partial-converts Allowed");
  assertStringIncludes(text, "Observation partial-converts Always");
  assertMatch(text, /Hash=[0-9a-f]{16}/);
  assertStringIncludes(text, "1 runs, 0 not as expected");
});

Deno.test("tdx litmus - reads a scenario from standard input", async () => {
  const stdio = new CaughtStdio(await Deno.readTextFile(SCENARIO));
  const { status, text } = await tdxOn(stdio, "litmus", "-", ...GNR, "--json");
  assertEquals(status, 0);
  const { results } = JSON.parse(text);
  assertEquals(results, (await tdxJson("litmus", SCENARIO, ...GNR)).answer.results);
  assertEquals([results[0].name, results[0].observation], ["partial-converts", "Always"]);
});

Deno.test("tdx litmus expects nothing under another policy than the scenario's", async () => {
  const { status, answer } = await tdxJson("litmus", SCENARIO, ...GNR, "--policy", "always");
  const [{ policy, expected, ok }] = answer.results;
  assertEquals([status, policy, expected, ok], [0, "always", null, true]);
});

Deno.test("tdx litmus exits 2 where an expectation fails", async () => {
  const { status, text } = await tdx("litmus", testData("wrong.tdx"));
  assertEquals(status, 2);
  assertStringIncludes(text, "(expected Always)");
  // One run of many is enough.
  assertEquals((await tdx("litmus", SCENARIO, testData("wrong.tdx"))).status, 2);
});

Deno.test("tdx litmus exits 3 at the limit on states, without an answer", async () => {
  const { status, text, notes } = await tdx("litmus", SCENARIO, "--limit", "2");
  assertEquals([status, text], [3, ""]);
  assertStringIncludes(notes.join(), "Expected at most 2 states, got more");
});

// Arguments, and what the one line on standard error says.
const WRONG: readonly (readonly [readonly string[], string])[] = [
  [[], "Expected a scenario file, got none"],
  [["no-such-file.tdx"], "no such file"],
  [[testData("broken.tdx")], "broken.tdx:5:2: Expected an operation"],
  // All files are read before any is run.
  [[SCENARIO, testData("broken.tdx")], "broken.tdx:5:2: Expected an operation"],
  [[SCENARIO, "--host-keys", "shared"], "got --host-keys"],
];

for (const [args, message] of WRONG) {
  Deno.test(`tdx litmus ${args.map((arg) => arg.split("/").at(-1)).join(" ")} is refused in words`, async () => {
    assertStringIncludes(await refused("litmus", ...args), message);
  });
}

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { refused, tdx, tdxJson } from "../fixtures_test.ts";

const SCENARIO = `${import.meta.dirname}/../../litmus/scenarios/partial-converts.tdx`;
const NEVER = ["--platform", "spr", "--mode", "Ci", "--policy", "never"];

Deno.test("tdx export writes the one chosen problem for SPIN and for Graphviz", async () => {
  assertStringIncludes((await tdx("export", "promela", ...NEVER)).text, "proctype");
  assertMatch((await tdx("export", "dot", ...NEVER)).text, /^digraph/);
  const shared = await tdx("export", "promela", ...NEVER, "--host-keys", "shared");
  assertStringIncludes(shared.text, "spr Ci shared never");
  const scenario = await tdx("export", "dot", SCENARIO, "--platform", "gnr", "--mode", "Ci");
  assertMatch(scenario.text, /^digraph/);
});

Deno.test("tdx export --json has the text in an object", async () => {
  const { answer } = await tdxJson("export", "promela", ...NEVER);
  assertEquals([answer.form, answer.name], ["promela", "spr Ci keyid0 never"]);
  assertEquals(answer.text.trimEnd(), (await tdx("export", "promela", ...NEVER)).text);
});

// Arguments, and what the one line on standard error says.
const WRONG: readonly (readonly [readonly string[], string])[] = [
  [[], "Expected promela or dot, got none"],
  [["promla"], "Expected the form to be one of promela, dot, got promla; did you mean promela?"],
  [["promela"], "Expected one problem, got "],
  [["dot", SCENARIO], "Expected one problem, got "],
  [
    ["promela", "--left-poison", "none", SCENARIO],
    "Expected no --left-poison with a scenario file, which says its own",
  ],
];

for (const [args, message] of WRONG) {
  Deno.test(`tdx export ${args.map((arg) => arg.split("/").at(-1)).join(" ")} is refused in words`, async () => {
    assertStringIncludes(await refused("export", ...args), message);
  });
}

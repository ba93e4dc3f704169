import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { refused, tdx, tdxJson } from "../fixtures_test.ts";

Deno.test("tdx diff shows the step at which two platforms part", async () => {
  const { status, text } = await tdx("diff", "spr", "gnr", "--mode", "Li");
  assertEquals(status, 0);
  assertMatch(text, /on spr:\n.*partial write.*\[W5\]/);
  assertMatch(text, /on gnr:\n.*partial write.*\[L4 W4\]/);
});

Deno.test("tdx diff --json has a difference for each mode, null where there is none", async () => {
  const parted = (await tdxJson("diff", "spr", "gnr")).answer;
  assertEquals([parted.platforms, parted.policy], [["spr", "gnr"], "never"]);
  const rules = parted.results.map(({ mode, difference: { left, right } }: {
    mode: string;
    difference: Record<"left" | "right", { rule: string }[]>;
  }) => [mode, left[0]!.rule, right[0]!.rule]);
  assertEquals(rules, [["Li", "W5", "W4"], ["Ci", "W5", "W4"]]);
  const alike = (await tdxJson("diff", "gnr", "srf", "--mode", "Ci")).answer;
  assertEquals(alike.results, [{ mode: "Ci", difference: null }]);
});

Deno.test("tdx diff refuses anything but two platforms", async () => {
  assertEquals(await refused("diff", "spr"), "tdx: Expected two platforms, got spr");
  assertEquals(await refused("diff"), "tdx: Expected two platforms, got none");
  assertStringIncludes(await refused("diff", "spr", "gnx"), "did you mean gnr?");
});

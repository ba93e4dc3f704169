import { assertEquals } from "@std/assert";
import { CaughtStdio } from "../fixtures_test.ts";
import { bar, jsonText, showProgress, table } from "./show.ts";

Deno.test("jsonText() puts the address beside a source, and nothing beside what cites nothing", () => {
  const commit = "https://git.kernel.org/torvalds/c/1e536e106897";
  const named = { document: "a page", at: "line 1", url: "https://example.org/" };
  const cases: readonly (readonly [object, object])[] = [
    [{ source: "Linux 1e536e106897", low: 1n }, {
      source: "Linux 1e536e106897",
      low: "0x1",
      url: commit,
    }],
    [{ sources: [{ document: "Linux", at: "1e536e106897" }, named] }, {
      sources: [{ document: "Linux", at: "1e536e106897", url: commit }, named],
    }],
    [{ source: "the log", none: null }, { source: "the log", none: null }],
  ];
  for (const [value, expected] of cases) assertEquals(JSON.parse(jsonText(value)), expected);
});

Deno.test("table() sets numbers to the right, words to the left, without trailing blanks", () => {
  assertEquals(
    table(["name", "pages", "note"], [["a", "1,024", ""], ["longer", "7", "yes"]]),
    [
      "name    pages  note",
      "a       1,024",
      "longer      7  yes",
    ].join("\n"),
  );
});

Deno.test("bar() draws a share of its width, and something of anything above 0", () => {
  assertEquals(bar(0.5, 8), "####");
  assertEquals(bar(1, 8), "########");
  assertEquals(bar(0.001, 8), "#");
  assertEquals(bar(0, 8), "");
  // Time is over before three repeats are.
  assertEquals(bar(1.5, 4), "####");
});

Deno.test("showProgress() fills what is not done", () => {
  const output = new CaughtStdio();
  showProgress(output, 0.256, "reset");
  assertEquals(output.shown, [`[${"#".repeat(8)}${".".repeat(22)}] 25% reset`]);
});

import { assertEquals } from "@std/assert";
import { CaughtStdio } from "../fixtures_test.ts";
import { bar, showProgress, table } from "./show.ts";

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

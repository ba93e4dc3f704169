import { assertEquals } from "@std/assert";
import { table } from "./table.ts";

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

import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../usage_error.ts";
import { csvFields } from "./csv_fields.ts";

// A line, and its fields.
const LINES: readonly (readonly [string, readonly string[]])[] = [
  ["a,b", ["a", "b"]],
  ["", [""]],
  ["a,", ["a", ""]],
  [",,", ["", "", ""]],
  [" a , b c\t", ["a", "b c"]],
  ['"a,b",c', ["a,b", "c"]],
  ['"say ""hi""",x', ['say "hi"', "x"]],
  ['"",""""', ["", '"']],
  [' "a" , "b"', ["a", "b"]],
  ['5" disk,b', ['5" disk', "b"]],
];

for (const [line, fields] of LINES) {
  Deno.test(`csvFields() splits ${JSON.stringify(line)}`, () => {
    assertEquals(csvFields(line), fields);
  });
}

Deno.test("csvFields() refuses a quote that is not closed, and what stands behind one", () => {
  for (const line of ['"a', 'a,"b,c', '"a""', '"']) {
    assertThrows(() => csvFields(line), UsageError, "Expected a closing quote, got the end of");
  }
  assertThrows(() => csvFields('"a"b,c'), UsageError, "Expected a comma behind a closing quote");
});

import { assertEquals } from "@std/assert";
import { asserts, isAsShown } from "./run_block.ts";

// What is printed, what is shown, whether that is the same.
const CASES = [
  ["a\nb\n", "a\nb\n", true],
  ["a\nb\n", "a\n", false],
  ["a\n", "a\nb\n", false],
  ["took 12 ms\n", "took … ms\n", true],
  ["took 12 s\n", "took … ms\n", false],
  ["took\n12 ms\n", "took … ms\n", false],
  ["a\n1\n2\nb\n", "a\n…\nb\n", true],
  ["a\nb\n", "a\n…\nb\n", true],
  ["a\n1\n2\n", "a\n…\nb\n", false],
  ["(a|b)\n", "(a|b)\n", true],
  ["a\n", "(a|b)\n", false],
] as const;

for (const [printed, shown, same] of CASES) {
  Deno.test(`isAsShown() ${JSON.stringify(printed)} as ${JSON.stringify(shown)}: ${same}`, () => {
    assertEquals(isAsShown(printed, shown), same);
  });
}

const IMPORT = 'import { assert, assertEquals } from "@std/assert";\n';
const EXAMPLES = [
  [`${IMPORT}assert(true);`, true],
  [`${IMPORT.replace("{ ", "{\n  ").replace(" }", ",\n}")}assertEquals(1, 1);`, true],
  [`${IMPORT}// assert(true);`, false],
  [IMPORT, false],
  ["assert(true);", false],
] as const;

for (const [code, expected] of EXAMPLES) {
  Deno.test(`asserts() ${JSON.stringify(code)}: ${expected}`, () => {
    assertEquals(asserts({ code }), expected);
  });
}

// What stands in for jsr:@std answers as the documentation of jsr:@std says, call by call; with JSR in
// reach (the links taken out of deno.json) the same test holds for the originals.
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";
import { parse } from "@std/csv";
import { bold, red, stripAnsiCode } from "@std/fmt/colors";
import { basename, dirname, extname, join, normalize, relative } from "@std/path";
import { closestString, levenshteinDistance } from "@std/text";

/** A call, and its answer. */
const ANSWERS: readonly (readonly [unknown, unknown])[] = [
  [parseArgs(["--a=1", "--b", "x", "--", "y"], { string: ["a"], boolean: ["b"] }), {
    _: ["x", "y"],
    a: "1",
    b: true,
  }],
  [parseArgs(["--n=2", "--n=3"], { string: ["n"], collect: ["n"] }), { _: [], n: ["2", "3"] }],
  [parse('a, "b,c"\n1,"2 ""x"""', { trimLeadingSpace: true }), [["a", "b,c"], ["1", '2 "x"']]],
  [[basename("/a/b.ts"), basename("/a/b.ts", ".ts")], ["b.ts", "b"]],
  [[dirname("/a/b.ts"), extname("/a/b.tar.gz")], ["/a", ".gz"]],
  [[join("/a", "..", "b/", "c"), normalize("/a//b/./c/..")], ["/b/c", "/a/b"]],
  [relative("/a/b/c", "/a/d"), "../../d"],
  [[levenshteinDistance("kitten", "sitting"), closestString("gnrr", ["spr", "gnr"])], [3, "gnr"]],
  [[stripAnsiCode(bold(red("x"))), stripAnsiCode("\x1b[31mx\x1b[39m")], ["x", "x"]],
];

Deno.test({
  name: "what stands in for jsr:@std gives the documented answers",
  ignore: Deno.build.os === "windows",
  fn() {
    for (const [actual, expected] of ANSWERS) assertEquals(actual, expected);
  },
});

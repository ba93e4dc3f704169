import { assertEquals, assertThrows } from "@std/assert";
import { parseMarkdown } from "./markdown.ts";

Deno.test("parseMarkdown() gives a block its line, comment, path and output, wherever it stands", () => {
  const { blocks } = parseMarkdown(
    "x.md",
    [
      "<!-- not run: why -->",
      "",
      "```sh no-run",
      "a",
      "```",
      "",
      "`deno.json` says:",
      "",
      "- item",
      "",
      "  ~~~~ts",
      "  ```",
      "  ~~~~",
      "",
      "  ```text",
      "  out",
      "  ```",
    ].join("\n"),
  );
  assertEquals(
    blocks.map(({ line, language, comment, code, output }) => ({
      line,
      language,
      comment,
      code,
      output,
    })),
    [
      { line: 3, language: "sh", comment: "not run: why", code: "a\n", output: undefined },
      { line: 11, language: "ts", comment: undefined, code: "```\n", output: "out\n" },
    ],
  );
});

Deno.test("parseMarkdown() finds links, anchors, rows, and the steps between their comments", () => {
  const { links, anchors, rows, blocks, guides } = parseMarkdown(
    "x.md",
    "# A `b`, c\n\n[x](y.md#z)\n\n| h |\n| - |\n| `1` |\n\n" +
      "<!-- steps -->\n\nThe file `p`:\n\n```diff\n+d\n```\n\n<!-- end of steps -->\n\n" +
      "<!-- steps -->\n\n```sh\na\n```\n\n```sh\nb\n```\n\n<!-- end of steps -->\n",
  );
  assertEquals(links, [{ text: "y.md#z", line: 3 }]);
  assertEquals([...anchors], ["a-b-c"]);
  assertEquals(rows, [{ heading: "A b, c", cells: ["1"] }]);
  assertEquals([blocks.length, guides.map(({ length }) => length)], [0, [1, 2]]);
  assertEquals(guides[0]![0]!.path, "p");
});

Deno.test("parseMarkdown() refuses steps without an end", () => {
  assertThrows(
    () => parseMarkdown("x.md", "<!-- steps -->\n"),
    SyntaxError,
    "x.md: Expected as many <!-- end of steps --> as <!-- steps -->, got 0",
  );
});

import { assertEquals } from "@std/assert";
import { showLines, showText } from "./text.ts";

/** All that a terminal or a page may act on. */
const UNSEEN = [
  ...Array.from({ length: 0x20 }, (_, code) => code).filter((code) => code !== 9 && code !== 10),
  ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i),
  ...[0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
  ...[0x2066, 0x2067, 0x2068, 0x2069],
];

Deno.test("showText() and showLines() show every control character and bidi control", () => {
  for (const code of UNSEEN) {
    const shown = `a\\u${code.toString(16).padStart(4, "0")}b`;
    const text = `a${String.fromCharCode(code)}b`;
    assertEquals([showText(text), showLines(text)], [shown, shown]);
    // JSON that is shown so is read back as it was.
    assertEquals(JSON.parse(showLines(JSON.stringify(text))), text);
  }
});

Deno.test("showText() leaves what can be seen, and tabs; showLines() leaves line ends too", () => {
  const text = "\tXeon® “Ümläut” 漢字 😀 \\u001b";
  assertEquals([showText(text), showLines(`${text}\n`)], [text, `${text}\n`]);
  assertEquals(showText("one\r\ntwo"), "one\\u000d\\u000atwo");
});

Deno.test("showText() cuts what is long, and no character in half", () => {
  assertEquals(showText("x".repeat(200)), "x".repeat(200));
  assertEquals(showText("x".repeat(201)), `${"x".repeat(199)}…`);
  assertEquals(showText("😀".repeat(9), 3), "😀😀…");
});

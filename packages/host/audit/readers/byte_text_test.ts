import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { linesOf, wholeText } from "./byte_text.ts";
import { UnreadableError } from "./reading.ts";

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

Deno.test("linesOf() gives the same lines however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""))),
      fc.integer({ min: 1, max: 9 }),
      async (lines, size) => {
        const text = lines.map((line) => `${line}\n`).join("");
        assertEquals(await Array.fromAsync(linesOf(pieces(text, size))), lines);
      },
    ),
  );
});

Deno.test("linesOf() gives a last line without a line end", async () => {
  assertEquals(await Array.fromAsync(linesOf(pieces("a\nb", 2))), ["a", "b"]);
  assertEquals(await Array.fromAsync(linesOf(pieces("", 2))), []);
});

Deno.test("linesOf() keeps only the beginning of a line without an end", async () => {
  const text = "x".repeat(300_000);
  const [line, ...others] = await Array.fromAsync(linesOf(pieces(`${text}\nnext\n`, 1000)));
  assertEquals([line!.startsWith("x".repeat(65_536)), line!.length < 67_000], [true, true]);
  assertEquals(others, ["next"]);
});

Deno.test("wholeText() refuses a text over its limit", async () => {
  assertEquals(await wholeText(pieces("añb", 1), 4), "añb");
  await assertRejects(() => wholeText(pieces("añb", 1), 3), UnreadableError, "Expected at most");
});

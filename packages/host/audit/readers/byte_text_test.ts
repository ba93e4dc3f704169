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

Deno.test("wholeText() refuses a text over its limit", async () => {
  assertEquals(await wholeText(pieces("añb", 1), 4), "añb");
  await assertRejects(() => wholeText(pieces("añb", 1), 3), UnreadableError, "Expected at most");
});

Deno.test("wholeText() refuses more lines than a host has before it holds them", async () => {
  let given = 0;
  async function* newlines(): AsyncGenerator<Uint8Array> {
    for (; given < 64; given++) yield new Uint8Array(2 ** 20).fill(10);
  }
  await assertRejects(
    () => wholeText(newlines(), 64 * 2 ** 20),
    UnreadableError,
    "Expected 500000 lines at most, got more",
  );
  assertEquals(given, 0);
});

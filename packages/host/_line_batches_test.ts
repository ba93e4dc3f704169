import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { lineBatches, MAX_LINE, type TextChunks } from "./_line_batches.ts";

async function lines(chunks: TextChunks) {
  return (await Array.fromAsync(lineBatches(chunks))).flat();
}

Deno.test("lineBatches() numbers lines, strips CR, and tells an unfinished last line", async () => {
  assertEquals(await lines("a\r\n\nb"), [
    { text: "a", number: 1, ended: true },
    { text: "", number: 2, ended: true },
    { text: "b", number: 3, ended: false },
  ]);
  assertEquals(await lines(""), []);
});

Deno.test("lineBatches() does not care how the text is cut in pieces", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n", "\r", "é"), maxLength: 60 });
  await fc.assert(fc.asyncProperty(text, fc.array(fc.nat(60)), async (whole, cuts) => {
    const places = [0, ...cuts.filter((at) => at < whole.length).sort((a, b) => a - b)];
    const pieces = places.map((at, i) => whole.slice(at, places[i + 1]));
    assertEquals(await lines(pieces), await lines(whole));
  }));
});

Deno.test("lineBatches() cuts a line that is too long, wherever its pieces end", async () => {
  const long = "x".repeat(MAX_LINE);
  for (const chunks of [`${long}\nb\n`, [long, "\nb\n"]]) {
    assertEquals((await lines(chunks)).map(({ ended }) => ended), [true, true]);
  }
  for (const chunks of [`${long}yy\nb\n`, [long, "y", "y\nb\n"], [`${long}y`, "\nb", "\n"]]) {
    assertEquals(await lines(chunks), [
      { text: long, number: 1, ended: false },
      { text: "b", number: 2, ended: true },
    ]);
  }
  // One unit too many at the end of pieces of any size.
  const halves = [long.slice(0, MAX_LINE / 2), long.slice(0, MAX_LINE / 2)];
  assertEquals((await lines([...halves, "\nb\n"])).map(({ ended }) => ended), [true, true]);
  assertEquals((await lines([...halves, "y\nb\n"])).map(({ ended }) => ended), [false, true]);
  assertEquals(await lines([long, "y"]), [{ text: long, number: 1, ended: false }]);
});

import { assertEquals } from "@std/assert";
import { showCount, showRange, showShare, showSize } from "./show.ts";

Deno.test("showSize() takes the largest unit", () => {
  const table = [
    [0, "0 B"],
    [512, "512 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [4096, "4 KiB"],
    [1_234_567, "1.18 MiB"],
    [1.5 * 2 ** 30, "1.5 GiB"],
    [400 * 2 ** 30, "400 GiB"],
    [2 ** 46, "64 TiB"],
  ] as const;
  for (const [bytes, text] of table) assertEquals(showSize(bytes), text);
});

Deno.test("showCount() sets thousands apart, and gives a noun its s", () => {
  assertEquals([showCount(0), showCount(999), showCount(1234567)], ["0", "999", "1,234,567"]);
  assertEquals([0, 1, 1024].map((n) => showCount(n, "page")), ["0 pages", "1 page", "1,024 pages"]);
});

Deno.test("showRange() and showShare() round to three and two figures, but no whole number", () => {
  assertEquals(showRange({ low: 0.12345, high: 5539 }), "0.123–5539");
  assertEquals(showRange({ low: 43.04, high: 43.06 }), "43–43.1");
  assertEquals(showRange({ low: 467.1, high: 467.2 }), "467");
  assertEquals(showShare({ low: 0.0921, high: 0.0922 }), "9.2%");
  assertEquals([showRange(null), showShare(null)], ["unknown", "an unknown share"]);
});

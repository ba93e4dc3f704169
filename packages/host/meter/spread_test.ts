import { assertEquals } from "@std/assert";
import { spread } from "./spread.ts";

Deno.test("spread() gives median and quartiles, whatever the order", () => {
  assertEquals(spread([7]), { median: 7, low: 7, high: 7 });
  assertEquals(spread([30, 10, 20]), { median: 20, low: 15, high: 25 });
  assertEquals(spread([4, 1, 3, 2]), { median: 2.5, low: 1.75, high: 3.25 });
  assertEquals(spread([5, 100, 1, 4, 2]), { median: 4, low: 2, high: 5 });
});

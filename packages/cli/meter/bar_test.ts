import { assertEquals } from "@std/assert";
import { bar } from "./bar.ts";

Deno.test("bar() draws a share of its width, and something of anything above 0", () => {
  assertEquals(bar(0.5, 8), "####");
  assertEquals(bar(1, 8), "########");
  assertEquals(bar(0.001, 8), "#");
  assertEquals(bar(0, 8), "");
  // Time is over before three repeats are.
  assertEquals(bar(1.5, 4), "####");
});

Deno.test("bar() fills what is not there", () => {
  assertEquals(bar(0.25, 8, "."), "##......");
});

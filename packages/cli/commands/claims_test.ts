import { assertEquals, assertStringIncludes } from "@std/assert";
import { tdx } from "../fixtures_test.ts";

Deno.test("tdx claims has a verdict for each claim", async () => {
  const { status, text } = await tdx("claims");
  assertEquals(status, 0);
  assertEquals([...text.matchAll(/^([a-z])\. /gm)].map(([, id]) => id).join(""), "abcdefghijklmn");
  assertStringIncludes(text, "\n   a way to a machine check otherwise: ");
});

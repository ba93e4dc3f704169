// As recorded_test.ts, for the teardowns that take longer.
import { assertEquals } from "@std/assert";
import {
  isSmall,
  readRecord,
  recordOf,
  type TeardownCase,
  teardownCases,
} from "../../../tasks/spin_teardowns.ts";

Deno.test("SPIN has read the larger teardowns, and found as many states, and the same properties broken", async () => {
  const isLarge = (one: TeardownCase) => !isSmall(one);
  const found = await recordOf(teardownCases().filter(isLarge));
  assertEquals(found, readRecord(isLarge), "Run `deno task spin`, where SPIN is installed");
});

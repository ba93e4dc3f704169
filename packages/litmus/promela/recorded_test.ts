// What SPIN said of our questions (`deno task spin`), for those who have no SPIN: the models are those
// that it read, and our exploration still finds what it found.
import { assertEquals } from "@std/assert";
import { isSmall, readRecord, recordOf, teardownCases } from "../../../tasks/spin_teardowns.ts";
import {
  distinctCases,
  figuresOf,
  modelHash,
  RECORD,
  recordedCases,
} from "../../../tasks/spin_cases.ts";

Deno.test("SPIN has read these models, and found as many states, and as many in which the statement holds", async () => {
  const found: string[] = [];
  for (const one of recordedCases(distinctCases())) {
    const { states, holding } = await figuresOf(one);
    found.push([one.name, states, holding, await modelHash(one.model)].join("\t"));
  }
  const recorded = (await Deno.readTextFile(RECORD)).trimEnd().split("\n");
  assertEquals(found, recorded, "Run `deno task spin`, where SPIN is installed");
});

Deno.test("SPIN has read the smallest teardowns, and found as many states, and the same properties broken", async () => {
  const found = await recordOf(teardownCases().filter(isSmall));
  assertEquals(found, readRecord(isSmall), "Run `deno task spin`, where SPIN is installed");
});

import { assertEquals } from "@std/assert";
import { KEY0, NEXT_TD, TD } from "../fixtures_test.ts";
import { describeOperation, keyName, type Operation, WRITES_DATA } from "./operation.ts";

const DESCRIPTIONS: readonly (readonly [Operation, string])[] = [
  [{ kind: "load", by: "host", key: KEY0 }, "host load with KeyID 0"],
  [{ kind: "dma-read", by: "device", key: KEY0, data: "host" }, "device dma-read with KeyID 0"],
  [{ kind: "movdir64b", by: "host", key: KEY0 }, "host movdir64b zeros with KeyID 0"],
  [{ kind: "store", by: "td", key: TD, data: "secret" }, "td store secret with KeyID 33"],
  [{ kind: "evict", by: "cache", key: NEXT_TD }, "cache evict with KeyID 33 (key 2)"],
];

for (const [operation, text] of DESCRIPTIONS) {
  Deno.test(`describeOperation() says "${text}"`, () => {
    assertEquals(describeOperation(operation), text);
  });
}

Deno.test("keyName() counts keys from the second on", () => {
  assertEquals([KEY0, TD, NEXT_TD].map(keyName), ["0", "33", "33 (key 2)"]);
});

Deno.test("WRITES_DATA has the five kinds that write what they are given", () => {
  assertEquals(
    [...WRITES_DATA].sort(),
    ["dma-partial-write", "dma-write", "movdir64b", "partial-write", "store"],
  );
});

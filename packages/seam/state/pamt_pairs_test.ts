import { assertEquals } from "@std/assert";
import { chunksOf, runOf } from "@tdx/core";
import { regionsOf } from "./_pamt_pairs.ts";

Deno.test("regionsOf() counts the frames of a chunk in each 2 MiB, and leaves out those without", () => {
  assertEquals([...regionsOf(runOf(510, 1030))], [[0, 2], [1, 512], [2, 512], [3, 4]]);
  assertEquals([...regionsOf(runOf(512, 1))], [[1, 1]]);
  const [scattered] = chunksOf(Uint32Array.of(0, 511, 512, 1536));
  assertEquals([...regionsOf(scattered!)], [[0, 2], [1, 1], [3, 1]]);
});

import { assert, assertEquals } from "@std/assert";
import { randomNumbers } from "./random.ts";

Deno.test("randomNumbers() is Mulberry32", () => {
  // Published first values for seed 1.
  const random = randomNumbers(1);
  assertEquals([random(), random(), random()], [
    0.6270739405881613,
    0.002735721180215478,
    0.5274470399599522,
  ]);
});

Deno.test("randomNumbers() stays from 0 up to 1, and looks at every bit of the seed", () => {
  const seeds = [0, 1, -1, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  const first = seeds.map((seed) => randomNumbers(seed)());
  assert(first.every((value) => value >= 0 && value < 1));
  assertEquals(new Set(first).size, seeds.length);
});

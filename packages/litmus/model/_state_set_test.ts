import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createStateSet } from "./_state_set.ts";

for (const bound of [1, 1000, 2 ** 21, 2 ** 31, 2 ** 40, 2 ** 53 - 1]) {
  Deno.test(`a set of states below ${bound} is a set`, () => {
    const states = fc.array(fc.maxSafeNat().map((n) => n % bound), { maxLength: 300 });
    fc.assert(fc.property(states, (numbers) => {
      const set = createStateSet(bound);
      const model = new Set<number>();
      for (const number of [...numbers, ...numbers]) {
        assertEquals(set.add(number), !model.has(number));
        model.add(number);
      }
      assertEquals(set.size, model.size);
    }));
  });
}

Deno.test("a set that fills up becomes a bitmap: one bit for each possible state", () => {
  const bound = 2 ** 22;
  const set = createStateSet(bound);
  for (let state = 0; state < bound; state += 2) assert(set.add(state));
  assertEquals(set.bytes, bound / 8);
  for (let state = 0; state < bound; state++) assertEquals(set.add(state), state % 2 === 1);
});

Deno.test("a set of many states far apart is one too", () => {
  const set = createStateSet(2 ** 52);
  const model = new Set<number>();
  for (let i = 0, state = 1; i < 40_000; i++, state = (state * 48_271) % (2 ** 52 / 65_536)) {
    for (const number of [state, state * 65_536]) {
      assertEquals(set.add(number), !model.has(number));
      model.add(number);
    }
  }
  assertEquals(set.size, model.size);
});

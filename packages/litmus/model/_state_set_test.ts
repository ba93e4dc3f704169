import { assert, assertEquals } from "@std/assert";
import { randomNumbers } from "@tdx/reclaim";
import { createStateSet } from "./_state_set.ts";

// A small bitmap, a table that becomes a bitmap, one that never does, and numbers beyond 32 bits.
for (const bound of [1000, 2 ** 21, 2 ** 33, 2 ** 52]) {
  Deno.test(`createStateSet() says what is new, as a set does, below ${bound}`, () => {
    const set = createStateSet(bound);
    const expected = new Set<number>();
    const random = randomNumbers(1);
    const add = (state: number) => {
      assertEquals(set.add(state), !expected.has(state));
      expected.add(state);
    };
    for (const state of [0, bound - 1, 31, 32, 0, bound - 1]) add(state);
    // Twice as many as there are of the smallest, neighbours and numbers far apart among them.
    for (let i = 0; i < 40_000; i++) {
      const state = Math.floor(random() * bound);
      add(state);
      if (i % 8 === 0) add(Math.min(state + 1, bound - 1));
    }
    assertEquals(set.size, expected.size);
    for (const state of expected) assert(!set.add(state));
    assert(set.bytes > 0 && set.bytes <= Math.max(bound / 8 + 4, 2 ** 20));
  });
}

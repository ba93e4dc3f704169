import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { spr } from "@tdx/platform-spr";
import { estimateStates } from "./estimate_states.ts";
import { parseTeardown } from "./parse_teardown.ts";
import { proveTeardown } from "./prove_teardown.ts";

const TEARDOWN = parseTeardown(`TEARDOWN short
thread t {
  each page in guest { TDH.MEM.RANGE.BLOCK page }
  each vcpu in vcpus { TDH.VP.FLUSH vcpu }
  each package in packages { TDH.PHYMEM.CACHE.WB package }
}`);
const ONE = { platforms: [spr], pages: 1, vcpus: 1, packages: 1, faults: 0, busy: 0 };

// What is explored for the estimate itself comes out as it is: two of one thing, one failure.
for (
  const more of [{}, { pages: 2 }, { vcpus: 2 }, { packages: 2 }, { faults: 1 }] as const
) {
  Deno.test(`estimateStates() gives back what it explored, ${JSON.stringify(more)}`, async () => {
    const options = { ...ONE, ...more };
    const { states } = await estimateStates(TEARDOWN, options);
    assertEquals(states, (await proveTeardown(TEARDOWN, options)).states);
  });
}

Deno.test("estimateStates() is near what larger sizes and more failures come to", async () => {
  for (const more of [{ pages: 4 }, { faults: 2 }, { pages: 2, vcpus: 2 }]) {
    const options = { ...ONE, ...more };
    const { states } = await estimateStates(TEARDOWN, options);
    const found = (await proveTeardown(TEARDOWN, options)).states;
    assert(states > found / 2 && states < found * 2, `${states} of ${found}`);
  }
});

Deno.test("estimateStates() takes as long for a state as its explorations took", async () => {
  const { now } = performance;
  let time = 0;
  // Every exploration takes a second: it looks at the clock when it begins and when it ends.
  performance.now = () => time += 1000;
  try {
    const options = { ...ONE, pages: 2 };
    const [one, two] = await Promise.all(
      [ONE, options].map(async (size) => (await proveTeardown(TEARDOWN, size)).states),
    );
    time = 0;
    const { states, milliseconds } = await estimateStates(TEARDOWN, options);
    assertEquals(states, two);
    assertAlmostEquals(milliseconds, two! * 2000 / (one! + two!), 1e-9);
  } finally {
    performance.now = now;
  }
});

// What happens to a line in a question: after the reclaim all that a host, its devices and the caches can
// do, under each key in use; before it what a TD can.
import { assertEquals } from "@std/assert";
import { gnr } from "@tdx/platform-gnr";
import { explore } from "../model/explore.ts";
import { System } from "../model/system.ts";
import { CLOSURE_KEYS, type ClosureKeys, closureProblem, type LeftPoison } from "./closure.ts";

/** Who did what under which key, in any state of the question. */
async function explored(
  hostKeys: ClosureKeys,
  poison: LeftPoison,
  flush = true,
): Promise<string[]> {
  const question = {
    platform: gnr,
    mode: "Ci",
    policy: "always",
    hostKeys,
    poison,
    flush,
  } as const;
  const { problem, machine } = closureProblem(question);
  const system = new System(problem, machine);
  const exploration = await explore(system);
  const seen = new Set<string>();
  for (let i = 0; i < exploration.states; i++) {
    for (const { thread, operation, key } of system.moves(exploration.state(i))) {
      if (operation !== null) seen.add(`${thread} ${operation.kind} ${key}`);
    }
  }
  return [...seen].sort();
}

/** Host operations after a reclaim, as the table of verdicts has them; a prefetch is speculation. */
const OUTSIDE = [
  "host load",
  "host store",
  "host partial-write",
  "host movdir64b",
  "host clflush",
  "host prefetch",
  "device dma-read",
  "device dma-write",
  "device dma-partial-write",
  "cache evict",
];
const KEYS: Readonly<Record<ClosureKeys, readonly string[]>> = {
  keyid0: ["keyid0"],
  shared: ["shared"],
  "shared-integrity": ["integrity"],
  "keyid0+integrity": ["keyid0", "integrity"],
};
const RECLAIM = ["reclaim cache-wb td", "cache evict td"];
const BEFORE: Readonly<Record<LeftPoison, readonly string[]>> = {
  none: ["td store td", "td load td", "td clflush td"],
  unconsumed: ["fault poison td", "td store td", "td clflush td"],
  consumed: ["fault poison td", "td consumes clflush td", "td consumes load td"],
  logged: ["fault poison td", "td store td", "td load td", "td clflush td"],
};

for (const hostKeys of CLOSURE_KEYS) {
  for (const [poison, before] of Object.entries(BEFORE)) {
    Deno.test(`closureProblem() lets all happen that can, host keys ${hostKeys}, poison ${poison}`, async () => {
      const keys = KEYS[hostKeys];
      const outside = OUTSIDE.flatMap((what) => keys.map((key) => `${what} ${key}`));
      const clear = `reclaim movdir64b ${keys[0]}`;
      const expected = [...before, ...RECLAIM, clear, ...outside].sort();
      // A page whose poison was consumed or logged is retired: only who has not looked goes on.
      assertEquals(await explored(hostKeys, poison as LeftPoison), expected);
    });
  }
}

Deno.test("closureProblem() leaves the flush out where it is asked to", async () => {
  const without = await explored("keyid0", "none", false);
  assertEquals(without.includes("reclaim cache-wb td"), false);
  assertEquals(without.includes("cache evict td"), true);
});

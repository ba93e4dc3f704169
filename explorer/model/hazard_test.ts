import { assert, assertEquals } from "@std/assert";
import { findHazard } from "./hazard.ts";
import { hostMachineCheck, play } from "./play.ts";
import { START } from "./situation.ts";

// Platform, policy, what is left in the line, the rules by which the witness ends; section 7.
const QUESTIONS = [
  ["spr", "never", "none", ["W5", "R0"]],
  ["spr", "quirk", "none", null],
  ["gnr", "never", "none", null],
  ["gnr", "quirk", "unconsumed", ["R0"]],
  ["gnr", "never", "consumed", null],
] as const;

for (const [platform, policy, poison, ends] of QUESTIONS) {
  Deno.test(`findHazard() on ${platform}, ${policy}, poison ${poison}: ${ends ?? "none"}`, async () => {
    const { witness, states } = await findHazard({ ...START.settings, platform, policy }, poison);
    assert(states > 1);
    if (ends === null) return assertEquals(witness, null);
    const frames = play(witness!, platform);
    assert(hostMachineCheck(frames.at(-1)!));
    const fired = frames.flatMap(({ outcome }) => outcome?.rules.at(-1) ?? []);
    assertEquals(fired.slice(-ends.length), [...ends]);
  });
}

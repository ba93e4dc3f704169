import { assert, assertEquals } from "@std/assert";
import { findHazard } from "./hazard.ts";
import { isStopped, play } from "./play.ts";
import { START } from "./situation.ts";

// Platform, policy, what is left in the line, the rules by which the witness ends; section 7.
const QUESTIONS = [
  ["spr", "never", "none", ["W5", "R0"]],
  ["spr", "quirk", "none", null],
  ["gnr", "never", "none", null],
  ["gnr", "quirk", "unconsumed", ["R0"]],
  ["gnr", "never", "consumed", null],
  ["gnr", "never", "logged", null],
] as const;

for (const [platform, policy, poison, ends] of QUESTIONS) {
  Deno.test(`findHazard() on ${platform}, ${policy}, poison ${poison}: ${ends ?? "none"}`, async () => {
    const settings = { ...START.settings, platform, policy };
    const { witness, states, steps } = await findHazard(settings, poison);
    assert(states > 1);
    if (ends === null) return assertEquals(witness, null);
    assertEquals(steps.map(({ rule }) => rule), [...ends]);
    assert(isStopped(play(witness!, platform).at(-1)!));
  });
}

Deno.test("findHazard() finds poison that came back where Linux did not retire its page (N1)", async () => {
  const settings = { ...START.settings, platform: "gnr", policy: "quirk" } as const;
  const { steps } = await findHazard(settings, "consumed", false);
  assertEquals(steps.map(({ rule }) => rule), ["R0"]);
});

Deno.test("findHazard() leaves the clear to each platform that plays the witness", async () => {
  const settings = {
    platform: "gnr",
    beside: "spr",
    mode: "Ci",
    keys: "shared-integrity",
    policy: "quirk",
  } as const;
  const { witness } = await findHazard(settings, "none");
  // The patch does not clear on gnr, and C6 meets the old private line; on spr it clears.
  assert(isStopped(play(witness!, "gnr").at(-1)!));
  assert(!isStopped(play(witness!, "spr").at(-1)!));
  const always = { ...witness!, settings: { ...settings, policy: "always" as const } };
  assert(!isStopped(play(always, "gnr").at(-1)!));
});

Deno.test("findHazard() counts its steps from the reclaim on, which clears with KeyID 0 (C5)", async () => {
  const settings = { ...START.settings, keys: "keyid0+integrity", policy: "always" } as const;
  const { steps, witness } = await findHazard(settings, "none");
  assertEquals(steps.map(({ rule }) => rule), ["C5"]);
  assert(witness!.acts.some(({ operation }) => operation === "clear"));
});

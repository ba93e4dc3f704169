import { assert, assertEquals } from "@std/assert";
import type { Mode, Platform } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import type { Policy } from "@tdx/reclaim";
import type { ClosureKeys, LeftPoison } from "./closure.ts";
import { verdict, verdictQuestions } from "./verdicts.ts";

for (const platform of [spr, emr, gnr, generic]) {
  Deno.test(`verdict() of every row on ${platform.name} is as expected, and decide() agrees`, async () => {
    for (const question of verdictQuestions(platform)) {
      const { name, ok, secretRead } = await verdict(question);
      assert(ok, name);
      assertEquals(secretRead, false, name);
    }
  });
}

// platform, mode, host KeyIDs, policy, poison, the shortest way to a machine check
type Row = readonly [Platform, Mode, ClosureKeys, Policy, LeftPoison, string];
const WITNESSES: readonly Row[] = [
  [spr, "Li", "keyid0", "never", "none", "partial write W5, load R0"],
  [spr, "Ci", "shared", "never", "none", "partial write W5, load R0"],
  [spr, "Ci", "shared-integrity", "never", "none", "load C6"],
  [gnr, "Ci", "shared-integrity", "quirk", "none", "load C6"],
  [gnr, "Ci", "keyid0+integrity", "always", "none", "load C5"],
  [gnr, "Li", "keyid0", "quirk", "unconsumed", "load R0"],
  [spr, "Ci", "keyid0", "quirk", "none", ""],
  [gnr, "Ci", "keyid0", "never", "none", ""],
  [gnr, "Ci", "keyid0", "never", "consumed", ""],
];

for (const [platform, mode, hostKeys, policy, poison, way] of WITNESSES) {
  Deno.test(`verdict() on ${platform.name} ${mode} ${hostKeys} ${policy} ${poison}: ${way || "no way"}`, async () => {
    const expected = way === "" ? "Never" : "Sometimes";
    const { witness, observation } = await verdict({
      platform,
      mode,
      hostKeys,
      policy,
      poison,
      expected,
    });
    assertEquals(witness.map(({ op, rule }) => `${op} ${rule}`).join(", "), way);
    assertEquals(observation, expected);
  });
}

Deno.test("verdict() without the flush finds the erratum again, whatever is cleared", async () => {
  const { witness, observation } = await verdict({
    platform: spr,
    mode: "Li",
    hostKeys: "keyid0",
    policy: "always",
    poison: "none",
    flush: false,
    expected: "Sometimes",
  });
  assertEquals(observation, "Sometimes");
  assertEquals(witness.map(({ rule }) => rule), ["W1", "W5", "R0"]);
});

Deno.test("verdict() names the steps for machines: who, operation, line, KeyID, rule", async () => {
  const question = {
    platform: spr,
    mode: "Ci",
    hostKeys: "keyid0",
    policy: "never",
    poison: "none",
  } as const;
  const { witness } = await verdict({ ...question, expected: "Sometimes" });
  assertEquals(witness[0], { by: "host", op: "partial write", line: "X", keyId: 0, rule: "W5" });
});

Deno.test("verdict() says no where the expectation is wrong", async () => {
  const question = {
    platform: spr,
    mode: "Ci",
    hostKeys: "keyid0",
    policy: "never",
    poison: "none",
  } as const;
  assertEquals((await verdict({ ...question, expected: "Never" })).ok, false);
});

import { assert, assertEquals } from "@std/assert";
import type { Mode, Platform } from "@tdx/core";
import { cwf } from "@tdx/platform-cwf";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { srf } from "@tdx/platform-srf";
import { decide, type HostKeys, type Policy } from "./decide.ts";

const WITH_ERRATUM = [spr, emr];
const WITHOUT_ERRATUM = [generic, gnr, srf, cwf];

// The verdict table of the specification: hazard means a machine check is open to the host.
// platforms, host KeyIDs, mode, policy, clears, hazard
type Row = readonly [readonly Platform[], HostKeys, Mode, Policy, boolean, boolean];
const VERDICTS: readonly Row[] = [
  [WITH_ERRATUM, "keyid0", "Li", "always", true, false],
  [WITH_ERRATUM, "keyid0", "Li", "quirk", true, false],
  [WITH_ERRATUM, "keyid0", "Li", "never", false, true],
  [WITH_ERRATUM, "keyid0", "Ci", "always", true, false],
  [WITH_ERRATUM, "keyid0", "Ci", "quirk", true, false],
  [WITH_ERRATUM, "keyid0", "Ci", "never", false, true],
  [WITH_ERRATUM, "shared", "Li", "always", true, false],
  [WITH_ERRATUM, "shared", "Li", "quirk", true, false],
  [WITH_ERRATUM, "shared", "Li", "never", false, true],
  [WITH_ERRATUM, "shared", "Ci", "always", true, false],
  [WITH_ERRATUM, "shared", "Ci", "quirk", true, false],
  [WITH_ERRATUM, "shared", "Ci", "never", false, true],
  [WITH_ERRATUM, "shared-integrity", "Li", "always", true, false],
  [WITH_ERRATUM, "shared-integrity", "Li", "quirk", true, false],
  [WITH_ERRATUM, "shared-integrity", "Li", "never", false, true],
  [WITH_ERRATUM, "shared-integrity", "Ci", "always", true, false],
  [WITH_ERRATUM, "shared-integrity", "Ci", "quirk", true, false],
  [WITH_ERRATUM, "shared-integrity", "Ci", "never", false, true],
  [WITHOUT_ERRATUM, "keyid0", "Li", "always", true, false],
  [WITHOUT_ERRATUM, "keyid0", "Li", "quirk", false, false],
  [WITHOUT_ERRATUM, "keyid0", "Li", "never", false, false],
  [WITHOUT_ERRATUM, "keyid0", "Ci", "always", true, false],
  [WITHOUT_ERRATUM, "keyid0", "Ci", "quirk", false, false],
  [WITHOUT_ERRATUM, "keyid0", "Ci", "never", false, false],
  [WITHOUT_ERRATUM, "shared", "Li", "always", true, false],
  [WITHOUT_ERRATUM, "shared", "Li", "quirk", false, false],
  [WITHOUT_ERRATUM, "shared", "Li", "never", false, false],
  [WITHOUT_ERRATUM, "shared", "Ci", "always", true, false],
  [WITHOUT_ERRATUM, "shared", "Ci", "quirk", false, false],
  [WITHOUT_ERRATUM, "shared", "Ci", "never", false, false],
  // In Li no KeyID has integrity.
  [WITHOUT_ERRATUM, "shared-integrity", "Li", "always", true, false],
  [WITHOUT_ERRATUM, "shared-integrity", "Li", "quirk", false, false],
  [WITHOUT_ERRATUM, "shared-integrity", "Li", "never", false, false],
  [WITHOUT_ERRATUM, "shared-integrity", "Ci", "always", true, false],
  [WITHOUT_ERRATUM, "shared-integrity", "Ci", "quirk", false, true],
  [WITHOUT_ERRATUM, "shared-integrity", "Ci", "never", false, true],
];

for (const [platforms, hostKeys, mode, policy, clear, hazard] of VERDICTS) {
  for (const platform of platforms) {
    const verdict = `${clear ? "clears" : "skips"}${hazard ? ", a hazard" : ""}`;
    Deno.test(`decide() on ${platform.name}, ${hostKeys}, ${mode}, ${policy}: ${verdict}`, () => {
      const decision = decide({ platform, hostKeys, mode, policy });
      assertEquals([decision.clear, decision.hazard], [clear, hazard]);
    });
  }
}

Deno.test("decide() takes Linux's way by default: KeyID 0, policy quirk", () => {
  const { hostKeys, policy } = decide({ platform: gnr });
  assertEquals([hostKeys, policy], ["keyid0", "quirk"]);
});

Deno.test("decide() counts an unknown mode as the stricter one", () => {
  assert(decide({ platform: gnr, hostKeys: "shared-integrity" }).hazard);
});

Deno.test("decide() names the rules and sources that decide", () => {
  assertEquals(decide({ platform: spr }).rules, ["W5", "R0"]);
  assertEquals(decide({ platform: gnr, hostKeys: "shared-integrity" }).rules, ["C6"]);
  assertEquals(decide({ platform: gnr }).rules, ["C8", "L4", "W3", "W4"]);
  assert(decide({ platform: spr }).sources.some((source) => source.includes("1e536e106897")));
});

Deno.test("decide() never calls an unidentified CPU confirmed", () => {
  const decision = decide({ platform: generic });
  assertEquals(decision.confidence, "assumed");
  assert(decision.reason.includes("assumed and not confirmed"));
  assertEquals(decide({ platform: gnr }).confidence, "confirmed");
});

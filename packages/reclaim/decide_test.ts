import { assert, assertEquals } from "@std/assert";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { VERDICTS, WITH_ERRATUM } from "./_fixtures_test.ts";
import { decide, POLICIES } from "./decide.ts";

for (const [platforms, mode, hostKeys, hazardous] of VERDICTS) {
  for (const platform of platforms) {
    for (const policy of POLICIES) {
      const erratum = WITH_ERRATUM.includes(platform);
      const clears = { always: true, quirk: erratum, never: false }[policy];
      const hazard = hazardous.includes(policy);
      const verdict = `${clears ? "clears" : "skips"}${hazard ? ", a hazard" : ""}`;
      Deno.test(`decide() on ${platform.name}, ${hostKeys}, ${mode}, ${policy}: ${verdict}`, () => {
        const decision = decide({ platform, hostKeys, mode, policy });
        assertEquals([decision.clear, decision.hazard], [clears, hazard]);
      });
    }
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

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { definePlatform } from "@tdx/core";
import { linux, NEWEST_LINUX } from "@tdx/linux";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { VERDICTS, WITH_ERRATUM, WITHOUT_ERRATUM } from "./_fixtures_test.ts";
import { decide, POLICIES, POLICY_KERNELS } from "./decide.ts";

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

Deno.test("decide() takes the newest Linux by default: KeyID 0, policy quirk", () => {
  const { hostKeys, policy, kernel, kernelNote } = decide({ platform: gnr });
  assertEquals([hostKeys, policy, kernel], ["keyid0", "quirk", NEWEST_LINUX]);
  assertEquals(kernelNote, undefined);
});

// Version, policy; whether it clears on gnr and on spr (X1).
const KERNELS = [
  ["6.16", "always", true, true],
  ["6.17.8", "always", true, true],
  ["6.18", "quirk", false, true],
  ["6.19", "quirk", false, true],
  ["7.2", "quirk", false, true],
  ["7.4", "quirk", false, true],
  ["6.8.0-1014-intel", "unknown", null, null],
] as const;

for (const [version, policy, ...clears] of KERNELS) {
  Deno.test(`decide() says what Linux ${version} does, and what is needed (X1)`, () => {
    for (const [i, platform] of [gnr, spr].entries()) {
      const decision = decide({ platform, kernel: linux(version) });
      assertEquals([decision.policy, decision.clear], [policy, clears[i]!]);
      assertEquals(decision.needed, platform === spr);
      // What is not known to be done is a hazard where it is needed.
      assertEquals(decision.hazard, platform === spr && policy === "unknown");
    }
  });
}

Deno.test("decide() lets a policy go before the kernel, and says whose way it is", () => {
  const kernel = linux("6.17");
  const own = decide({ platform: gnr, kernel });
  assertMatch(own.reason, /\. Linux 6\.17 clears all the same, needlessly$/);
  assert(own.sources.some(({ text }) => text.startsWith("Linux 8d032b683c299, ")));
  const other = decide({ platform: gnr, kernel, policy: "quirk" });
  assertEquals([other.clear, other.policy, other.kernel], [false, "quirk", "6.17"]);
  assertMatch(other.reason, /\. Policy quirk skips the clearing$/);
  const distribution = linux("5.14.0-503.el9");
  const unknown = decide({ platform: spr, kernel: distribution });
  assertMatch(unknown.reason, /Whether Linux 5\.14\.0-503\.el9 clears is not known$/);
  assertMatch(unknown.kernelNote!, /its version proves nothing/);
  assertEquals(decide({ platform: spr, kernel: distribution, policy: "always" }).hazard, false);
});

Deno.test("POLICY_KERNELS names the versions that go a policy's way", () => {
  const way = (version: string) => decide({ platform: gnr, kernel: linux(version) }).policy;
  assertEquals([way("6.16"), way("6.17")], ["always", "always"]);
  assertEquals(POLICY_KERNELS.always, "Linux 6.16 and 6.17");
  for (const version of ["6.18", "6.19", "7.0", "7.4"]) assertEquals(way(version), "quirk");
  assertEquals(POLICY_KERNELS.quirk, "Linux from 6.18 on");
});

Deno.test("decide() counts an unknown mode as the stricter one", () => {
  assert(decide({ platform: gnr, hostKeys: "shared-integrity" }).hazard);
});

Deno.test("decide() names the rules and sources that decide", () => {
  assertEquals(decide({ platform: spr }).rules, ["W5", "R0"]);
  assertEquals(decide({ platform: gnr, hostKeys: "shared-integrity" }).rules, ["C6"]);
  assertEquals(decide({ platform: gnr }).rules, ["C8", "L4", "W3", "W4"]);
  assert(decide({ platform: spr }).sources.some(({ text }) => text.includes("1e536e106897")));
});

Deno.test("decide() cites what shows the kernel's way where no commit does", () => {
  const kernel = linux("6.17", { symbols: ["tdx_quirk_reset_page"] });
  const texts = decide({ platform: gnr, kernel }).sources.map(({ text }) => text);
  assertEquals(texts.at(-1), "Linux symbol tdx_quirk_reset_page");
});

Deno.test("decide() cites platform and kernel by their own sources, whichever was asked about before", () => {
  const mine = definePlatform({
    ...gnr,
    name: "mine",
    sources: [{ document: "A letter", at: "page 1" }],
  });
  const skips = "Linux 01fb93a363e0";
  for (const [kernel, cited] of [[linux("6.18"), true], [linux("6.17"), false]] as const) {
    for (const platform of [...WITH_ERRATUM, ...WITHOUT_ERRATUM, mine, ...WITHOUT_ERRATUM]) {
      const texts = decide({ platform, kernel }).sources.map(({ text }) => text);
      const own = platform.sources.map(({ document, at }) => `${document} ${at}`);
      assertEquals(texts.slice(0, own.length), own);
      assertEquals(texts.some((text) => text.startsWith(skips)), cited);
    }
  }
});

Deno.test("decide() never calls an unidentified CPU confirmed", () => {
  const decision = decide({ platform: generic });
  assertEquals(decision.confidence, "assumed");
  assert(decision.reason.includes("assumed and not confirmed"));
  const oneModel = { ...gnr, name: "one", title: "One Rapids", cpus: [gnr.cpus[0]!] };
  const { reason } = decide({
    platform: definePlatform({ ...oneModel, confidence: "assumed" }),
  });
  assertStringIncludes(reason, "One Rapids is assumed, not confirmed, to be without the erratum");
  const confirmed = decide({ platform: gnr });
  assertEquals(confirmed.confidence, "confirmed");
  assert(confirmed.reason.startsWith(`${gnr.title} does not have the erratum`));
});

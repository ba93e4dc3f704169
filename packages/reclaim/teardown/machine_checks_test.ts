import { assertEquals } from "@std/assert";
import type { Mode, OperationKind, Platform } from "@tdx/core";
import { cwf } from "@tdx/platform-cwf";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { srf } from "@tdx/platform-srf";
import { createReclaimer } from "../create_reclaimer.ts";
import { type HostKeys, POLICIES, type Policy } from "../decide.ts";
import { GUEST_PAGES, smallHost } from "../_fixtures_test.ts";
import type { TdHost } from "../td_host/td_host.ts";
import { TEARDOWN_PATHS } from "./options.ts";

const WITH_ERRATUM = [spr, emr];
const WITHOUT_ERRATUM = [generic, gnr, srf, cwf];
const NONE = [0, 0];
/** Machine checks and retired pages where every guest page is hit. */
const EVERY = [GUEST_PAGES, GUEST_PAGES];

// The verdict table of the specification: platforms, mode, host KeyIDs, then what comes of the
// policies always, quirk and never.
type Row = readonly [readonly Platform[], Mode, HostKeys, readonly (readonly number[])[]];
const VERDICTS: readonly Row[] = [
  [WITH_ERRATUM, "Li", "keyid0", [NONE, NONE, EVERY]],
  [WITH_ERRATUM, "Li", "shared", [NONE, NONE, EVERY]],
  [WITH_ERRATUM, "Li", "shared-integrity", [NONE, NONE, EVERY]],
  [WITH_ERRATUM, "Ci", "keyid0", [NONE, NONE, EVERY]],
  [WITH_ERRATUM, "Ci", "shared", [NONE, NONE, EVERY]],
  [WITH_ERRATUM, "Ci", "shared-integrity", [NONE, NONE, EVERY]],
  [WITHOUT_ERRATUM, "Li", "keyid0", [NONE, NONE, NONE]],
  [WITHOUT_ERRATUM, "Li", "shared", [NONE, NONE, NONE]],
  [WITHOUT_ERRATUM, "Li", "shared-integrity", [NONE, NONE, NONE]],
  [WITHOUT_ERRATUM, "Ci", "keyid0", [NONE, NONE, NONE]],
  [WITHOUT_ERRATUM, "Ci", "shared", [NONE, NONE, NONE]],
  [WITHOUT_ERRATUM, "Ci", "shared-integrity", [NONE, EVERY, EVERY]],
];

/** Machine checks and retired pages. */
async function machineChecks(
  { memory, module, tdr }: TdHost,
  options: { hostKeys?: HostKeys; policy: Policy; path?: "terminate" | "dynamic" },
): Promise<number[]> {
  const { path = "terminate", ...how } = options;
  const host = createReclaimer({ memory, ...how });
  const { machineChecks, retiredPages } = await host.teardown(module, tdr, { path, reuse: true });
  return [machineChecks, retiredPages];
}

for (const [platforms, mode, hostKeys, expected] of VERDICTS) {
  for (const platform of platforms) {
    Deno.test(`teardown() and then a reuse on ${platform.name}, ${mode}, ${hostKeys}`, async () => {
      for (const [i, policy] of POLICIES.entries()) {
        for (const path of TEARDOWN_PATHS) {
          const host = smallHost(platform, mode);
          const checks = await machineChecks(host, { hostKeys, policy, path });
          assertEquals(checks, expected[i], `${policy} ${path}`);
        }
      }
    });
  }
}

/** A small TD with one of its lines struck, and what it wrote there in memory or dirty in a cache. */
function struckHost(
  platform: Platform,
  kind: OperationKind,
  lines: readonly number[],
  written = true,
): TdHost {
  const host = smallHost(platform);
  const key = host.module.td(host.tdr)!.key!;
  for (const pa of lines) {
    if (written) host.memory.step({ kind: "evict", by: "cache", key }, pa);
    host.memory.step({ kind, by: "cache", key }, pa);
  }
  return host;
}

// Poison that the TD never consumed: platform, kind, machine checks under always, quirk, never.
const POISON: readonly (readonly [Platform, OperationKind, readonly number[]])[] = [
  [spr, "poison", [0, 0, GUEST_PAGES]],
  [emr, "poison", [0, 0, GUEST_PAGES]],
  [gnr, "poison", [0, 1, 1]],
  [srf, "poison", [0, 1, 1]],
  [cwf, "poison", [0, 1, 1]],
  [generic, "poison", [0, 1, 1]],
  // A stuck cell is poisoned again after the clear.
  [spr, "poison-stuck", [1, 1, GUEST_PAGES]],
  [emr, "poison-stuck", [1, 1, GUEST_PAGES]],
  [gnr, "poison-stuck", [1, 1, 1]],
];

for (const [platform, kind, expected] of POISON) {
  Deno.test(`teardown() on ${platform.name} with ${kind} left in a line`, async () => {
    for (const [i, policy] of POLICIES.entries()) {
      for (const path of TEARDOWN_PATHS) {
        const host = struckHost(platform, kind, [0x5040]);
        const checks = await machineChecks(host, { policy, path });
        assertEquals(checks, [expected[i], expected[i]], `${policy} ${path}`);
      }
    }
  });
}

Deno.test("teardown() retires a page once, however many of its lines are poisoned", async () => {
  const host = struckHost(gnr, "poison", [0x5000, 0x5040, 0x6000]);
  assertEquals(await machineChecks(host, { policy: "quirk" }), [2, 2]);
});

Deno.test("teardown() flushes dirty lines over transient poison, which clears it", async () => {
  for (const path of TEARDOWN_PATHS) {
    const host = struckHost(gnr, "poison", [0x5000], false);
    assertEquals(await machineChecks(host, { policy: "never", path }), NONE);
  }
});

Deno.test("teardown() meets no machine check itself: only a host that uses the pages does", async () => {
  const { memory, module, tdr } = struckHost(spr, "poison", [0x5000]);
  const report = await createReclaimer({ memory, policy: "never" }).teardown(module, tdr);
  assertEquals([report.machineChecks, memory.counts.machineChecks], [0, 0]);
});

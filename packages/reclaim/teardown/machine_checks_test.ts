import { assertEquals } from "@std/assert";
import type { OperationKind, Platform } from "@tdx/core";
import { cwf } from "@tdx/platform-cwf";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { srf } from "@tdx/platform-srf";
import { GUEST_PAGES, smallHost, tearDown, VERDICTS } from "../_fixtures_test.ts";
import type { ReclaimerOptions } from "../create_reclaimer.ts";
import { POLICIES } from "../decide.ts";
import type { TdHost } from "../td_host/td_host.ts";
import { TEARDOWN_PATHS, type TeardownPath } from "./options.ts";

/** Machine checks and retired pages if the host uses what comes back. */
async function machineChecks(
  host: TdHost,
  how: Omit<ReclaimerOptions, "memory">,
  path: TeardownPath = "terminate",
): Promise<number[]> {
  const { machineChecks, retiredPages } = await tearDown(host, { path, reuse: true }, how);
  return [machineChecks, retiredPages];
}

for (const [platforms, mode, hostKeys, hazardous] of VERDICTS) {
  for (const platform of platforms) {
    Deno.test(`teardown() and then a reuse on ${platform.name}, ${mode}, ${hostKeys}`, async () => {
      for (const policy of POLICIES) {
        // Every guest page is hit, or none.
        const hit = hazardous.includes(policy) ? GUEST_PAGES : 0;
        for (const path of TEARDOWN_PATHS) {
          const checks = await machineChecks(smallHost(platform, mode), { hostKeys, policy }, path);
          assertEquals(checks, [hit, hit], `${policy} ${path}`);
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
        const checks = await machineChecks(host, { policy }, path);
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
    assertEquals(await machineChecks(host, { policy: "never" }, path), [0, 0]);
  }
});

Deno.test("teardown() meets no machine check itself: only a host that uses the pages does", async () => {
  const host = struckHost(spr, "poison", [0x5000]);
  const report = await tearDown(host, {}, { policy: "never" });
  assertEquals([report.machineChecks, host.memory.counts.machineChecks], [0, 0]);
});

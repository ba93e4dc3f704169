import { assertEquals, assertThrows } from "@std/assert";
import { GiB, KeyIdSpace, PhysicalMemory, runOf } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { keyIds, ownedMemory } from "./_fixtures_test.ts";
import { createReclaimer } from "./create_reclaimer.ts";
import type { HostKeys } from "./decide.ts";

Deno.test("createReclaimer() goes Linux's way by default: KeyID 0, policy quirk", () => {
  for (const [platform, clear, lines] of [[emr, true, 64], [gnr, false, 0]] as const) {
    const host = createReclaimer({ memory: ownedMemory(platform) });
    const { hostKeys, policy } = host.decision;
    assertEquals([hostKeys, policy, host.decision.clear], ["keyid0", "quirk", clear]);
    assertEquals(host.reset(0, 4096).lines, lines);
  }
});

Deno.test("createReclaimer() decides for the memory's mode", () => {
  for (const [mode, hazard] of [["Ci", true], ["Li", false]] as const) {
    const memory = ownedMemory(gnr, mode);
    const { decision } = createReclaimer({ memory, hostKeys: "shared-integrity" });
    assertEquals(decision.hazard, hazard);
  }
});

Deno.test("createReclaimer() resets through the host's KeyID", () => {
  // Host KeyIDs, the KeyID that the line is written with, whether it has a MAC afterwards.
  const table: readonly [HostKeys, number, boolean][] = [
    ["keyid0", 0, false],
    ["shared", 1, false],
    ["shared-integrity", 1, true],
  ];
  for (const [hostKeys, keyId, mac] of table) {
    const memory = ownedMemory(emr);
    const host = createReclaimer({ memory, hostKeys });
    assertEquals(host.reset(0, 4096), { lines: 64, fences: 1 });
    assertEquals(host.resetPages(runOf(1, 2)), { lines: 128, fences: 2 });
    for (const page of [0, 1, 2]) {
      const { key, owner, macMatches } = memory.state(page * 4096).memory;
      assertEquals([key?.keyId, owner, macMatches], [keyId, 0, mac]);
    }
  }
});

Deno.test("createReclaimer() with policy never resets nothing, with always everywhere", () => {
  const never = ownedMemory(emr);
  assertEquals(createReclaimer({ memory: never, policy: "never" }).reset(0, GiB).lines, 0);
  assertEquals(never.countLines(({ memory }) => memory.owner === 1), GiB / 64);

  const always = ownedMemory(gnr);
  assertEquals(createReclaimer({ memory: always, policy: "always" }).reset(0, GiB).fences, 1);
  assertEquals(always.countLines(({ memory }) => memory.owner === 1), 0);
});

Deno.test("createReclaimer() refuses KeyIDs that the machine does not have", () => {
  const noShared = new KeyIdSpace({ maxPa: 52, keyIdBits: 2, shared: 0, private: 2 });
  const memory = new PhysicalMemory({ bytes: GiB, platform: gnr, keyIds: noShared });
  for (const hostKeys of ["shared", "shared-integrity"] as const) {
    const { message } = assertThrows(() => createReclaimer({ memory, hostKeys }), RangeError);
    assertEquals(
      message,
      `Expected a machine with shared KeyIDs for host keys ${hostKeys}, got none`,
    );
  }
  assertEquals(createReclaimer({ memory }).decision.hostKeys, "keyid0");

  const noIntegrity = new KeyIdSpace({ ...keyIds, integrityAllowed: false });
  const plain = new PhysicalMemory({ bytes: GiB, platform: gnr, keyIds: noIntegrity });
  assertThrows(
    () => createReclaimer({ memory: plain, hostKeys: "shared-integrity" }),
    RangeError,
    "allows an integrity algorithm",
  );
});

/**
 * What every platform plugin must pass, whatever it declares.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  definePlatform,
  GiB,
  KeyIdSpace,
  type Mode,
  MODES,
  PhysicalMemory,
  type Platform,
  TDX_PW_MCE,
} from "@tdx/core";
import { decide } from "@tdx/reclaim";

const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
const KEY0 = keyIds.key(0);
const TD = keyIds.key(33);
const INTEGRITY = keyIds.key(1, { integrity: true });

/**
 * Registers the tests of one plugin.
 *
 * @param platform The plugin.
 */
export function platformSuite(platform: Platform): void {
  const { name } = platform;

  Deno.test(`${name} is frozen and passes definePlatform() again`, () => {
    assert(Object.isFrozen(platform));
    assertEquals(definePlatform(platform), platform);
  });

  Deno.test(`${name} gives a source for what it declares`, () => {
    assert(platform.sources.length > 0);
    for (const { document, at } of platform.sources) assertMatch(`${document} ${at}`, /\S \S/);
  });

  Deno.test(`${name} is confirmed only where it names the CPUs it speaks of`, () => {
    if (platform.confidence === "confirmed") assert(platform.cpus.length > 0);
    for (const { family } of platform.cpus) assertEquals(family, 6);
  });

  for (const mode of MODES) {
    Deno.test(`${name} in ${mode}: decide() and memory agree on the partial write`, () => {
      const memory = ownedMemory(platform, mode);
      memory.step({ kind: "partial-write", by: "host", key: KEY0, data: "host" }, 0);
      const { machineCheck } = memory.step({ kind: "load", by: "host", key: KEY0 }, 0);
      assertEquals(machineCheck, decide({ platform, mode }).needed);
      assertEquals(machineCheck, platform.bugs.includes(TDX_PW_MCE));
    });

    Deno.test(`${name} in ${mode}: KeyID 0 reads old private lines as zeros`, () => {
      const load = ownedMemory(platform, mode).step({ kind: "load", by: "host", key: KEY0 }, 0);
      assertEquals([load.data, load.machineCheck], ["zeros", false]);
    });

    Deno.test(`${name} in ${mode}: decide() and memory agree on an integrity KeyID`, () => {
      const memory = ownedMemory(platform, mode);
      const { machineCheck } = memory.step({ kind: "load", by: "host", key: INTEGRITY }, 0);
      const decision = decide({ platform, mode, hostKeys: "shared-integrity", policy: "never" });
      const erratum = platform.bugs.includes(TDX_PW_MCE);
      assertEquals(machineCheck || erratum, decision.hazard);
    });

    Deno.test(`${name} in ${mode}: what decide() calls safe stays safe after the clear`, () => {
      const memory = ownedMemory(platform, mode);
      if (decide({ platform, mode }).clear) {
        memory.apply({ kind: "movdir64b", by: "host", key: KEY0 }, 0, GiB);
      }
      memory.apply({ kind: "partial-write", by: "host", key: KEY0, data: "host" }, 0, GiB);
      const { machineChecks } = memory.apply({ kind: "load", by: "host", key: KEY0 }, 0, GiB);
      assertEquals(machineChecks, 0);
    });
  }
}

/** Memory whose every line a TD wrote last, nothing of it cached. */
function ownedMemory(platform: Platform, mode: Mode): PhysicalMemory {
  const memory = new PhysicalMemory({ bytes: GiB, platform, keyIds, mode });
  memory.apply({ kind: "movdir64b", by: "module", key: TD, data: "secret" }, 0, GiB);
  return memory;
}

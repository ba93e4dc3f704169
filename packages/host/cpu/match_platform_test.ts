import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { definePlatform, type Platform } from "@tdx/core";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import type { CpuIdentity } from "./cpu_identity.ts";
import { matchPlatform } from "./match_platform.ts";

const ALL = [generic, spr, gnr];

const intel = (model: number, more: Partial<CpuIdentity> = {}): CpuIdentity => ({
  vendor: "GenuineIntel",
  family: 6,
  model,
  stepping: 2,
  ...more,
});

function refuses(cpu: CpuIdentity, platforms: readonly Platform[], message: string): void {
  const error = assertThrows(() => matchPlatform(cpu, platforms), RangeError);
  assertEquals(error.message, message);
}

Deno.test("matchPlatform() finds the platform that names the model", () => {
  assertStrictEquals(matchPlatform(intel(0x8f), ALL), spr);
  assertStrictEquals(matchPlatform(intel(0xad), ALL), gnr);
  assertStrictEquals(matchPlatform(intel(0xae), ALL.toReversed()), gnr);
});

Deno.test("matchPlatform() falls back for an Intel CPU that no platform names", () => {
  assertStrictEquals(matchPlatform(intel(0x6a), ALL), generic);
  assertStrictEquals(matchPlatform(intel(0x8f, { family: 15 }), ALL), generic);
});

Deno.test("matchPlatform() heeds no flag", () => {
  const all = { flags: ["tme", "movdir64b", "pconfig"], bugs: ["tdx_pw_mce"] };
  const none = { flags: [], bugs: [] };
  assertStrictEquals(matchPlatform(intel(0x97, all), ALL), generic);
  assertStrictEquals(matchPlatform(intel(0x8f, none), ALL), spr);
});

Deno.test("matchPlatform() refuses another vendor, even with a model that a platform names", () => {
  const amd = { vendor: "AuthenticAMD", family: 26, model: 2, stepping: 1 };
  refuses(
    { ...amd, brand: "AMD EPYC" },
    ALL,
    "Expected a GenuineIntel CPU, TDX exists only there, " +
      "got AuthenticAMD family 26 model 2 (AMD EPYC)",
  );
  refuses(
    { ...amd, family: 6, model: 0x8f },
    ALL,
    "Expected a GenuineIntel CPU, TDX exists only there, got AuthenticAMD family 6 model 143",
  );
});

Deno.test("matchPlatform() refuses two platforms for one model and names both", () => {
  refuses(
    intel(0xad),
    [...ALL, definePlatform({ ...gnr, name: "demo" })],
    "Expected one platform for GenuineIntel family 6 model 173, got gnr and demo",
  );
  refuses(
    intel(0x97),
    [...ALL, definePlatform({ ...generic, name: "other" })],
    "Expected one platform for GenuineIntel family 6 model 151, got generic and other",
  );
});

Deno.test("matchPlatform() refuses to guess without a fallback", () => {
  refuses(
    intel(0x97),
    [spr, gnr],
    "Expected one platform for GenuineIntel family 6 model 151, got none, and no fallback",
  );
});

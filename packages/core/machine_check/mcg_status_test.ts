import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeMcgCap, decodeMcgStatus, encodeMcgStatus, mcgStatusFlags } from "./mcg_status.ts";

Deno.test("decodeMcgStatus() tells a machine check in a TD from one in the host", () => {
  const host = {
    restartIpValid: true,
    errorIpValid: true,
    inProgress: true,
    local: true,
    seamNr: false,
    otherBits: 0n,
  };
  assertEquals(decodeMcgStatus(0xFn), host);
  assertEquals(decodeMcgStatus(0x100Fn), { ...host, seamNr: true });
});

Deno.test("decodeMcgStatus() keeps the bits it has no field for", () => {
  assertEquals(decodeMcgStatus(0xffff_ffff_ffff_ffffn).otherBits, 0xffff_ffff_ffff_eff0n);
});

Deno.test("encodeMcgStatus() restores every 64-bit value", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
    assertEquals(encodeMcgStatus(decodeMcgStatus(value)), value);
  }));
});

Deno.test("encodeMcgStatus() refuses other bits that have a field, or no room", () => {
  const status = decodeMcgStatus(0xFn);
  for (const otherBits of [1n, 0x1000n, -1n, 1n << 64n]) {
    assertThrows(() => encodeMcgStatus({ ...status, otherBits }), RangeError, "Expected");
  }
});

Deno.test("mcgStatusFlags() names each flag by its bit, from bit 0 up", () => {
  const flags: [number, string][] = [
    [0, "RIPV"],
    [1, "EIPV"],
    [2, "MCIP"],
    [3, "LMCES"],
    [12, "SEAM_NR"],
  ];
  for (const [bit, name] of flags) assertEquals(mcgStatusFlags(1n << BigInt(bit)), [name]);
  assertEquals(mcgStatusFlags(2n ** 64n - 1n).join(" "), "RIPV EIPV MCIP LMCES SEAM_NR");
});

Deno.test("decodeMcgCap() reads SEAM_NR, SER_P and LMCE_P, each from its bit", () => {
  const none = { seamNr: false, ser: false, lmce: false };
  assertEquals(decodeMcgCap(2n ** 64n - 1n), { seamNr: true, ser: true, lmce: true });
  assertEquals(decodeMcgCap(1n << 12n), { ...none, seamNr: true });
  assertEquals(decodeMcgCap(1n << 24n), { ...none, ser: true });
  assertEquals(decodeMcgCap(1n << 27n), { ...none, lmce: true });
});

Deno.test("decodeMcgStatus(), mcgStatusFlags() and decodeMcgCap() refuse what is no 64-bit register", () => {
  for (const read of [decodeMcgStatus, mcgStatusFlags, decodeMcgCap]) {
    assertThrows(() => read(-1n), RangeError, "MCG_");
    assertThrows(() => read(1n << 64n), RangeError, "MCG_");
    assertThrows(() => read(5 as unknown as bigint), TypeError, "bigint");
  }
});

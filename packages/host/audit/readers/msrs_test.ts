import { assertEquals } from "@std/assert";
import { firmwareBits, keyIdCounts } from "./msrs.ts";

// A register, a value, and what it says: TME, TME-MT (k in 35:32), the private KeyIDs in 63:32 of
// 0x87, the SEAM range in MTRRCAP and its mask, MCHECK.
const BITS: readonly (readonly [number, bigint, ReturnType<typeof firmwareBits>])[] = [
  [0x982, 0x2n, { tme: true, tmeMt: false }],
  [0x982, 0x6_0000_0002n, { tme: true, tmeMt: true }],
  // Bits reserved for TDX are no KeyIDs by themselves, and neither is the policy in 7:4.
  [0x982, 0x60_0000_00f1n, { tme: false, tmeMt: false }],
  [0x87, 0x40_0000_003fn, { privates: 64 }],
  [0x87, 0xffff_ffffn, { privates: 0 }],
  [0xfe, 1n << 15n, { hasSeamrr: true }],
  [0xfe, 0x7fffn, { hasSeamrr: false }],
  [0x1401, 1n << 11n, { seamrr: true }],
  [0x1401, 0x3_ffff_fe00_0400n, { seamrr: false }],
  [0xa0, 5n, { mcheck: 5n }],
];

Deno.test("firmwareBits() reads each bit from its place, and says nothing of what was not read", () => {
  for (const [msr, value, bits] of BITS) {
    assertEquals(firmwareBits(new Map([[msr, value]])), bits, `${msr.toString(16)} ${value}`);
  }
  assertEquals(firmwareBits(new Map()), {});
});

Deno.test("keyIdCounts() reads the shared KeyIDs from 31:0 and the private ones from 63:32", () => {
  assertEquals(keyIdCounts(new Map([[0x87, 0x40_0000_003fn]])), { shared: 63, privates: 64 });
  assertEquals(keyIdCounts(new Map([[0x982, 1n]])), undefined);
});

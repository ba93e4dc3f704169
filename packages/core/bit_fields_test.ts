import { assertEquals, assertThrows } from "@std/assert";
import { BitFields, bitRange } from "./bit_fields.ts";

const fields = new BitFields<{ on: boolean; count: number; top: boolean }>("DEMO", {
  on: ["ON", 0],
  count: ["COUNT", 61, 32],
  top: ["TOP", 63],
});

Deno.test("bitRange() reads the same bits of a bigint and of a 32-bit number", () => {
  assertEquals(bitRange(0xfedc_ba98_7654_3210n, 63, 52), 0xfed);
  assertEquals(bitRange(0xfedc_ba98, 31, 20), 0xfed);
  assertEquals(bitRange(0xfedc_ba98 | 0, 31, 20), 0xfed);
  assertEquals(bitRange(2n ** 64n - 1n, 52, 0), Number.MAX_SAFE_INTEGER);
});

Deno.test("BitFields reads, writes and names each field by its bits alone", () => {
  const rest = { on: false, count: 0, top: false };
  assertEquals(fields.decode(1n), { ...rest, on: true });
  assertEquals(fields.decode(0x3fff_ffffn << 32n), { ...rest, count: 0x3fff_ffff });
  assertEquals(fields.decode(1n << 63n), { ...rest, top: true });
  assertEquals(fields.decode(~fields.mask & (2n ** 64n - 1n)), rest);
  assertEquals(fields.encode({ on: true, count: 5, top: true }), 0x8000_0005_0000_0001n);
  assertEquals(fields.flags(2n ** 64n - 1n), ["ON", "TOP"]);
});

Deno.test("BitFields refuses what does not fit in a register or a field", () => {
  const readers = [
    (value: bigint) => fields.decode(value),
    (value: bigint) => fields.flags(value),
  ];
  for (const read of readers) {
    for (const value of [-1n, 1n << 64n]) {
      assertThrows(() => read(value), RangeError, "Expected DEMO");
    }
    assertThrows(() => read(5 as never), TypeError, "a bigint");
  }
  const values = fields.decode(0n);
  for (const count of [-1, 0.5, NaN, 2 ** 30]) {
    assertThrows(() => fields.encode({ ...values, count }), RangeError, "Expected count");
  }
});

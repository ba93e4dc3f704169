import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { consumedPoison, splitMciAddress } from "./machine_check.ts";

Deno.test("consumedPoison() builds the typical record of a data load", () => {
  assertEquals(consumedPoison({ address: 0x80a5669600, seamNr: false, cpu: 147 }), {
    cpu: 147,
    bank: 1,
    status: 0xBD80000000100134n,
    mcgStatus: 0xFn,
    address: 0x80a5669600n,
    misc: 0x86n,
  });
});

Deno.test("consumedPoison() tells a fetch by 0x150 and a TD by SEAM_NR", () => {
  const fetched = consumedPoison({ address: 0, seamNr: true, instruction: "fetch" });
  assertEquals([fetched.status, fetched.mcgStatus], [0xBD80000000100150n, 0x100Fn]);
  assertEquals("cpu" in fetched, false);
  const loaded = consumedPoison({ address: 0, seamNr: true, instruction: "load" });
  assertEquals(loaded.status, 0xBD80000000100134n);
});

Deno.test("consumedPoison() refuses an address, a processor or an access that cannot be", () => {
  for (const address of [-1, 0.5, NaN, 2 ** 52]) {
    assertThrows(() => consumedPoison({ address, seamNr: false }), RangeError, "address");
  }
  const highest = consumedPoison({ address: 2 ** 52 - 1, seamNr: false, cpu: 0 });
  assertEquals([highest.address, highest.cpu], [2n ** 52n - 1n, 0]);
  for (const cpu of [-1, 1.5]) {
    assertThrows(() => consumedPoison({ address: 0, seamNr: false, cpu }), RangeError, "cpu");
  }
  const instruction = "store" as "load";
  assertThrows(
    () => consumedPoison({ address: 0, seamNr: false, instruction }),
    RangeError,
    'Expected instruction to be one of load, fetch, got "store"',
  );
});

Deno.test("splitMciAddress() finds KeyID 0x41 in the address of a real log", () => {
  assertEquals(splitMciAddress(0x82080a5669600n, { maxPa: 52, keyIdBits: 7 }), {
    keyId: 0x41,
    pa: 0x80a5669600,
  });
});

Deno.test("splitMciAddress() leaves an address alone where there are no KeyID bits", () => {
  assertEquals(splitMciAddress(0x82080a5669600n, { maxPa: 52, keyIdBits: 0 }), {
    keyId: 0,
    pa: 0x82080a5669600,
  });
});

Deno.test("splitMciAddress() parts KeyID and address without loss", () => {
  const cases = fc.record({
    maxPa: fc.integer({ min: 32, max: 52 }),
    keyIdBits: fc.integer({ min: 0, max: 15 }),
    keyId: fc.nat(),
    pa: fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }),
  });
  fc.assert(fc.property(cases, ({ maxPa, keyIdBits, keyId: rawKeyId, pa: rawPa }) => {
    const keyId = rawKeyId % 2 ** keyIdBits;
    const pa = rawPa % 2n ** BigInt(maxPa - keyIdBits);
    const address = (BigInt(keyId) << BigInt(maxPa - keyIdBits)) | pa;
    assertEquals(splitMciAddress(address, { maxPa, keyIdBits }), { keyId, pa: Number(pa) });
  }));
});

Deno.test("splitMciAddress() refuses an address or a layout out of range", () => {
  const layout = { maxPa: 52, keyIdBits: 7 };
  for (const address of [-1n, 1n << 52n, (1n << 53n) + 1n, 1n << 64n]) {
    assertThrows(() => splitMciAddress(address, layout), RangeError, "MCi_ADDR");
  }
  assertThrows(
    () => splitMciAddress(1n << 46n, { ...layout, maxPa: 46 }),
    RangeError,
    "a 46-bit value",
  );
  for (const maxPa of [31, 53, 46.5]) {
    assertThrows(() => splitMciAddress(0n, { ...layout, maxPa }), RangeError, "maxPa");
  }
  for (const keyIdBits of [-1, 16, 6.5]) {
    assertThrows(() => splitMciAddress(0n, { ...layout, keyIdBits }), RangeError, "keyIdBits");
  }
  assertThrows(() => splitMciAddress(0 as unknown as bigint, layout), TypeError, "bigint");
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodeMciStatus,
  encodeMciStatus,
  MCACOD_DATA_LOAD,
  MCACOD_FETCH,
  mciStatusFlags,
} from "./mci_status.ts";

const TYPICAL = 0xBD80000000100134n;

Deno.test("decodeMciStatus() reads the typical record of a consumed poison", () => {
  assertEquals(decodeMciStatus(TYPICAL), {
    valid: true,
    overflow: false,
    uncorrected: true,
    enabled: true,
    miscValid: true,
    addressValid: true,
    contextCorrupt: false,
    signaled: true,
    actionRequired: true,
    otherInfo: 0,
    msCod: 0x0010,
    mcaCod: 0x134,
  });
});

Deno.test("decodeMciStatus() puts every bit into its own field", () => {
  const { otherInfo, msCod, mcaCod } = decodeMciStatus(0x007f_ffff_0000_0000n);
  assertEquals([otherInfo, msCod, mcaCod], [0x7fffff, 0, 0]);
  assertEquals(decodeMciStatus(0xffff_0000n).msCod, 0xffff);
  assertEquals(decodeMciStatus(0xffffn).mcaCod, 0xffff);
  assertEquals(mciStatusFlags(0x007f_ffff_ffff_ffffn), []);
});

Deno.test("encodeMciStatus() restores every 64-bit value", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
    assertEquals(encodeMciStatus(decodeMciStatus(value)), value);
  }));
});

Deno.test("encodeMciStatus() refuses a field that does not fit", () => {
  const status = decodeMciStatus(TYPICAL);
  for (
    const wrong of [
      { mcaCod: 0x10000 },
      { mcaCod: -1 },
      { msCod: 0x10000 },
      { msCod: 1.5 },
      { otherInfo: 0x800000 },
      { otherInfo: NaN },
    ]
  ) {
    assertThrows(() => encodeMciStatus({ ...status, ...wrong }), RangeError, "Expected");
  }
});

Deno.test("mciStatusFlags() names each flag by its bit, from bit 63 down", () => {
  const flags: [number, string][] = [
    [63, "VAL"],
    [62, "OVER"],
    [61, "UC"],
    [60, "EN"],
    [59, "MISCV"],
    [58, "ADDRV"],
    [57, "PCC"],
    [56, "S"],
    [55, "AR"],
  ];
  for (const [bit, name] of flags) assertEquals(mciStatusFlags(1n << BigInt(bit)), [name]);
  assertEquals(mciStatusFlags(2n ** 64n - 1n).join(" "), "VAL OVER UC EN MISCV ADDRV PCC S AR");
  assertEquals(mciStatusFlags(TYPICAL).join(" "), "VAL UC EN MISCV ADDRV S AR");
});

Deno.test("decodeMciStatus() and mciStatusFlags() refuse what is no 64-bit register", () => {
  for (const read of [decodeMciStatus, mciStatusFlags]) {
    assertThrows(() => read(-1n), RangeError, "MCi_STATUS");
    assertThrows(() => read(1n << 64n), RangeError, "MCi_STATUS");
    assertThrows(() => read(5 as unknown as bigint), TypeError, "bigint");
  }
});

Deno.test("MCACOD_DATA_LOAD and MCACOD_FETCH are the codes of the action-required errors", () => {
  assertEquals([MCACOD_DATA_LOAD, MCACOD_FETCH], [0x134, 0x150]);
});

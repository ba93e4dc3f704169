import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MCACOD_DATA_LOAD, MCACOD_FETCH, MCG_CAP, MCG_STATUS, MCI_STATUS } from "./registers.ts";

const TYPICAL = 0xBD80000000100134n;
const ALL = 2n ** 64n - 1n;

Deno.test("MCI_STATUS reads the typical record of a consumed poison", () => {
  assertEquals(MCI_STATUS.decode(TYPICAL), {
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
  assertEquals(MCI_STATUS.flags(TYPICAL).join(" "), "VAL UC EN MISCV ADDRV S AR");
});

Deno.test("each register says which one it is where it refuses a value", () => {
  for (
    const [name, register] of Object.entries({ "MCi_STATUS": MCI_STATUS, MCG_STATUS, MCG_CAP })
  ) {
    for (const value of [-1n, 2n ** 64n]) {
      const { message } = assertThrows(() => register.decode(value), RangeError);
      assertEquals(message.startsWith(`Expected ${name} `), true, message);
    }
  }
});

Deno.test("MCI_STATUS has every bit in its own field", () => {
  const { otherInfo, msCod, mcaCod } = MCI_STATUS.decode(0x007f_ffff_0000_0000n);
  assertEquals([otherInfo, msCod, mcaCod], [0x7fffff, 0, 0]);
  assertEquals(MCI_STATUS.decode(0xffff_0000n).msCod, 0xffff);
  assertEquals(MCI_STATUS.decode(0xffffn).mcaCod, 0xffff);
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: ALL }), (value) => {
    assertEquals(MCI_STATUS.encode(MCI_STATUS.decode(value)), value);
  }));
});

Deno.test("MCI_STATUS names each flag by its bit, from bit 63 down", () => {
  const names = ["VAL", "OVER", "UC", "EN", "MISCV", "ADDRV", "PCC", "S", "AR"];
  names.forEach((name, i) => assertEquals(MCI_STATUS.flags(1n << BigInt(63 - i)), [name]));
  assertEquals(MCI_STATUS.flags(ALL), names);
});

Deno.test("MCG_STATUS tells a machine check in a TD from one in the host", () => {
  const host = {
    restartIpValid: true,
    errorIpValid: true,
    inProgress: true,
    local: true,
    seamNr: false,
  };
  assertEquals(MCG_STATUS.decode(0xFn), host);
  assertEquals(MCG_STATUS.decode(0x100Fn), { ...host, seamNr: true });
  assertEquals(MCG_STATUS.encode({ ...host, seamNr: true }), 0x100Fn);
});

Deno.test("MCG_STATUS names each flag by its bit, from bit 0 up", () => {
  const flags: [number, string][] = [
    [0, "RIPV"],
    [1, "EIPV"],
    [2, "MCIP"],
    [3, "LMCES"],
    [12, "SEAM_NR"],
  ];
  for (const [bit, name] of flags) assertEquals(MCG_STATUS.flags(1n << BigInt(bit)), [name]);
  assertEquals(MCG_STATUS.flags(ALL).join(" "), "RIPV EIPV MCIP LMCES SEAM_NR");
});

Deno.test("MCG_CAP reads SEAM_NR, SER_P and LMCE_P, each from its bit", () => {
  const none = { seamNr: false, ser: false, lmce: false };
  assertEquals(MCG_CAP.decode(ALL), { seamNr: true, ser: true, lmce: true });
  assertEquals(MCG_CAP.decode(1n << 12n), { ...none, seamNr: true });
  assertEquals(MCG_CAP.decode(1n << 24n), { ...none, ser: true });
  assertEquals(MCG_CAP.decode(1n << 27n), { ...none, lmce: true });
});

Deno.test("MCACOD_DATA_LOAD and MCACOD_FETCH are the codes of the action-required errors", () => {
  assertEquals([MCACOD_DATA_LOAD, MCACOD_FETCH], [0x134, 0x150]);
});

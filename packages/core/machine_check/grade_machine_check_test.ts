import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  gradeMachineCheck,
  type MachineCheckContext,
  type MachineCheckGrade,
  type MachineCheckSeverity,
} from "./grade_machine_check.ts";

const LOAD = 0xBD80000000100134n;
const FETCH = 0xBD80000000100150n;
const HOST = 0xFn;
const IN_TD = 0x100Fn;

const VAL = 1n << 63n;
const OVER = 1n << 62n;
const UC = 1n << 61n;
const EN = 1n << 60n;
const MISCV = 1n << 59n;
const ADDRV = 1n << 58n;
const PCC = 1n << 57n;
const S = 1n << 56n;
const AR = 1n << 55n;

const kernel: MachineCheckContext = { mode: "kernel" };
const user: MachineCheckContext = { mode: "user" };

function grade(
  status: bigint,
  mcgStatus: bigint,
  context: MachineCheckContext,
): Omit<MachineCheckGrade, "reason"> {
  const { reason, ...rest } = gradeMachineCheck({ bank: 1, status, mcgStatus }, context);
  assert(/^[A-Z].*[^.]$/.test(reason), reason);
  return rest;
}

Deno.test("gradeMachineCheck() panics on PCC, whatever else holds", () => {
  for (const context of [kernel, user]) {
    for (const mcgStatus of [HOST, IN_TD, 0n]) {
      for (const status of [LOAD | PCC, FETCH | PCC, (LOAD | PCC) & ~UC, (LOAD | PCC) & ~S]) {
        assertEquals(grade(status, mcgStatus, context), {
          rule: "context-corrupt",
          severity: "panic",
          message: "Processor context corrupt",
          pageRetired: false,
        });
      }
    }
  }
});

Deno.test("gradeMachineCheck() panics without RIPV in the kernel, with SEAM_NR too", () => {
  for (const mcgStatus of [0xEn, 0x100En, 0xCn]) {
    for (const status of [LOAD, FETCH, LOAD & ~AR, LOAD & ~UC]) {
      assertEquals(grade(status, mcgStatus, kernel), {
        rule: "no-restart-ip",
        severity: "panic",
        pageRetired: false,
      });
    }
  }
  assertEquals(grade(LOAD, 0xEn, user).severity, "sigbus");
});

Deno.test("gradeMachineCheck() recovers a poison that a TD consumed and retires the page", () => {
  for (const status of [LOAD, FETCH]) {
    for (const context of [kernel, { ...kernel, erratumFlag: true, tdPrivatePage: true }]) {
      assertEquals(grade(status, IN_TD, context), {
        rule: "seam-nr",
        severity: "recovered",
        pageRetired: true,
      });
    }
  }
});

Deno.test("gradeMachineCheck() panics on the kernel's own load and fetch", () => {
  assertEquals(grade(LOAD, HOST, kernel), {
    rule: "kernel-load",
    severity: "panic",
    message: "Data load in unrecoverable area of kernel",
    pageRetired: false,
  });
  assertEquals(grade(FETCH, HOST, kernel), {
    rule: "kernel-fetch",
    severity: "panic",
    pageRetired: false,
  });
});

Deno.test("gradeMachineCheck() adds the TDX note only with the erratum flag and a private page", () => {
  const note = "TDX private memory error. Possible kernel bug.";
  const both = { erratumFlag: true, tdPrivatePage: true };
  for (const status of [LOAD, FETCH]) {
    assertEquals(grade(status, HOST, { ...kernel, ...both }).note, note);
    assertEquals(grade(status, HOST, { ...kernel, erratumFlag: true }).note, undefined);
    assertEquals(grade(status, HOST, { ...kernel, tdPrivatePage: true }).note, undefined);
    assertEquals(grade(status, HOST, { ...user, ...both }).note, undefined);
  }
});

Deno.test("gradeMachineCheck() sends SIGBUS to a process and retires the page", () => {
  for (const status of [LOAD, FETCH]) {
    assertEquals(grade(status, HOST, user), {
      rule: "user",
      severity: "sigbus",
      pageRetired: true,
    });
  }
});

Deno.test("gradeMachineCheck() calls an error with UC=0 corrected", () => {
  // A corrected error is logged by CMCI or polling, with MCG_STATUS 0, or found in an exception.
  for (const context of [kernel, user]) {
    assertEquals(grade(0x8C00004000010090n, 0n, context), {
      rule: "corrected-no-exception",
      severity: "corrected",
      pageRetired: false,
    });
    assertEquals(grade(0x8C00004000010090n, HOST, context), {
      rule: "corrected",
      severity: "corrected",
      pageRetired: false,
    });
  }
});

Deno.test("gradeMachineCheck() does not grade what its rules do not cover", () => {
  const cases: [string, bigint, bigint, MachineCheckContext?][] = [
    ["invalid", 0n, HOST],
    ["invalid", (LOAD | PCC) & ~VAL, HOST],
    ["no-exception", LOAD & ~S & ~AR, 0n],
    ["no-recovery", LOAD, HOST, { mode: "kernel", ser: false }],
    ["not-enabled", LOAD & ~EN, HOST],
    ["no-error-ip", LOAD, 0xDn],
    ["no-error-ip", LOAD, 0x100Dn],
    ["no-error-ip", LOAD, 0xCn, user],
    ["no-action", LOAD & ~S & ~AR, HOST],
    ["illegal", LOAD & ~S, HOST],
    ["action-optional", LOAD & ~AR, HOST],
    ["lost-event", LOAD | OVER, HOST],
    ["lost-event", LOAD | OVER, IN_TD],
    ["lost-event", FETCH | OVER, HOST, user],
    ["no-address", LOAD & ~ADDRV, HOST],
    ["no-misc", LOAD & ~MISCV, IN_TD],
    ["other-code", 0xBD80000000100135n, HOST],
    ["other-code", 0xBD80000000100135n, IN_TD],
    ["other-code", 0xBD80000000100135n, HOST, user],
  ];
  for (const [rule, status, mcgStatus, context = kernel] of cases) {
    assertEquals(grade(status, mcgStatus, context), { rule, severity: "not-graded" });
  }
});

Deno.test("gradeMachineCheck() recovers a TD's load by exactly the bits that matter", () => {
  // What flipping one bit of the recovered record makes of it.
  const flipped: [number, number, MachineCheckSeverity][] = [
    [63, 63, "not-graded"], // VAL
    [62, 62, "not-graded"], // OVER
    [61, 61, "corrected"], // UC
    [60, 60, "not-graded"], // EN
    [59, 58, "not-graded"], // MISCV, ADDRV
    [57, 57, "panic"], // PCC
    [56, 55, "not-graded"], // S, AR
    [54, 16, "recovered"], // other information, MSCOD
    [15, 0, "not-graded"], // MCACOD
  ];
  for (const [high, low, severity] of flipped) {
    for (let bit = high; bit >= low; bit--) {
      const status = LOAD ^ (1n << BigInt(bit));
      assertEquals(grade(status, IN_TD, kernel).severity, severity, `bit ${bit}`);
    }
  }
});

Deno.test("gradeMachineCheck() calls nothing recovered without SEAM_NR", () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const cases = fc.record({
    status: fc.oneof(u64, fc.constantFrom(LOAD, FETCH)),
    mcgStatus: u64.map((value) => value & ~0x1000n),
    mode: fc.constantFrom("kernel" as const, "user" as const),
  });
  fc.assert(fc.property(cases, ({ status, mcgStatus, mode }) => {
    const { severity, pageRetired } = gradeMachineCheck({ bank: 1, status, mcgStatus }, { mode });
    assert(severity !== "recovered");
    assertEquals(pageRetired === undefined, severity === "not-graded");
  }));
});

Deno.test("gradeMachineCheck() refuses registers and a mode that cannot be", () => {
  const record = { bank: 1, status: LOAD, mcgStatus: HOST };
  assertThrows(() => gradeMachineCheck({ ...record, status: 1n << 64n }, kernel), RangeError);
  assertThrows(() => gradeMachineCheck({ ...record, mcgStatus: -1n }, kernel), RangeError);
  assertThrows(
    () => gradeMachineCheck(record, { mode: "td" as "user" }),
    RangeError,
    'Expected mode to be one of kernel, user, got "td"',
  );
});

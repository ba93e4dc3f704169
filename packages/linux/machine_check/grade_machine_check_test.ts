import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MCI_STATUS } from "@tdx/core";
import fc from "fast-check";
import { defineLinux } from "../kernel/kernel.ts";
import { linux } from "../kernel/linux.ts";
import {
  gradeMachineCheck,
  type MachineCheckContext,
  type MachineCheckSeverity,
} from "./grade_machine_check.ts";
import { SEVERITIES } from "./severity_table.ts";

const LOAD = 0xBD80000000100134n;
const FETCH = 0xBD80000000100150n;
const HOST = 0xFn;
const IN_TD = 0x100Fn;
const [VAL, OVER, UC, EN] = [1n << 63n, 1n << 62n, 1n << 61n, 1n << 60n];
const [MISCV, ADDRV, PCC, S, AR] = [1n << 59n, 1n << 58n, 1n << 57n, 1n << 56n, 1n << 55n];
/** UCNA as a memory controller logs it when poison is generated. */
const UCNA = LOAD & ~S & ~AR & ~0xFFFFn | 0x9Fn;
const SCRUB = LOAD & ~AR & ~0xFFFFn | 0xC3n;
const WRITEBACK = LOAD & ~AR & ~0xFFFFn | 0x17An;
const PRIVATE = { erratumFlag: true, tdPrivatePage: true } as const;
const FIXED = defineLinux({ ...linux(), version: "fixed", retiresSeamNrPage: true });
const DEAF = defineLinux({ ...linux(), version: "deaf", heedsSeamNr: false });
const DISTRIBUTION = linux("6.8.0-1014-intel");

interface Case {
  readonly status?: bigint;
  readonly mcg?: bigint;
  readonly misc?: bigint;
  readonly context?: Partial<MachineCheckContext>;
  readonly severity: MachineCheckSeverity;
  readonly message: string;
  /** `null` where it is not known. */
  readonly retired: boolean | null;
  readonly note?: true;
}

const SEAM_LOAD = "Data load error in SEAM non-root mode";
const SEAM_FETCH = "Instruction fetch error in SEAM non-root mode";
const KERNEL_LOAD = "Data load in unrecoverable area of kernel";
const KERNEL_FETCH = "Instruction fetch error in kernel";
const USER_LOAD = "Action required: data load error in a user process";
const USER_FETCH = "Action required: instruction fetch error in a user process";
const UNKNOWN = "Action required: unknown MCACOD";

function panic(message: string): Pick<Case, "severity" | "message" | "retired"> {
  return { severity: "panic", message, retired: false };
}

/** Every row of N1 to N15: a load in the kernel without SEAM_NR, but for what a case says. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  N1: [
    ...["6.16", "6.18", "6.19", "7.2", "7.4"].flatMap((version): Case[] => [
      {
        mcg: IN_TD,
        context: { kernel: linux(version), keyIdInAddress: true },
        severity: "recovered",
        message: SEAM_LOAD,
        retired: false,
      },
      {
        mcg: IN_TD,
        context: { kernel: linux(version), keyIdInAddress: false },
        severity: "recovered",
        message: SEAM_LOAD,
        retired: true,
      },
    ]),
    {
      mcg: IN_TD,
      context: { kernel: FIXED, keyIdInAddress: true },
      severity: "recovered",
      message: SEAM_LOAD,
      retired: true,
    },
    {
      mcg: IN_TD,
      context: { kernel: FIXED },
      severity: "recovered",
      message: SEAM_LOAD,
      retired: true,
    },
    { mcg: IN_TD, severity: "recovered", message: SEAM_LOAD, retired: null },
    {
      status: FETCH,
      mcg: IN_TD,
      context: { keyIdInAddress: true },
      severity: "recovered",
      message: SEAM_FETCH,
      retired: false,
    },
    // MCi_MISC says that it is no physical address, or not exact to a page.
    ...[0x46n, 0x8Dn].map((misc): Case => ({
      mcg: IN_TD,
      misc,
      context: { keyIdInAddress: false },
      severity: "recovered",
      message: SEAM_LOAD,
      retired: false,
    })),
    {
      mcg: IN_TD,
      context: { kernel: DISTRIBUTION },
      severity: "not-graded",
      message: SEAM_LOAD,
      retired: null,
    },
  ],
  N2: [
    { context: PRIVATE, ...panic(KERNEL_LOAD), note: true },
    { context: { ...PRIVATE, keyIdInAddress: false }, ...panic(KERNEL_LOAD), note: true },
    { context: { ...PRIVATE, keyIdInAddress: true }, ...panic(KERNEL_LOAD) },
    { context: { erratumFlag: true }, ...panic(KERNEL_LOAD) },
    { context: { tdPrivatePage: true }, ...panic(KERNEL_LOAD) },
    { status: FETCH, context: PRIVATE, ...panic(KERNEL_FETCH), note: true },
    { status: LOAD | PCC, context: PRIVATE, ...panic("Processor context corrupt"), note: true },
    { status: LOAD & ~ADDRV, context: PRIVATE, ...panic(UNKNOWN) },
    { status: LOAD & ~0xFFFFn | 0x0Bn, context: PRIVATE, ...panic(UNKNOWN) },
  ],
  N3: [LOAD, LOAD | PCC, FETCH].flatMap((status) =>
    [HOST, 0xEn, 0x4n].map((mcg): Case => ({
      status: status & ~EN,
      mcg,
      severity: "none",
      message: "Not enabled",
      retired: false,
    }))
  ),
  N4: [
    {
      status: LOAD | PCC,
      mcg: 0n,
      severity: "logged",
      message: "Processor context corrupt",
      retired: false,
    },
    {
      status: (LOAD | PCC) & ~EN,
      mcg: 0n,
      context: { occasion: "boot" },
      severity: "logged",
      message: "Processor context corrupt",
      retired: false,
    },
    { mcg: 0n, severity: "logged", message: KERNEL_LOAD, retired: false },
    {
      mcg: 0n,
      context: { mode: "user" },
      severity: "logged",
      message: USER_LOAD,
      retired: false,
    },
    { mcg: 0x3n, context: { occasion: "exception" }, ...panic("MCIP not set in MCA handler") },
    {
      status: 0x8C00004000010090n,
      mcg: 0n,
      severity: "corrected",
      message: "Non signaled machine check",
      retired: false,
    },
  ],
  N5: [UCNA, SCRUB, WRITEBACK].flatMap((status) => {
    const message = {
      [`${UCNA}`]: "Uncorrected no action required",
      [`${SCRUB}`]: "Action optional: memory scrubbing error",
      [`${WRITEBACK}`]: "Action optional: last level cache writeback error",
    }[`${status}`]!;
    const taken = { severity: "memory-failure", message, retired: true } as const;
    const left = { severity: "logged", message, retired: false } as const;
    return [
      { status, mcg: 0n, ...taken },
      { status, ...taken },
      { status, mcg: 0n, context: { occasion: "boot", keyIdInAddress: true }, ...taken },
      { status: status | OVER, mcg: 0n, ...taken },
      { status, mcg: 0n, misc: 0x8Cn, ...taken },
      { status, mcg: 0n, misc: 0x8Dn, ...left },
      { status, mcg: 0n, misc: 0x46n, ...left },
      { status: status & ~ADDRV, mcg: 0n, ...left },
      { status: status & ~MISCV, ...left },
    ] as Case[];
  }),
  N6: [0x4n, 0xCn, 0x100Cn].flatMap((mcg) =>
    (["kernel", "user"] as const).map((mode): Case => ({
      mcg,
      context: { mode },
      ...panic("Neither restart nor error IP"),
    }))
  ),
  N7: [0xDn, 0x100Dn].flatMap((mcg) =>
    [LOAD, FETCH, LOAD & ~0xFFFFn].map((status): Case => ({
      status,
      mcg,
      severity: "logged",
      message: "Action required but unaffected thread is continuable",
      retired: false,
    }))
  ),
  N8: [
    { status: LOAD & ~S, ...panic("Illegal combination (UCNA with AR=1)") },
    {
      status: LOAD & ~S | OVER,
      severity: "logged",
      message: "Non signaled machine check",
      retired: false,
    },
  ],
  N9: [HOST, IN_TD].flatMap((mcg) =>
    (["kernel", "user"] as const).map((mode): Case => ({
      status: LOAD | OVER,
      mcg,
      context: { mode },
      ...panic("Action required with lost events"),
    }))
  ),
  N10: [LOAD ^ 1n, LOAD & ~ADDRV, LOAD & ~MISCV, SCRUB | AR, WRITEBACK | AR].flatMap((status) => [
    { status, ...panic(UNKNOWN) },
    { status, mcg: IN_TD, ...panic(UNKNOWN) },
    { status, context: { mode: "user" as const }, ...panic(UNKNOWN) },
  ]),
  N11: [
    {
      status: LOAD & ~AR,
      severity: "logged",
      message: "Action optional: unknown MCACOD",
      retired: false,
    },
    {
      status: LOAD & ~AR | OVER,
      severity: "logged",
      message: "Action optional with lost events",
      retired: false,
    },
  ],
  N12: [{ status: LOAD & ~UC, severity: "logged", message: "No match", retired: false }],
  N13: [
    {
      mcg: IN_TD,
      context: { mode: "user" },
      severity: "sigbus",
      message: USER_LOAD,
      retired: true,
    },
    {
      status: FETCH,
      mcg: IN_TD,
      context: { mode: "user", keyIdInAddress: true },
      severity: "sigbus",
      message: USER_FETCH,
      retired: true,
    },
    {
      mcg: IN_TD,
      misc: 0x8Dn,
      context: { mode: "user" },
      severity: "sigbus",
      message: USER_LOAD,
      retired: false,
    },
    { mcg: IN_TD, context: { kernel: DEAF }, ...panic(KERNEL_LOAD) },
    { status: FETCH, mcg: IN_TD, context: { kernel: DEAF }, ...panic(KERNEL_FETCH) },
  ],
  N14: [
    ...[0xEn, 0x100En].flatMap((mcg) =>
      (["kernel", "kernel-recoverable"] as const).map((mode): Case => ({
        mcg,
        context: { mode },
        ...panic("In kernel and no restart IP"),
      }))
    ),
    panic(KERNEL_LOAD),
    { status: FETCH, ...panic(KERNEL_FETCH) },
    { mcg: 0xEn, context: { mode: "user" }, severity: "sigbus", message: USER_LOAD, retired: true },
  ],
  N15: [
    {
      context: { mode: "kernel-recoverable" },
      severity: "recovered",
      message: "Action required: data load in error recoverable area of kernel",
      retired: null,
    },
    { status: FETCH, context: { mode: "kernel-recoverable" }, ...panic(UNKNOWN) },
  ],
};

for (const [id, cases] of Object.entries(CASES)) {
  Deno.test(`gradeMachineCheck() ends a machine check as ${id} says`, () => {
    for (const { status = LOAD, mcg = HOST, misc, context, ...expected } of cases) {
      const record = { bank: 1, status, mcgStatus: mcg, ...(misc !== undefined && { misc }) };
      const grade = gradeMachineCheck(record, { mode: "kernel", ...context });
      const what = `0x${status.toString(16)} 0x${mcg.toString(16)} ${JSON.stringify(context)}`;
      assertEquals(
        {
          severity: grade.severity,
          message: grade.message,
          retired: grade.pageRetired ?? null,
          ...(grade.note && { note: true }),
        },
        expected,
        what,
      );
      assert(/^[A-Z].*[^.]$/.test(grade.reason), grade.reason);
    }
  });
}

Deno.test("gradeMachineCheck() names the rule that decides in its reason", () => {
  const reason = gradeMachineCheck(
    { bank: 1, status: LOAD, mcgStatus: IN_TD },
    { mode: "kernel", keyIdInAddress: true },
  ).reason;
  assertStringIncludes(reason, "the poison comes back with the page (N1)");
});

Deno.test("gradeMachineCheck() goes by the older rows without software error recovery", () => {
  const message = (status: bigint, mode: "kernel" | "user") =>
    gradeMachineCheck({ bank: 1, status, mcgStatus: HOST }, { mode, ser: false }).message;
  assertEquals(message(LOAD, "kernel"), "Uncorrected in kernel");
  assertEquals(message(LOAD, "user"), "Uncorrected");
  assertEquals(message(LOAD | OVER, "user"), "Overflowed uncorrected");
  assertEquals(message(LOAD & ~UC, "kernel"), "Corrected error");
});

Deno.test("gradeMachineCheck() grades any record, and never as fine what nothing shows to be", () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const cases = fc.record({
    status: fc.oneof(u64, fc.constantFrom(LOAD, FETCH, UCNA)),
    mcgStatus: u64,
    mode: fc.constantFrom("kernel" as const, "kernel-recoverable" as const, "user" as const),
  });
  fc.assert(fc.property(cases, ({ status, mcgStatus, mode }) => {
    const { severity, pageRetired } = gradeMachineCheck({ bank: 1, status, mcgStatus }, { mode });
    const { addressValid, miscValid } = MCI_STATUS.decode(status);
    if (pageRetired) assert(addressValid && miscValid);
    if (severity === "panic") assertEquals(pageRetired, false);
    if (severity === "recovered" && mode === "kernel") assert((mcgStatus & 0x1000n) !== 0n);
  }));
});

Deno.test("every row of the severity table but the last can be told from those before it", () => {
  const rules = SEVERITIES.map(({ rule }) => rule);
  assertEquals(new Set(rules).size, rules.length);
  assertEquals(SEVERITIES.at(-1)!.when, {});
});

Deno.test("gradeMachineCheck() looks at VAL first", () => {
  for (const status of [0n, (LOAD | PCC) & ~VAL]) {
    for (const mcgStatus of [HOST, 0n]) {
      const { severity, rule } = gradeMachineCheck({ bank: 1, status, mcgStatus }, {
        mode: "kernel",
      });
      assertEquals([severity, rule], ["none", "invalid"]);
    }
  }
});

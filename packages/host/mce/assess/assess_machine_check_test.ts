import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { consumedPoison, type MachineCheck, MCI_STATUS } from "@tdx/core";
import { defineLinux, linux } from "@tdx/linux";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import fc from "fast-check";
import { assessMachineCheck, isConsumed, type MachineCheckHost } from "./assess_machine_check.ts";
import type { MachineCheckEvidence, ToldOutcome } from "../logged_machine_check.ts";
import type { PossibleCause } from "./machine_check_cause.ts";

const PLATFORMS = [spr, emr, gnr, generic];
const PANIC = "Data load in unrecoverable area of kernel";
/** Linux's published panic over a load of poison. */
const SAMPLE: MachineCheck = {
  cpu: 147,
  bank: 1,
  status: 0xbd80000000100134n,
  mcgStatus: 0xfn,
  address: 0x80a5669600n,
  misc: 0x86n,
};
const KERNEL = { cs: 0x10, ip: 0xffffffffadb69870n };
const USER = { cs: 0x33, ip: 0x4013a6n };
const SPLIT = { maxPa: 52, keyIdBits: 7, sharedKeyIds: 63 };
const cpu = (model: number) => ({ vendor: "GenuineIntel", family: 6, model });

const severities = (evidence: MachineCheckEvidence, host?: MachineCheckHost) =>
  assessMachineCheck(evidence, host).grades.map(({ mode, severity }) => [mode, severity]);

Deno.test("assessMachineCheck() decodes and judges the published panic", () => {
  const found = assessMachineCheck(
    { record: SAMPLE, interrupted: KERNEL, said: [PANIC], panic: "Fatal local machine check" },
    { platforms: PLATFORMS },
  );
  assertEquals(found.statusFlags.join(" "), "VAL UC EN MISCV ADDRV S AR");
  assertEquals(found.mcgFlags.join(" "), "RIPV EIPV MCIP LMCES");
  assertEquals([found.status?.mcaCod, found.error?.name], [0x134, "DCACHEL0_DRD_ERR"]);
  assertEquals(found.grades.map(({ severity, message }) => [severity, message]), [[
    "panic",
    PANIC,
  ]]);
  assertEquals(found.kernel.agrees, true);
  assertEquals(
    found.cause.title,
    "consistent with the partial-write erratum on spr/emr, not distinguishable from a hardware " +
      "error by the record alone",
  );
  assertEquals(found.cause.possible, ["partial-write", "integrity", "hardware"]);
});

Deno.test("assessMachineCheck() recovers with SEAM_NR, and says where the page is retired (N1)", () => {
  const fixed = defineLinux({ ...linux(), version: "fixed", retiresSeamNrPage: true });
  const cases: [bigint, MachineCheckHost, boolean | undefined][] = [
    [0x80a5669600n, {}, undefined],
    [0x80a5669600n, SPLIT, true],
    [0x82080a5669600n, SPLIT, false],
    [0x82080a5669600n, { ...SPLIT, kernel: linux("6.18") }, false],
    [0x82080a5669600n, { ...SPLIT, kernel: fixed }, true],
    [0x82080a5669600n, { kernel: fixed }, true],
  ];
  for (const [address, host, retired] of cases) {
    const { grades } = assessMachineCheck(
      { record: { ...SAMPLE, address, mcgStatus: 0x100fn } },
      host,
    );
    assertEquals(grades.map(({ mode, severity, pageRetired }) => [mode, severity, pageRetired]), [
      ["any", "recovered", retired],
    ]);
  }
  const found = assessMachineCheck({ record: { ...SAMPLE, mcgStatus: 0x100fn } });
  assertEquals(found.address?.page, 0x80a5669000);
  assertEquals([found.cause.name, found.cause.rule], ["indistinct", "td-consumed"]);
});

Deno.test("assessMachineCheck() takes the mode from CS, the caller or the kernel's words", () => {
  const record = SAMPLE;
  assertEquals(severities({ record, interrupted: KERNEL }), [["any", "panic"]]);
  assertEquals(severities({ record, interrupted: USER }), [["any", "sigbus"]]);
  assertEquals(severities({ record, interrupted: USER }, { mode: "kernel" }), [["any", "sigbus"]]);
  assertEquals(severities({ record }, { mode: "user" }), [["any", "sigbus"]]);
  assertEquals(severities({ record, said: [PANIC] }), [["any", "panic"]]);
  assertEquals(severities({ record, panic: "Fatal local machine check" }), [["any", "panic"]]);
  assertEquals(severities({ record }), [["kernel", "panic"], ["user", "sigbus"]]);
  // Neither RIPV nor EIPV: Linux has no CS and takes it for the kernel.
  assertEquals(severities({ record: { ...record, mcgStatus: 4n } }), [["any", "panic"]]);
});

Deno.test("assessMachineCheck() says whether the kernel did what the rules say", () => {
  const agrees = (evidence: MachineCheckEvidence) => assessMachineCheck(evidence).kernel.agrees;
  const recovered = { record: { ...SAMPLE, mcgStatus: 0x100fn }, interrupted: KERNEL };
  const panic = { record: SAMPLE, interrupted: KERNEL };
  const fatal = "Fatal local machine check";
  assertEquals(agrees(recovered), undefined);
  assertEquals(agrees({ ...recovered, said: [PANIC], panic: fatal }), false);
  assertEquals(agrees({ ...panic, said: [PANIC] }), true);
  assertEquals(agrees({ ...panic, said: ["Processor context corrupt"], panic: fatal }), false);
});

Deno.test("assessMachineCheck() splits the KeyID off the address", () => {
  const record = { ...SAMPLE, address: 0x82080a5669600n };
  const at = (host: MachineCheckHost, evidence: Partial<MachineCheckEvidence> = {}) =>
    assessMachineCheck({ record, ...evidence }, host).address;
  const split = { raw: 0x82080a5669600n, keyId: 0x41, pa: 0x80a5669600, page: 0x80a5669000 };
  assertEquals(at({ maxPa: 52, keyIdBits: 7 }), split);
  assertEquals(at(SPLIT), { ...split, keyIdKind: "private" });
  assertEquals(at({ ...SPLIT, sharedKeyIds: 65 })?.keyIdKind, "shared");
  assertEquals(at({ maxPa: 52 }, { privateKeyIds: [64, 128] }), { ...split, keyIdKind: "private" });
  // What a log says against the caller, or against all machines, does not count.
  for (const privateKeyIds of [[0, 128], [5, 2], [128, 256]] as const) {
    assertEquals(at({ maxPa: 52, keyIdBits: 7 }, { privateKeyIds }), split);
  }
  // Half a layout is none.
  for (const layout of [{}, { maxPa: 52 }]) {
    assertEquals(at(layout), {
      raw: 0x82080a5669600n,
      pa: 0x82080a5669600,
      page: 0x82080a5669000,
      note: "may still hold KeyID bits: the layout is not known",
    });
  }
  assertEquals(at({ maxPa: 46, keyIdBits: 6 }), {
    raw: 0x82080a5669600n,
    note: "has bits above the 46 of a physical address",
  });
});

Deno.test("assessMachineCheck() names no page where Linux would not take the address", () => {
  // No misc; segment offset mode 0; exact to 8 KiB only.
  for (const misc of [undefined, 0x8n, 0x8dn]) {
    const { misc: _misc, ...rest } = SAMPLE;
    const record = misc === undefined ? rest : { ...rest, misc };
    assertEquals(assessMachineCheck({ record }).address?.page, undefined);
  }
});

/** A record of a memory controller: UCNA with an encryption code. */
const mscod = (code: number, bank = 13): MachineCheck => ({
  ...SAMPLE,
  bank,
  status: 0xbc00000000000090n | BigInt(code) << 16n,
  mcgStatus: 0n,
  address: 0x82080a5669600n,
});
const status = (status: bigint): MachineCheck => ({ ...SAMPLE, status });
const SPR = { platform: spr, ...SPLIT };
const ONLY_SHARED = { ...SPR, sharedKeyIds: 65 };

/** What is judged: record, host, cause and rule. */
const CAUSES: readonly [string, Partial<MachineCheck>, MachineCheckHost, string, string][] = [
  ["no STATUS", { bank: 1 }, {}, "indistinct", "cut"],
  ["VAL 0", status(0x134n), {}, "unrelated", "invalid"],
  ["internal timer", status(0xbe00000000800400n), {}, "unrelated", "not-memory"],
  ["corrected", status(0x8c00004000010090n), {}, "memory-error", "corrected"],
  ["UCNA", mscod(0x00a0), { platform: spr }, "indistinct", "not-consumed"],
  ["2A private", mscod(0x082a), SPR, "td-integrity", "private-check"],
  ["2B private", mscod(0x082b), { ...SPR, platform: emr }, "td-integrity", "private-check"],
  ["2A shared", mscod(0x082a), ONLY_SHARED, "host-integrity", "shared-check"],
  ["2A, kind unknown", mscod(0x082a), { platform: spr }, "indistinct", "check"],
  ["2A, KeyID 0", { ...mscod(0x082a), address: 0x1000n }, SPR, "indistinct", "check"],
  ["26", mscod(0x0826), SPR, "indistinct", "encryption"],
  ["2D", mscod(0x082d), SPR, "indistinct", "encryption"],
  ["2A in a core's bank", mscod(0x082a, 1), SPR, "indistinct", "not-consumed"],
  ["2A elsewhere", mscod(0x082a), { ...SPR, platform: gnr }, "indistinct", "not-consumed"],
  ["TD", { ...SAMPLE, mcgStatus: 0x100fn }, { platform: spr }, "indistinct", "td-consumed"],
  ["private", { ...SAMPLE, address: 0x82080a5669600n }, SPR, "indistinct", "private-consumed"],
  ["host, spr", SAMPLE, { platform: spr }, "partial-write-erratum", "host-consumed"],
  ["host, unknown", SAMPLE, {}, "partial-write-erratum", "host-consumed"],
  ["host, generic", SAMPLE, { platform: generic }, "partial-write-erratum", "host-consumed"],
  ["host, gnr", SAMPLE, { platform: gnr }, "indistinct", "host-consumed"],
];

Deno.test("assessMachineCheck() says no more of the cause than the bits allow", () => {
  for (const [what, record, host, name, rule] of CAUSES) {
    const { cause } = assessMachineCheck({ record }, host);
    assertEquals([cause.name, cause.rule], [name, rule], what);
  }
  const amd = { ...cpu(1), vendor: "AuthenticAMD" };
  const unrelated = assessMachineCheck({ record: SAMPLE, processor: amd }).cause;
  assertEquals([unrelated.name, unrelated.rule], ["unrelated", "other-vendor"]);
  const said = ["TDX private memory error. Possible kernel bug."];
  const tdPage = assessMachineCheck({ record: SAMPLE, said }, { platform: emr }).cause;
  assertEquals([tdPage.name, tdPage.rule], ["partial-write-erratum", "td-page"]);
});

// What the record alone does not rule out, by the rule that judged.
const POSSIBLE: Readonly<Record<string, readonly PossibleCause[]>> = {
  cut: ["partial-write", "integrity", "hardware"],
  invalid: [],
  "not-memory": [],
  corrected: ["hardware"],
  "not-consumed": ["partial-write", "integrity", "hardware"],
  "private-check": ["integrity"],
  "shared-check": ["integrity"],
  check: ["integrity"],
  encryption: ["integrity", "hardware"],
  "td-consumed": ["partial-write", "integrity", "hardware"],
  "private-consumed": ["partial-write", "integrity", "hardware"],
  "host-consumed": ["partial-write", "integrity", "hardware"],
};

Deno.test("assessMachineCheck() names every cause that a record leaves open, and no other", () => {
  for (const [what, record, host] of CAUSES) {
    const { cause: { rule, possible } } = assessMachineCheck({ record }, host);
    const noErratum = host.platform === gnr;
    const expected = POSSIBLE[rule]!.filter((cause) => !noErratum || cause !== "partial-write");
    assertEquals(possible, expected, what);
  }
});

// What the log says where MCi_STATUS is missing, and a CPU that no source names (0x55): who it was.
const TOLD: readonly [ToldOutcome, string, string][] = [
  [{ by: "firmware", severity: "panic", memory: false }, "unrelated", "told-no-memory"],
  [{ by: "kernel", severity: "corrected", memory: true }, "memory-error", "told-corrected"],
  [{ by: "kernel", severity: "panic", memory: true }, "indistinct", "told"],
];

Deno.test("assessMachineCheck() judges by what the log says where the record is missing", () => {
  for (const [told, name, rule] of TOLD) {
    const { cause } = assessMachineCheck({ record: {}, told });
    assertEquals([cause.name, cause.rule], [name, rule]);
  }
});

Deno.test("assessMachineCheck() finds a hardware error where no source names the CPU as a host of TDX", () => {
  const at = (record: Partial<MachineCheck>) =>
    assessMachineCheck({ record, processor: cpu(0x55) }, { platforms: PLATFORMS }).cause;
  for (const record of [SAMPLE, {}, mscod(0x082a)]) {
    const { name, rule, possible } = at(record);
    assertEquals([name, rule, possible], ["hardware-error", "no-tdx", ["hardware"]]);
  }
  assertEquals(at(status(0x8c00004000010090n)).rule, "corrected");
  assertEquals(at(status(0xbe00000000800400n)).rule, "not-memory");
});

Deno.test("assessMachineCheck() leaves no partial write possible without the erratum", () => {
  for (const mcgStatus of [0xfn, 0x100fn]) {
    const { cause } = assessMachineCheck({ record: { ...SAMPLE, mcgStatus } }, { platform: gnr });
    assertEquals(cause.possible, ["integrity", "hardware"]);
    assertMatch(cause.reason, /no partial write did it, for the platform has no erratum$/);
  }
});

Deno.test("assessMachineCheck() finds the platform by the CPU that the record names", () => {
  const at = (model: number) =>
    assessMachineCheck({ record: SAMPLE, processor: cpu(model) }, { platforms: PLATFORMS });
  assertEquals(at(0xcf).platform, emr);
  assertMatch(at(0xcf).cause.title, / on emr, /);
  assertEquals(at(0xad).cause.name, "indistinct");
  assertEquals(at(0x55).platform, generic);
});

Deno.test("assessMachineCheck() marks an encryption code read without knowing the CPU", () => {
  const at = (host: MachineCheckHost) =>
    assessMachineCheck({ record: mscod(0x082a) }, host).encryption;
  assertEquals(at({ platform: spr }), {
    name: "TME_INTEGRITY_ERR",
    check: "integrity",
    assumed: false,
  });
  assertEquals(at({})?.assumed, true);
});

Deno.test("assessMachineCheck() refuses a KeyID layout that cannot be", () => {
  const record = consumedPoison({ address: 0x1000, seamNr: false });
  assertThrows(() => assessMachineCheck({ record }, { maxPa: 20, keyIdBits: 6 }), RangeError);
  assertThrows(() => assessMachineCheck({ record }, { maxPa: 52, keyIdBits: 16 }), RangeError);
});

Deno.test("assessMachineCheck() answers any record", () => {
  const register = fc.bigInt(0n, (1n << 64n) - 1n);
  const records = fc.record(
    {
      cpu: fc.nat(),
      bank: fc.nat(31),
      status: register,
      mcgStatus: register,
      address: register,
      misc: register,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      records,
      fc.constantFrom(SPLIT, {}, { platform: spr, ...SPLIT }),
      (record, host) => {
        const { grades, cause } = assessMachineCheck({ record }, host);
        assertEquals(grades.length > 0 && cause.reason !== "", true);
      },
    ),
  );
});

Deno.test("isConsumed() needs UC, S, AR and the code of a load or a fetch, all of them", () => {
  const consumed = (status: bigint) => isConsumed(MCI_STATUS.decode(status));
  const load = 0xbd80000000100134n;
  assertEquals([consumed(load), consumed(load & ~0xffffn | 0x150n)], [true, true]);
  const [uncorrected, signaled, actionRequired] = [61n, 56n, 55n].map((bit) => load & ~(1n << bit));
  for (
    const status of [uncorrected, signaled, actionRequired, load + 1n, load & ~0xffffn, 0x134n]
  ) {
    assertEquals(consumed(status!), false, status!.toString(16));
  }
});

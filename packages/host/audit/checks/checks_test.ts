import { assertEquals, assertMatch } from "@std/assert";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { audit } from "../audit.ts";
import { fileSource } from "../sources/file_source.ts";
import type { HostSource } from "../sources/host_source.ts";
import type { CheckResult } from "./check.ts";

type Files = Readonly<Record<string, string>>;

/** A source of texts by path; the others were not collected, or are absent where it says so. */
function textSource(files: Files, absent: readonly string[] = []): HostSource {
  return {
    async *files(paths) {
      for (const path of paths) {
        const text = files[path];
        if (text !== undefined) yield { path, state: "present", bytes: new Blob([text]).stream() };
        else if (absent.includes(path)) yield { path, state: "absent" };
        else yield { path, state: "unreadable", reason: "it is not in the snapshot" };
      }
    },
  };
}

function cpuinfo(model: number, flags: string, bugs: string): Files {
  return {
    "proc/cpuinfo": `processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : ${model}\n` +
      `stepping : 2\nflags : fpu ${flags}\nbugs : spectre_v1 ${bugs}\n`,
  };
}

const SPR = cpuinfo(143, "movdir64b", "");
const EMR = cpuinfo(207, "movdir64b tdx_host_platform", "tdx_pw_mce");
const GNR = cpuinfo(173, "movdir64b tdx_host_platform", "");
const ON = { "sys/module/kvm_intel/parameters/tdx": "Y\n" };
const OFF = { "sys/module/kvm_intel/parameters/tdx": "N\n" };
const NO_CRASH_KERNEL = { "sys/kernel/kexec_crash_loaded": "0\n" };
const BOOT = "[    0.000000] Linux version 6.17.0 (made up for a test) #1 SMP\n";
const KEY_IDS = "[    5.0] virt/tdx: BIOS enabled: private KeyID range [64, 128)\n";
const IS_UP = `${BOOT}${KEY_IDS}[    9.0] virt/tdx: module initialized\n`;

function release(text: string): Files {
  return { "proc/sys/kernel/osrelease": `${text}\n` };
}

function log(dmesg: string): Files {
  return { dmesg };
}

/** The registers of a host with TDX on, or with some other values. */
function msrs(others: Readonly<Record<string, string>> = {}): Files {
  const values = {
    "0x87": "000000400000003f",
    "0x982": "0001001700000003",
    "0x1401": "0003fffffe000c00",
    ...others,
  };
  return { msr: Object.entries(values).map((pair) => `${pair.join(" ")}\n`).join("") };
}

/** A snapshot, and what checks come to: the result, and a part of what was seen. */
type Case = readonly [
  name: string,
  files: Files,
  expected: Readonly<Record<string, readonly [CheckResult, RegExp]>>,
  verdict?: string,
];

const SEAMCALL = "[7.5] tdx: SEAMCALL failed: CPU 94: leaf 33, error 0xc000092100000122.\n";
const KVM_LEAK = "[261.2] kvm_intel: SEAMCALL TDH_MNG_KEY_FREEID failed: 0x8000081700000000\n" +
  "[261.2] kvm_intel: tdh_mng_key_freeid() failed. HKID 66 is leaked.\n";
const REMOVE =
  "[1.0] kvm_intel: SEAMCALL TDH_MEM_PAGE_REMOVE failed: 0xc0000b0800000001, rcx 0x0\n";

const CASES: readonly Case[] = [
  [
    "a module that refuses to be initialised",
    { ...SPR, ...release("6.5.0-1003-intel-opt"), ...log(`${KEY_IDS}${SEAMCALL}`) },
    {
      "tdx.firmware": ["affected", /INCORRECT_MSR_VALUE, MSR 0x122/],
      "tdx.use": ["not applicable", /TDH\.SYS\.INIT/],
      "tdx.bring-up": [
        "affected",
        /^"TDH\.SYS\.INIT \(leaf 33\): INCORRECT_MSR_VALUE, MSR 0x122"$/,
      ],
      "cpu.flag": ["not applicable", /not listed/],
      "kernel.kexec": ["unknown", /kexec_crash_loaded could not be read/],
    },
    "not-concerned",
  ],
  [
    "KeyIDs without SEAM",
    { ...EMR, ...OFF, ...log(`${KEY_IDS}[15.2] tdx: not enabled by BIOS.\n`) },
    {
      "tdx.firmware": ["affected", /not enabled by BIOS/],
      "tdx.bring-up": ["affected", /not enabled by BIOS/],
    },
    "not-concerned",
  ],
  [
    "no module",
    { ...EMR, ...OFF, ...log(`${KEY_IDS}[9.0] virt/tdx: module not loaded\n`) },
    { "tdx.bring-up": ["affected", /^"virt\/tdx: module not loaded"$/] },
  ],
  [
    "a module of the first generation",
    {
      ...SPR,
      ...log(
        `${KEY_IDS}[10.7] virt/tdx: TDX module: attributes 0x0, vendor_id 0x8086, major_version 1, ` +
          "minor_version 0, build_date 20230206, build_num 457\n" +
          "[10.8] virt/tdx: SEAMCALL (0x0000000000000022) failed: 0xc000050500000000\n" +
          "[10.8] virt/tdx: module initialization failed (-5)\n",
      ),
    },
    {
      "tdx.bring-up": [
        "affected",
        /^TDX module 1\.0, build 457: Linux needs 1\.5; "TDH\.SYS\.RD \(leaf 34\): SYS_NOT_READY"$/,
      ],
      "tdx.module": ["not applicable", /version 1\.0, build 457, failed/],
    },
  ],
  [
    "hibernation",
    {
      ...SPR,
      ...OFF,
      ...log(`${KEY_IDS}[5.1] virt/tdx: initialization failed: Hibernation support is enabled\n`),
    },
    { "tdx.bring-up": ["affected", /Hibernation/] },
  ],
  [
    "memory encryption off",
    { ...GNR, ...msrs({ "0x87": "0000000000000000", "0x982": "0000000000000001" }) },
    {
      "tdx.firmware": ["not applicable", /TME/],
      "tdx.bring-up": ["not applicable", /off \(TME\); .*\(TME-MT\); 0 private KeyIDs/],
    },
    "not-concerned",
  ],
  [
    "SEAM off by the register",
    { ...GNR, ...OFF, ...msrs({ "0x1401": "0000000000000000", "0xa0": "0000000000000002" }) },
    {
      "tdx.firmware": ["affected", /SEAMRR/],
      "tdx.bring-up": ["affected", /SEAMRR.*MCHECK.*0x2/],
    },
  ],
  [
    "one private KeyID",
    { ...GNR, ...OFF, ...msrs({ "0x87": "000000010000003f" }) },
    { "tdx.firmware": ["affected", /^1 private KeyIDs$/], "tdx.bring-up": ["affected", /needs 2/] },
  ],
  [
    "registers that show all the firmware has to do",
    { ...GNR, ...OFF, ...msrs() },
    {
      "tdx.firmware": ["ok", /64 private KeyIDs, and the SEAM range/],
      "tdx.bring-up": ["affected", /^parameter tdx of kvm_intel is N$/],
    },
  ],
  [
    "KeyIDs and nothing else",
    { ...GNR, ...log(KEY_IDS) },
    {
      "tdx.firmware": ["unknown", /\[64, 128\); whether it set up SEAM/],
      "tdx.bring-up": ["unknown", /nothing/],
      "tdx.use": ["unknown", /could not be read/],
    },
    "unknown",
  ],
  [
    "a kernel before TDX hosts",
    { ...GNR, ...OFF, ...release("6.12.4") },
    { "tdx.bring-up": ["affected", /6\.12\.4: mainline hosts TDs from 6\.16 on/] },
  ],
  [
    "Linux 6.15, the last of mainline that hosts no TDs",
    { ...GNR, ...OFF, ...release("6.15.9") },
    { "tdx.bring-up": ["affected", /^Linux 6\.15\.9: mainline hosts TDs from 6\.16 on$/] },
  ],
  [
    "Linux 6.16, which hosts TDs",
    { ...GNR, ...OFF, ...release("6.16.0") },
    { "tdx.bring-up": ["affected", /^parameter tdx of kvm_intel is N$/] },
  ],
  [
    "a kernel without TDX host code",
    { ...GNR, ...release("6.18.1"), "proc/kallsyms": "0 T _stext\n0 T _einittext\n" },
    {
      "tdx.use": ["not applicable", /^the kernel has no TDX host code$/],
      "tdx.bring-up": ["affected", /^the kernel has no TDX host code$/],
    },
    "not-concerned",
  ],
  [
    "a CPU that no source names as a TDX host",
    { ...cpuinfo(85, "fpu", ""), ...OFF, ...release("6.18.1") },
    { "tdx.bring-up": ["affected", /^no source names this CPU as a TDX host$/] },
  ],
  [
    "no TME, no KeyIDs and no SEAM range, the root first",
    {
      ...GNR,
      ...msrs({
        "0x87": "0000000000000000",
        "0x982": "0000000000000001",
        "0xfe": "0000000000000d0a",
        "0x1401": "0000000000000000",
      }),
    },
    {
      "tdx.bring-up": [
        "not applicable",
        /^the CPU offers no SEAM.*; memory encryption.*; there are no KeyIDs.*; 0 private.*; the SEAM range is off/,
      ],
    },
  ],
  [
    "an exception was counted, and there is no log",
    { ...EMR, "proc/interrupts": " MCE:  0  1  Machine check exceptions\n" },
    {
      "records.machine-checks": [
        "affected",
        /could not be read.*; 1 exceptions; retired memory not counted$/,
      ],
    },
  ],
  [
    "a page was retired, and there is no log",
    { ...EMR, "proc/meminfo": "HardwareCorrupted:     4 kB\n" },
    { "records.machine-checks": ["affected", /; exceptions not counted; 4 KiB retired$/] },
  ],
  [
    "no exception was counted, and nothing else",
    { ...EMR, "proc/interrupts": " MCE:  0  0  Machine check exceptions\n" },
    { "records.machine-checks": ["unknown", /; 0 exceptions; retired memory not counted$/] },
  ],
  [
    "no page was retired, and nothing else is known",
    { ...EMR, "proc/meminfo": "HardwareCorrupted:     0 kB\n" },
    { "records.machine-checks": ["unknown", /; exceptions not counted; 0 KiB retired$/] },
  ],
  [
    "both counters at 0, and no log",
    {
      ...EMR,
      "proc/interrupts": " MCE:  0  0  Machine check exceptions\n",
      "proc/meminfo": "HardwareCorrupted:     0 kB\n",
    },
    { "records.machine-checks": ["ok", /; 0 exceptions; 0 KiB retired$/] },
  ],
  [
    "a newer line with the module's version",
    {
      ...EMR,
      ...log(
        `${IS_UP}[9.1] virt/tdx: TDX module 1.5.06.00, build number 744, build date 0134d817\n`,
      ),
    },
    { "tdx.module": ["ok", /^version 1\.5\.06\.00, build 744, initialized$/] },
  ],
  [
    "the versions in sysfs",
    {
      ...GNR,
      ...ON,
      "sys/devices/faux/tdx_host/version": "2.0.08\n",
      "sys/devices/faux/tdx_host/seamldr_version": "2.0.01\n",
    },
    { "tdx.module": ["ok", /^version 2\.0\.08, loaded by P-SEAMLDR 2\.0\.01$/] },
  ],
  [
    "an HKID that was leaked",
    { ...EMR, ...ON, ...release("6.17.0"), ...log(`${IS_UP}${KVM_LEAK}`) },
    {
      "records.leaks": [
        "affected",
        /^HKID 66 leaked; TDH\.MNG\.KEY\.FREEID failed: WBCACHE_NOT_COMPLETE$/,
      ],
    },
    "pays-rightly",
  ],
  [
    "nothing leaked since boot",
    { ...EMR, ...ON, ...release("6.17.0"), ...log(IS_UP) },
    { "records.leaks": ["ok", /none/], "records.machine-checks": ["ok", /0 uncorrected/] },
  ],
  [
    "a log that comes late",
    { ...EMR, ...ON, ...release("6.17.0"), ...log("[9000.0] eth0: link up\n") },
    {
      "records.leaks": ["unknown", /does not begin with the boot/],
      "records.machine-checks": ["unknown", /0 uncorrected/],
    },
  ],
  [
    "a log that comes late, with the counters",
    {
      ...EMR,
      ...log("[9000.0] eth0: link up\n"),
      "proc/interrupts": " MCE:  0  0  Machine check exceptions\n",
      "proc/meminfo": "HardwareCorrupted:     0 kB\n",
    },
    { "records.machine-checks": ["ok", /0 exceptions; 0 KiB retired/] },
  ],
  [
    "an empty log",
    { ...EMR, ...log("") },
    {
      "records.leaks": ["unknown", /none/],
      "records.machine-checks": ["unknown", /0 uncorrected/],
    },
  ],
  [
    "no flag before Linux 6.8",
    { ...SPR, ...ON, ...release("6.5.0-1003-intel-opt") },
    { "cpu.flag": ["unknown", /not listed/] },
  ],
  [
    "no flag where no release was read",
    { ...SPR, ...ON },
    { "cpu.flag": ["unknown", /not listed/] },
  ],
  [
    "no flag on 6.18",
    { ...SPR, ...ON, ...release("6.18.1") },
    { "cpu.flag": ["affected", /not listed/] },
    "at-risk",
  ],
  [
    "no erratum, and no file about kexec",
    { ...GNR, ...ON, ...release("6.18.1") },
    { "kernel.kexec": ["unknown", /could not be read/] },
  ],
  [
    "no erratum, kexec built in",
    { ...GNR, ...ON, ...NO_CRASH_KERNEL, ...release("7.2.1") },
    { "kernel.kexec": ["ok", /Linux 7\.2\.1/] },
  ],
  [
    "a crash kernel beside poison",
    {
      ...EMR,
      ...ON,
      "sys/kernel/kexec_crash_loaded": "1\n",
      ...release("6.8.0-1028-intel"),
    },
    { "kernel.kexec": ["affected", /a crash kernel is loaded/] },
  ],
  [
    "the erratum under 7.2, with a module that is known",
    {
      ...EMR,
      ...ON,
      ...NO_CRASH_KERNEL,
      ...release("7.2.1"),
      "sys/devices/faux/tdx_host/version": "1.5.24\n",
    },
    { "kernel.kexec": ["unknown", /Linux 7\.2\.1/] },
  ],
];

const PLATFORMS = [spr, emr, gnr, generic];

for (const [name, files, expected, verdict] of CASES) {
  Deno.test(`audit() of ${name}`, async () => {
    const found = await audit(textSource(files), PLATFORMS);
    for (const [id, [result, seen]] of Object.entries(expected)) {
      const check = found.checks.find((check) => check.id === id)!;
      assertEquals([id, check.result], [id, result], JSON.stringify(check));
      assertMatch(check.seen, seen, id);
    }
    if (verdict !== undefined) assertEquals(found.verdict, verdict);
  });
}

Deno.test("audit() says what became of a guest page by the kernel (X2)", async () => {
  for (const [version, fate] of [["6.18.1", /leaked/], ["6.19.1", /uncleared/]] as const) {
    const files = { ...GNR, ...ON, ...release(version), ...log(`${BOOT}${REMOVE}`) };
    const { checks } = await audit(textSource(files), PLATFORMS);
    const { result, seen, meaning } = checks.find(({ id }) => id === "records.leaks")!;
    assertEquals([result, seen], [
      "affected",
      "TDH.MEM.PAGE.REMOVE failed: TLB_TRACKING_NOT_DONE, operand RCX",
    ]);
    assertMatch(meaning, fate);
  }
});

/** X2, X3: what is lost where a SEAMCALL of a shutdown fails. */
const LOST: readonly (readonly [what: RegExp, ...leaves: readonly string[]])[] = [
  [
    /HKID that is not freed stays taken/,
    "TDH_VP_FLUSH",
    "TDH_MNG_VPFLUSHDONE",
    "TDH_PHYMEM_CACHE_WB",
    "TDH_MNG_KEY_FREEID",
  ],
  [
    /^A page that is not reclaimed is leaked/,
    "TDH_PHYMEM_PAGE_RECLAIM",
    "TDH_PHYMEM_PAMT_REMOVE",
    "TDH_MEM_SEPT_REMOVE",
  ],
  [
    /guest page that is not removed is leaked/,
    "TDH_MEM_RANGE_BLOCK",
    "TDH_MEM_TRACK",
    "TDH_MEM_PAGE_REMOVE",
    "TDH_PHYMEM_PAGE_WBINVD",
  ],
];

Deno.test("audit() says what is lost by each SEAMCALL that failed, and of others nothing", async () => {
  const leaks = async (leaf: string) => {
    const failed = `[1.0] kvm_intel: SEAMCALL ${leaf} failed: 0x8000020000000080\n`;
    const files = { ...GNR, ...ON, ...release("6.18.1"), ...log(`${IS_UP}${failed}`) };
    const { checks } = await audit(textSource(files), PLATFORMS);
    return checks.find(({ id }) => id === "records.leaks")!;
  };
  for (const [what, ...leaves] of LOST) {
    for (const leaf of leaves) {
      const { result, meaning } = await leaks(leaf);
      assertEquals(result, "affected", leaf);
      assertMatch(meaning, what, leaf);
    }
  }
  for (const leaf of ["TDH_VP_INIT", "TDH_MEM_PAGE_ADD"]) {
    assertEquals((await leaks(leaf)).result, "ok", leaf);
  }
});

Deno.test("audit() counts a file as absent only where others of its tree were seen", async () => {
  const parameter = "sys/module/kvm_intel/parameters/tdx";
  const host = { ...EMR, ...release("6.18.1") };
  const unmounted = await audit(textSource(host, [parameter]), PLATFORMS);
  assertEquals(unmounted.verdict, "unknown");
  assertMatch(unmounted.sentence, /nothing of \/sys was seen/);
  const mounted = await audit(textSource({ ...host, ...NO_CRASH_KERNEL }, [parameter]), PLATFORMS);
  assertEquals(mounted.verdict, "not-concerned");
});

const RECORD = (status: string) =>
  `[   20.0] mce: [Hardware Error]: CPU 3: Machine Check Exception: f Bank 1: ${status}\n` +
  "[   20.0] mce: [Hardware Error]: TSC 5 ADDR 80a5669600 MISC 86\n" +
  "[   20.0] mce: [Hardware Error]: PROCESSOR 0:c06f2 TIME 1 SOCKET 0 APIC 6 microcode 1\n";

// A log's records, and what the check of machine checks makes of them.
const ON_RECORD: readonly (readonly [string, CheckResult, seen: RegExp, meaning: RegExp])[] = [
  [
    "",
    "ok",
    /^0 uncorrected \(0 consumed poison\) and 0 corrected in the kernel log;/,
    /^None since boot/,
  ],
  [RECORD("bd80000000100134"), "affected", /^1 uncorrected \(1 consumed/, /^Poison was consumed/],
  [RECORD("bc00000000000090"), "affected", /^1 uncorrected \(0 consumed/, /^Uncorrected errors/],
  [RECORD("8c00004000010090"), "ok", /^0 uncorrected .* and 1 corrected in/, /^None since boot/],
  [
    RECORD("bd80").split("\n")[0] + "\n",
    "unknown",
    / in the kernel log, 1 cut;/,
    /^Whether the errors of cut records were corrected/,
  ],
];

Deno.test("the check of machine checks tells consumed poison from other errors, and from cut ones", async () => {
  for (const [records, result, seen, meaning] of ON_RECORD) {
    const { checks } = await audit(textSource({ ...EMR, ...log(`${BOOT}${records}`) }), PLATFORMS);
    const found = checks.find(({ id }) => id === "records.machine-checks")!;
    assertEquals(found.result, result, found.seen);
    assertMatch(found.seen, seen);
    assertMatch(found.meaning, meaning);
    assertEquals(found.fix === "", result === "ok");
  }
});

Deno.test("a TDX module before 1.5 keeps TDX from coming up, and no later one does", async () => {
  for (
    const [version, old] of [["1.0.06.00", true], ["1.5.06.00", false], [
      "2.0.08.00",
      false,
    ]] as const
  ) {
    const line = `[9.0] virt/tdx: TDX module ${version}, build number 1, build date 1\n`;
    const failed = "[9.1] virt/tdx: initialization failed (-12)\n";
    const { checks } = await audit(
      textSource({ ...GNR, ...release("6.18.1"), ...log(`${BOOT}${KEY_IDS}${line}${failed}`) }),
      PLATFORMS,
    );
    const { result, seen } = checks.find(({ id }) => id === "tdx.bring-up")!;
    assertEquals([result, seen.includes("Linux needs 1.5")], ["affected", old], seen);
  }
});

Deno.test("a guest is worried by nothing that its host decides", async () => {
  const guest = cpuinfo(207, "movdir64b hypervisor", "");
  const { verdict, checks } = await audit(
    textSource({ ...guest, ...release("6.19.1") }),
    PLATFORMS,
  );
  assertEquals(verdict, "not-concerned");
  for (const id of ["cpu.flag", "kernel.refused-pages", "kernel.seam-nr", "kernel.kexec"]) {
    const { result, fix } = checks.find((check) => check.id === id)!;
    assertEquals([result, fix], ["not applicable", ""], id);
  }
});

/** What a host would do under another kernel: by platform's files and kernel, the verdict. */
const ASKED: readonly (readonly [Files, kernel: string, verdict: string, reclaim: string])[] = [
  [GNR, "6.17", "pays-needlessly", "Linux 6.17, as asked"],
  [GNR, "6.18", "fine", "Linux 6.18, as asked"],
  [EMR, "6.17", "pays-rightly", "Linux 6.17, as asked"],
  [EMR, "7.2", "pays-rightly", "Linux 7.2, as asked"],
  [EMR, "6.8.0-1014-intel", "unknown", "Linux 6.8.0-1014-intel, as asked"],
];

Deno.test("audit() asks about another kernel than the one that runs", async () => {
  const symbols = "0 T _stext\n0 t tdx_clear_page\n0 T _einittext\n";
  for (const [cpu, kernel, verdict, seen] of ASKED) {
    const files = { ...cpu, ...ON, ...release("6.16.3"), "proc/kallsyms": symbols };
    const found = await audit(textSource(files), PLATFORMS, { kernel });
    const reclaim = found.checks.find(({ id }) => id === "kernel.reclaim")!;
    assertEquals([found.verdict, reclaim.seen, reclaim.source], [verdict, seen, "--kernel"]);
  }
});

/** What is at hand, and what it comes to. */
const AT_HAND:
  readonly (readonly [name: string, text: string, platform: string, verdict: string])[] = [
    [
      "a kernel log",
      `${BOOT}[    2.9] smpboot: CPU0: INTEL(R) XEON(R) (family: 0x6, model: 0xcf, stepping: 0x2)\n` +
      `${KEY_IDS}[    9.0] virt/tdx: module initialized\n`,
      "emr",
      "pays-rightly",
    ],
    [
      "a kernel log of 6.18, which lists the erratum once it has set up TDX",
      "[    0.0] Linux version 6.18.2\n" +
      "[    2.9] smpboot: CPU0: INTEL(R) XEON(R) (family: 0x6, model: 0xcf, stepping: 0x2)\n" +
      "[    9.0] virt/tdx: module initialized\n",
      "emr",
      "pays-rightly",
    ],
    [
      "lscpu and a log",
      "Architecture:  x86_64\nVendor ID:     GenuineIntel\n  Model name:  Intel(R) Xeon(R)\n" +
      "    CPU family: 6\n    Model:      173\n    Stepping:   1\n\n$ dmesg\n" +
      `${BOOT}[    9.0] virt/tdx: module initialized\n`,
      "gnr",
      "pays-needlessly",
    ],
    [
      "lscpu -J",
      '{"lscpu": [{"field": "Vendor ID:", "data": "GenuineIntel", "children": [' +
      '{"field": "CPU family:", "data": "6"}, {"field": "Model:", "data": "207"}, ' +
      '{"field": "Stepping:", "data": "2"}]}]}',
      "emr",
      "unknown",
    ],
    ["the file cpuinfo", GNR["proc/cpuinfo"]!, "gnr", "unknown"],
    [
      "canonical's system report",
      "### Kernel version\n\n```\n6.8.0-1009-intel #16-Ubuntu SMP PREEMPT_DYNAMIC x86_64\n```\n\n" +
      "### TDX kernel logs\n\n```\n[    5.1] virt/tdx: BIOS enabled: private KeyID range [1, 128)\n" +
      "[   14.0] virt/tdx: module not loaded\n```\n\n### Model specific registers (MSRs)\n\n```\n" +
      "MK_TME_ENABLED bit: 1 (expected value: 1)\nSEAM_RR bit: 1 (expected value: 1)\n```\n",
      "unknown",
      "not-concerned",
    ],
    ["some other text", "Dear all,\n\nit does not work.\n", "unknown", "unknown"],
  ];

for (const [name, text, platform, verdict] of AT_HAND) {
  Deno.test(`audit() starts from ${name}`, async () => {
    const found = await audit(fileSource(new Blob([text]).stream()), PLATFORMS);
    assertEquals([found.platform, found.verdict], [platform, verdict], found.sentence);
  });
}

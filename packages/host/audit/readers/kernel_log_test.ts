import { assertEquals } from "@std/assert";
import { readMachineChecks } from "../../mce/read_machine_checks.ts";
import { type KernelLogSummary, summarizeKernelLog } from "./kernel_log.ts";
import { leafName, statusWords } from "./tdx_trouble.ts";

const NONE: KernelLogSummary = {
  fromBoot: false,
  troubles: [],
  failedCalls: new Map(),
  leakedHkids: new Set(),
  uncorrected: 0,
  consumed: 0,
  corrected: 0,
  cut: 0,
};

function summary(log: string): Promise<KernelLogSummary> {
  return summarizeKernelLog(new Blob([log]).stream());
}

async function reads(line: string, expected: Partial<KernelLogSummary>): Promise<void> {
  assertEquals(await summary(line), { ...NONE, ...expected }, line);
}

Deno.test("summarizeKernelLog() reads the KeyID range behind any prefix", async () => {
  const keyIds = { first: 64, end: 128 };
  const words = "BIOS enabled: private KeyID range [64, 128)";
  await reads(`[    5.205693] virt/tdx: ${words}\n`, { keyIds });
  await reads(`[    5.205693] tdx: ${words}\r\n`, { keyIds });
  await reads(`6,1023,5205693,-;virt/tdx: ${words}\n`, { keyIds });
  await reads(`Jul 01 10:00:00 host kernel: virt/tdx: ${words}`, { keyIds });
  await reads(`<6>[    5.205693] [   T1] virt/tdx: ${words}`, { keyIds });
});

Deno.test("summarizeKernelLog() reads how the module was initialized", async () => {
  for (
    const words of [
      "virt/tdx: module initialized",
      "virt/tdx: TDX module initialized",
      "virt/tdx: TDX-Module initialized",
      "tdx: TDX module initialized.",
    ]
  ) await reads(`[1.0] ${words}\n`, { module: "initialized" });
  for (const words of ["module", "TDX-Module"]) {
    const { module } = await summary(`[1.0] virt/tdx: ${words} initialization failed (-28)\n`);
    assertEquals(module, "failed");
  }
  await reads(
    "[1.0] virt/tdx: module initialization failed (-28)\n[2.0] virt/tdx: module initialized\n",
    { module: "initialized" },
  );
});

Deno.test("summarizeKernelLog() reads the module's version in all its lines", async () => {
  const cases = {
    "TDX-Module version: 1.5.24": "1.5.24",
    "Module version: 1.5.06": "1.5.06",
    "module version: 1.5.06.00.0744 (build_date 20240407).": "1.5.06.00.0744",
    "TDX module 1.5.06.00, build number 744, build date 0134d817": "1.5.06.00, build 744",
    "TDX module: attributes 0x0, vendor_id 0x8086, major_version 1, minor_version 5, build_date 20230323, build_num 481":
      "1.5, build 481",
  };
  for (const [words, moduleVersion] of Object.entries(cases)) {
    await reads(`[1.0] virt/tdx: ${words}\n`, { moduleVersion });
  }
});

Deno.test("summarizeKernelLog() takes no other subsystem for TDX", async () => {
  for (
    const line of [
      "[0.0] tdx: Guest detected\n",
      "[0.0] audit: comm=grep virt/tdxfs: module initialized\n",
      "[0.0] nottdx: module initialized\n",
      "[0.0] virt/tdx: 1050644 KB allocated for PAMT\n",
    ]
  ) await reads(line, {});
});

/** By line, whether the firmware is to blame, and a word of what helps. */
const TROUBLES: readonly (readonly [line: string, firmware: boolean, fix: RegExp])[] = [
  ["x86/tme: not enabled by BIOS", true, /\(TME\)/],
  ["x86/mktme: disabled by BIOS", true, /TME-MT/],
  ["x86/tme: configuration is inconsistent between CPUs", true, /Update the firmware/],
  ["tdx: not enabled by BIOS.", true, /SEAM loader/],
  ["tdx: [firmware bug]: TDX is not enabled by BIOS.", true, /SEAM loader/],
  ["virt/tdx: module not loaded", true, /P-SEAMLDR/],
  ["tdx: TDX module is not loaded.", true, /P-SEAMLDR/],
  ["virt/tdx: initialization failed: too few private KeyIDs available.", true, /key split/],
  ["virt/tdx: initialization failed: Hibernation support is enabled", false, /nohibernate/],
  ["virt/tdx: initialization failed: ACPI S3 is enabled", false, /S3/],
  ["virt/tdx: initialization failed: TDMRs exhausted.", false, /pieces/],
  [
    "virt/tdx: initialization failed: TDMR [0x0, 0x40000000): reserved areas exhausted.",
    false,
    /pieces/,
  ],
  [
    "virt/tdx: initialization failed: register_memory_notifier() failed (-12)",
    false,
    /plugged in later/,
  ],
  ["virt/tdx: frame pointer (RBP) clobber bug present, upgrade TDX module", false, /TDX module/],
  ["virt/tdx: NO_RBP_MOD feature is not supported", false, /Update the TDX module/],
  ["tdx: TDX module is outdated. Use v1.0.3 or newer.", false, /Update the TDX module/],
  ["kvm_intel: tdx: tdx requires kvm.enable_virt_at_load=1", false, /enable_virt_at_load=1/],
  ["kvm_intel: EPT is required for TDX", false, /options/],
  ["kvm_intel: APICv is required for TDX", false, /options/],
  ["kvm_intel: tdx: MOVDIR64B is required for TDX", false, /clearcpuid/],
  ["kvm_intel: Self-snoop is reqiured for TDX", false, /clearcpuid/],
  ["virt/tdx: XSAVE is required for TDX", false, /clearcpuid/],
  ["kvm_intel: tdx: no TDX private KeyIDs available", false, /KeyIDs/],
  ["kvm_intel: TDX not supported by the host platform", false, /firmware's setup/],
  ["virt/tdx: module initialization failed (-12)", false, /PAMT/],
  ["virt/tdx: module initialization failed (-5)", false, /^$/],
  ["kvm_intel: Failed to initialize TDX module.", false, /^$/],
];

Deno.test("summarizeKernelLog() tells what keeps TDX from coming up, and what helps", async () => {
  for (const [line, firmware, fix] of TROUBLES) {
    const [trouble, ...others] = (await summary(`[    1.000000] ${line}\n`)).troubles;
    assertEquals([trouble?.words, trouble?.firmware, others], [line, firmware, []], line);
    assertEquals(fix.test(trouble!.fix), true, trouble!.fix);
  }
});

Deno.test("summarizeKernelLog() knows that S3 takes the module away, where there was one", async () => {
  const s3 = "[99.0] PM: suspend entry (deep)\n";
  await reads(s3, {});
  const { module, troubles } = await summary(`[9.0] virt/tdx: module initialized\n${s3}`);
  assertEquals([module, troubles.map(({ words }) => words)], [
    "failed",
    ["PM: suspend entry (deep)"],
  ]);
});

/** A SEAMCALL that failed at initialisation, and what is said of it. */
const INITIALISATIONS: readonly (readonly [line: string, words: string, firmware: boolean])[] = [
  [
    "tdx: SEAMCALL failed: CPU 94: leaf 33, error 0xc000092100000122.",
    "TDH.SYS.INIT (leaf 33): INCORRECT_MSR_VALUE, MSR 0x122",
    true,
  ],
  [
    "virt/tdx: SEAMCALL (0x0000000000000021) failed: 0xc000090000000000",
    "TDH.SYS.INIT (leaf 33): INCORRECT_CPUID_VALUE",
    true,
  ],
  [
    "virt/tdx: SEAMCALL (0x0000000000000022) failed: 0xc000050500000000",
    "TDH.SYS.RD (leaf 34): SYS_NOT_READY",
    false,
  ],
];

Deno.test("summarizeKernelLog() names leaf and status of a failed initialisation", async () => {
  for (const [line, words, firmware] of INITIALISATIONS) {
    const [trouble] = (await summary(`[    7.592823] ${line}\n`)).troubles;
    assertEquals([trouble?.words, trouble?.firmware], [words, firmware]);
  }
});

Deno.test("summarizeKernelLog() forgets troubles once the module is up, and at the next boot", async () => {
  const trouble = "[1.0] virt/tdx: module not loaded\n";
  await reads(`${trouble}[2.0] virt/tdx: module initialized\n`, { module: "initialized" });
  await reads(`${trouble}[0.0] Linux version 6.18.1 (x) #1\n`, {
    fromBoot: true,
    release: "6.18.1",
  });
});

Deno.test("summarizeKernelLog() counts the SEAMCALLs that failed, with their statuses", async () => {
  const lines = [
    "[261.2] kvm_intel: SEAMCALL TDH_MNG_KEY_FREEID failed: 0x8000081700000000",
    "[261.2] kvm_intel: tdh_mng_key_freeid() failed. HKID 66 is leaked.",
    "[261.3] SEAMCALL (0x000000000000001c) failed: 0xc000030000000001 RCX 0x0000000000000000",
    "[261.3] SEAMCALL (0x000000000000001c) failed: 0xc000030000000001 RCX 0x0000000000000000",
    "[262.0] kvm_intel: SEAMCALL TDH_MEM_PAGE_REMOVE failed: 0xzz",
  ];
  const { failedCalls, leakedHkids, troubles } = await summary(lines.join("\n"));
  assertEquals(
    [...failedCalls.values()].map(({ call, times }) => [
      leafName(call),
      statusWords(call.status),
      times,
    ]),
    [
      ["TDH.MNG.KEY.FREEID", "WBCACHE_NOT_COMPLETE", 1],
      ["TDH.PHYMEM.PAGE.RECLAIM", "PAGE_METADATA_INCORRECT, operand RCX", 2],
    ],
  );
  assertEquals([...leakedHkids], [66]);
  assertEquals(troubles, []);
});

Deno.test("summarizeKernelLog() takes a leaf that ends TDX for nothing that keeps it from coming up", async () => {
  const troubles = async (leaf: string) =>
    (await summary(`kvm_intel: SEAMCALL ${leaf} failed: 0xc000050500000000`)).troubles.length;
  assertEquals(await troubles("TDH_SYS_INIT"), 1);
  for (const leaf of ["TDH_SYS_SHUTDOWN", "TDH_SYS_UPDATE", "TDH_SYS_DISABLE", "TDH_MNG_INIT"]) {
    assertEquals(await troubles(leaf), 0, leaf);
  }
});

Deno.test("summarizeKernelLog() keeps 64 of what a log says of each kind, and counts those further", async () => {
  const lines = Array.from({ length: 70 }, (_, i) => [
    `SEAMCALL (0x1c) failed: 0xc0000300000000${(i + 16).toString(16)}`,
    `kvm_intel: tdh_mng_key_freeid() failed. HKID ${i + 100} is leaked.`,
    `virt/tdx: initialization failed: S3 ${i}`,
  ]).flat();
  const { failedCalls, leakedHkids, troubles } = await summary([...lines, lines[0]].join("\n"));
  assertEquals([failedCalls.size, leakedHkids.size, troubles.length], [64, 64, 64]);
  assertEquals([...failedCalls.values()].map(({ times }) => times).slice(0, 2), [2, 1]);
});

Deno.test("summarizeKernelLog() reads CPU and release, also from what stands around a log", async () => {
  const brand = "Intel(R) Xeon(R) Platinum 8480CTDX";
  await reads(`[2.9] smpboot: CPU0: ${brand} (family: 0x6, model: 0x8f, stepping: 0x8)\n`, {
    cpu: { vendor: "GenuineIntel", family: 6, model: 0x8f, stepping: 8, brand },
  });
  const release = "6.8.0-1028-intel";
  const boot = `[0.000000] Linux version ${release} (buildd@a) #31-Ubuntu SMP\n`;
  await reads(boot, { fromBoot: true, release });
  await reads(`${release} #31-Ubuntu SMP PREEMPT_DYNAMIC x86_64 GNU/Linux\n`, { release });
  await reads(`Linux test ${release} #31-Ubuntu SMP PREEMPT_DYNAMIC\n`, { release });
  await reads(`[0.0] Command line: BOOT_IMAGE=/boot/vmlinuz-${release} root=x\n`, { release });
});

Deno.test("summarizeKernelLog() reads the registers of a system report", async () => {
  const report = "MK_TME_ENABLED bit: 1 (expected value: 1)\nSEAM_RR bit: 0 (expected value: 1)\n" +
    "NUM_TDX_PRIV_KEYS: 40\n";
  await reads(report, { firmwareBits: { tme: true, seamrr: false, privates: 64 } });
});

Deno.test("summarizeKernelLog() counts machine checks by kind", async () => {
  const record = (status: string, bank = "1") =>
    `[1.0] mce: [Hardware Error]: CPU 147: Machine Check Exception: f Bank ${bank}: ${status}\n`;
  await reads(record("bd80000000100134"), { uncorrected: 1, consumed: 1 });
  await reads(record("bd80000000100150"), { uncorrected: 1, consumed: 1 });
  await reads(record("be00000000800400", "7"), { uncorrected: 1 });
  await reads(record("be000000008004", "7"), { cut: 1 });
  await reads("[1.0] mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 13: 9c000040010000c0\n", {
    corrected: 1,
  });
  await reads("[1.0] mce: [Hardware Error]: RIP 10:<ffffffff81000000>\n", { cut: 1 });
});

Deno.test("summarizeKernelLog() counts what readMachineChecks() reads, EDAC's records too", async () => {
  const log = `
[896.1] mce: [Hardware Error]: CPU 147: Machine Check Exception: f Bank 1: bd80000000100134
[896.1] mce: [Hardware Error]: PROCESSOR 0:806f8 TIME 1706000767 SOCKET 1 APIC 93 microcode 1
[991.1] EDAC skx MC0: HANDLING MCE MEMORY ERROR
[991.1] EDAC skx MC0: CPU 0: Machine Check Event: 0x0 Bank 13: 0xbc000000082a0090
[991.1] EDAC skx MC0: TSC 0x0
[991.1] EDAC skx MC0: ADDR 0x82080a5669600
[991.1] EDAC skx MC0: MISC 0x86
[991.1] EDAC skx MC0: PROCESSOR 0:0x806f8 TIME 1701869556 SOCKET 0 APIC 0x0
[992.1] EDAC i10nm MC2: CPU 4: Machine Check Event: 0x0 Bank 14: 0x9c000040010000c0
[995.1] mce: [Hardware Error]: CPU 5: Machine Check: 0 Bank 7: 8c000040000100`;
  const records = await Array.fromAsync(readMachineChecks(log));
  assertEquals(records.map(({ record }) => record.cpu), [147, 0, 4, 5]);
  await reads(log, { uncorrected: 2, consumed: 1, corrected: 1, cut: 1 });
});

Deno.test("summarizeKernelLog() counts machine checks that are told without their record", async () => {
  await reads("[1.0] Kernel panic - not syncing: Fatal local machine check\n", { uncorrected: 1 });
  await reads("[1.0] mce: Uncorrected hardware memory error in user-access at 80a5669600\n", {
    uncorrected: 1,
  });
  await reads("[1.0] mce: [Hardware Error]: Machine check events logged\n", { cut: 1 });
});

Deno.test("summarizeKernelLog() keeps what was left uncleaned beyond the kexec", async () => {
  const disableFailed = "TDH.SYS.DISABLE failed: 0xc000010000000000";
  await reads(`[9.0] virt/tdx: ${disableFailed}\n[0.0] Linux version 7.2.1 (x)\n`, {
    fromBoot: true,
    release: "7.2.1",
    disableFailed,
  });
});

Deno.test("summarizeKernelLog() reads that a kexec was refused", async () => {
  const kexecRefused = "Not allowed on platform with tdx_pw_mce bug";
  await reads(`[99.0] kexec: ${kexecRefused}\n`, { kexecRefused });
});

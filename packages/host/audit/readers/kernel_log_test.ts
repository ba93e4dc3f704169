import { assertEquals } from "@std/assert";
import { readMachineChecks } from "../../mce/read_machine_checks.ts";
import { type KernelLogSummary, summarizeKernelLog } from "./kernel_log.ts";

const NONE: KernelLogSummary = { uncorrected: 0, consumed: 0, corrected: 0, cut: 0 };

async function reads(line: string, expected: Partial<KernelLogSummary>): Promise<void> {
  assertEquals(await summarizeKernelLog(new Blob([line]).stream()), { ...NONE, ...expected }, line);
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

Deno.test("summarizeKernelLog() knows the old and the new names of the module", async () => {
  for (
    const words of [
      "virt/tdx: module initialized",
      "virt/tdx: TDX module initialized",
      "virt/tdx: TDX-Module initialized",
      "tdx: TDX module initialized.",
    ]
  ) await reads(`[1.0] ${words}\n`, { module: "initialized" });
  await reads("[1.0] virt/tdx: module initialization failed (-28)\n", { module: "failed" });
  await reads("[1.0] virt/tdx: TDX-Module initialization failed (-28)\n", { module: "failed" });
  await reads("[1.0] virt/tdx: TDX-Module version: 1.5.24\n", { moduleVersion: "1.5.24" });
  await reads("[1.0] virt/tdx: Module version: 1.5.06\n", { moduleVersion: "1.5.06" });
  await reads(
    "[1.0] tdx: TDX module: attributes 0x0, vendor_id 0x8086, major_version 1, minor_version 5, " +
      "build_date 20230323, build_num 481\n",
    { moduleVersion: "1.5 (build 20230323-481)" },
  );
});

Deno.test("summarizeKernelLog() keeps the last word on the module", async () => {
  await reads(
    "[1.0] virt/tdx: module initialization failed (-28)\n[2.0] virt/tdx: module initialized\n",
    { module: "initialized" },
  );
});

Deno.test("summarizeKernelLog() reads why there is no TDX", async () => {
  const notSupported = "TDX not supported by the host platform";
  await reads(`[1.0] virt/tdx: ${notSupported}\n`, { notSupported });
  await reads(`[1.0] kvm_intel: ${notSupported}\n`, { notSupported });
  await reads("[1.0] kvm_intel: tdx: no TDX private KeyIDs available\n", {
    notSupported: "tdx: no TDX private KeyIDs available",
  });
  await reads("[1.0] virt/tdx: initialization failed: Hibernation support is enabled\n", {
    gaveUp: "Hibernation support is enabled",
  });
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

Deno.test("summarizeKernelLog() reads that a kexec was refused", async () => {
  const kexecRefused = "Not allowed on platform with tdx_pw_mce bug";
  await reads(`[99.0] kexec: ${kexecRefused}\n`, { kexecRefused });
});

import { assertEquals } from "@std/assert";
import type { CpuidLeaf } from "../cpu/_cpuid.ts";
import { parseCpuinfo } from "../cpu/cpuinfo.ts";
import { cpuidThrough, identifyCpu } from "./cpu.ts";
import { callTest, withCode } from "./fixtures_test.ts";

type Registers = readonly [eax: number, ebx: number, ecx: number, edx: number];

/** A CPU that has the leaves named, by "leaf.subleaf" in hexadecimal, and nothing in any other. */
function cpuWith(leaves: Readonly<Record<string, Registers>>) {
  return identifyCpu((leaf, subleaf): CpuidLeaf => {
    const [eax, ebx, ecx, edx] = leaves[`${leaf.toString(16)}.${subleaf}`] ?? [0, 0, 0, 0];
    return { leaf, eax, ebx, ecx, edx };
  });
}

// SDM volume 2A: leaf 4 EBX is line size - 1, (partitions - 1) << 12, (ways - 1) << 22.
const L1: Registers = [0x21, 63 | 11 << 22, 63, 0];
const INTEL: Readonly<Record<string, Registers>> = {
  "0.0": [0x20, 0x756e6547, 0x6c65746e, 0x49656e69],
  "1.0": [0x000c06f2, 0, 0, 0],
  // 20 ways of 64 bytes in 262,144 sets: 320 MiB.
  "4.0": L1,
  "4.1": [0x163, 63 | 19 << 22, 262143, 0],
  "7.0": [2, 1 << 23, 1 << 28, 0],
};
const AMD: Readonly<Record<string, Registers>> = {
  "0.0": [0x10, 0x68747541, 0x444d4163, 0x69746e65],
  "1.0": [0x00b00f21, 0, 0x8000_0000, 0],
  "7.0": [1, 0, 0, 0],
  "80000000.0": [0x80000028, 0, 0, 0],
  "80000001.0": [0, 0, 1 << 22, 0],
  "8000001d.0": L1,
  // 16 ways of 64 bytes in 32,768 sets: 32 MiB.
  "8000001d.1": [0x163, 63 | 15 << 22, 32767, 0],
};

Deno.test("identifyCpu() reads each instruction from its own bit", () => {
  const features = (ebx: number, ecx: number) => {
    const { movdir64b, clflushopt } = cpuWith({ ...INTEL, "7.0": [0, ebx, ecx, 0] });
    return { movdir64b, clflushopt };
  };
  assertEquals(features(0, 1 << 28), { movdir64b: true, clflushopt: false });
  assertEquals(features(1 << 23, 0), { movdir64b: false, clflushopt: true });
  assertEquals(features(~(1 << 23) >>> 0, ~(1 << 28) >>> 0), {
    movdir64b: false,
    clflushopt: false,
  });
});

Deno.test("identifyCpu() reads the largest cache from Intel's leaf and from AMD's", () => {
  assertEquals(cpuWith(INTEL).lastLevelCacheBytes, 320 * 2 ** 20);
  assertEquals(cpuWith(AMD).lastLevelCacheBytes, 32 * 2 ** 20);
  assertEquals(cpuWith({ ...AMD, "80000001.0": [0, 0, 0, 0] }).lastLevelCacheBytes, null);
});

Deno.test("identifyCpu() asks for no leaf beyond the highest, which would answer another's", () => {
  const old = cpuWith({ ...INTEL, "0.0": [3, 0x756e6547, 0x6c65746e, 0x49656e69] });
  assertEquals([old.movdir64b, old.clflushopt], [false, false]);
  assertEquals(old.lastLevelCacheBytes, null);
});

Deno.test("identifyCpu() says whose CPU it is, and whether under a hypervisor", () => {
  const { vendor, family, model, hypervisor } = cpuWith(AMD);
  assertEquals([vendor, family, model, hypervisor], ["AuthenticAMD", 26, 2, true]);
});

callTest("identifyCpu() reads from the CPU what Linux read from it", async () => {
  await withCode((libc, code) => {
    const cpu = identifyCpu(cpuidThrough(code));
    const linux = parseCpuinfo(libc.readText("/proc/cpuinfo")!, "/proc/cpuinfo");
    const { vendor, family, model, stepping } = linux;
    assertEquals(
      [cpu.vendor, cpu.family, cpu.model, cpu.stepping],
      [vendor, family, model, stepping],
    );
    for (const name of ["movdir64b", "clflushopt", "hypervisor"] as const) {
      assertEquals(cpu[name], linux.flags!.includes(name), name);
    }
  });
});

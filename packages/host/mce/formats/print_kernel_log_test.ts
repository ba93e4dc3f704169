import { assertEquals } from "@std/assert";
import { consumedPoison } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import fc from "fast-check";
import { assessMachineCheck } from "../assess/assess_machine_check.ts";
import { kernelLog } from "./kernel_log.ts";
import { readLog } from "./log_format.ts";
import { printKernelLog } from "./print_kernel_log.ts";

const poison = fc.record({
  address: fc.oneof(fc.constant(0), fc.maxSafeNat().map((n) => n % 2 ** 52)),
  seamNr: fc.boolean(),
  instruction: fc.constantFrom("load" as const, "fetch" as const),
  cpu: fc.nat(8191),
});
const interrupted = fc.option(
  fc.record({ cs: fc.constantFrom(0x10, 0x33, 0x23), ip: fc.bigInt(1n, (1n << 64n) - 1n) }),
  { nil: undefined },
);
const host = fc.record({
  platform: fc.constantFrom(emr, gnr, undefined),
  maxPa: fc.constantFrom(52, undefined),
  keyIdBits: fc.constantFrom(6, 7, undefined),
  sharedKeyIds: fc.constantFrom(31, undefined),
});

Deno.test("printKernelLog() prints what the simulator produces, to be read and judged the same", async () => {
  await fc.assert(
    fc.asyncProperty(poison, interrupted, host, async (consumed, code, about) => {
      const record = consumedPoison(consumed);
      const [found, ...others] = await Array.fromAsync(
        readLog(printKernelLog(record, code), kernelLog, "log"),
      );
      assertEquals(others, []);
      assertEquals(found?.record, record);
      assertEquals(found?.damage, []);
      assertEquals(
        assessMachineCheck(found!, about),
        assessMachineCheck({ record, ...(code && { interrupted: code }) }, about),
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test("printKernelLog() keeps many records apart, in order", async () => {
  await fc.assert(fc.asyncProperty(fc.array(poison, { maxLength: 20 }), async (all) => {
    const records = all.map((each) => consumedPoison(each));
    const text = records.map((record) => printKernelLog(record)).join("");
    const found = await Array.fromAsync(readLog(text, kernelLog, "log"));
    assertEquals(found.map(({ record }) => record), records);
  }));
});

Deno.test("printKernelLog() prints the lines of Linux", () => {
  const record = { cpu: 3, bank: 9, status: 0x8c00000000010090n, mcgStatus: 0n, address: 0x1000n };
  assertEquals(
    printKernelLog(record, { cs: 0x10, ip: 0xffffffff80a97fa4n, symbol: "mwait_idle+0x84/0x180" }),
    `mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 9: 8c00000000010090
mce: [Hardware Error]: RIP !INEXACT! 10:<ffffffff80a97fa4> {mwait_idle+0x84/0x180}
mce: [Hardware Error]: TSC 0 ADDR 1000 ${""}
mce: [Hardware Error]: PROCESSOR 0:0 TIME 0 SOCKET 0 APIC 0 microcode 0
`,
  );
});

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readKernelSymbols } from "./kernel_symbols.ts";
import { readMsrs } from "./msrs.ts";
import { UnreadableError } from "./reading.ts";
import {
  atLeast,
  readCpuinfo,
  readHardwareCorrupted,
  readHostName,
  readKernelRelease,
  readKeyIdCapacity,
  readMachineCheckCount,
  readModuleVersion,
  readSwitch,
  readWholeNumber,
} from "./small_files.ts";

const bytes = (text: string) => new Blob([text]).stream();

Deno.test("readSwitch() reads Y, N, 1 and 0", () => {
  assertEquals(["Y\n", "N\n", "1\n", "0\n"].map(readSwitch), [true, false, true, false]);
  for (const text of ["", "YN\n", "\0"]) assertThrows(() => readSwitch(text), UnreadableError);
});

Deno.test("readWholeNumber(), readHostName() and readModuleVersion() refuse anything else", () => {
  assertEquals([readWholeNumber("1\n"), readHostName("a-1.example\n")], [1, "a-1.example"]);
  assertEquals(readModuleVersion("1.5.24\n"), "1.5.24");
  assertThrows(() => readWholeNumber("-1\n"), UnreadableError, 'got "-1\\n"');
  assertThrows(() => readHostName("a b\n"), UnreadableError);
  assertThrows(() => readModuleVersion("v1\x1b[2J"), UnreadableError, "\\u001b");
});

Deno.test("readKeyIdCapacity() reads the line of TDX", () => {
  assertEquals(readKeyIdCapacity("sev 509\ntdx 63\n"), 63);
  assertEquals(readKeyIdCapacity("sev 509\n"), undefined);
});

Deno.test("readHardwareCorrupted() reads retired memory", () => {
  assertEquals(readHardwareCorrupted("MemFree: 1 kB\nHardwareCorrupted:     8 kB\n"), 8);
  assertEquals(readHardwareCorrupted("MemFree: 1 kB\n"), undefined);
});

Deno.test("readMachineCheckCount() adds up the processors", async () => {
  const row = " MCE:          1          2   Machine check exceptions\n";
  assertEquals(await readMachineCheckCount(bytes(`  0:  5  6\n${row} MCP:  9 9\n`)), 3);
  assertEquals(await readMachineCheckCount(bytes(" MCP:  9 9 polls\n")), undefined);
});

Deno.test("readKernelRelease() reads versions as distributions write them", () => {
  for (
    const [text, major, minor] of [
      ["6.18.3", 6, 18],
      ["6.8.0-1028-intel", 6, 8],
      ["6.12.0-211.el10.x86_64", 6, 12],
      ["7.0-rc2+", 7, 0],
    ] as const
  ) assertEquals(readKernelRelease(`${text}\n`), { text, major, minor });
  assertThrows(() => readKernelRelease("garbage\n"), UnreadableError);
  const release = readKernelRelease("6.18.3");
  assertEquals([atLeast(release, 6, 18), atLeast(release, 6, 19), atLeast(release, 5, 99)], [
    true,
    false,
    true,
  ]);
});

Deno.test("readKernelSymbols() tells the kernels apart", async () => {
  const list = (...names: string[]) =>
    bytes(
      ["_stext", ...names, "_einittext"].map((name) => `0000000000000000 t ${name}\n`).join(""),
    );
  const whole = { host: true, complete: true };
  const reset = "tdx_quirk_reset_page";
  assertEquals(await readKernelSymbols(list(reset)), { ...whole, reset });
  const inlined = "tdx_quirk_reset_paddr.part.0";
  assertEquals(await readKernelSymbols(list(inlined)), { ...whole, reset: inlined });
  const clear = "tdx_clear_page";
  assertEquals(await readKernelSymbols(list(`${clear}\t[kvm_intel]`)), { ...whole, clear });
  assertEquals(await readKernelSymbols(list("__seamcall")), whole);
  assertEquals(await readKernelSymbols(list("my_tdx_clear_page")), { ...whole, host: false });
  assertEquals(await readKernelSymbols(bytes("0000000000000000 T _stext\n0000")), {
    host: false,
    complete: false,
  });
});

Deno.test("readKernelSymbols() takes no time over garbage", async () => {
  const garbage = bytes(`0000000000000000 t ${"a".repeat(60_000)}!\n`.repeat(100));
  assertEquals(await readKernelSymbols(garbage), { host: false, complete: false });
});

Deno.test("readMsrs() reads addresses and values", () => {
  const msrs = readMsrs("0x87 000000400000003f\n0x179 0xd001c20\n");
  assertEquals([...msrs], [[0x87, 0x40_0000_003fn], [0x179, 0xd001c20n]]);
  assertThrows(() => readMsrs("0x87 1g\n"), UnreadableError, 'got "0x87 1g"');
});

Deno.test("readCpuinfo() tells an Arm machine from a text it cannot read", async () => {
  assertEquals(await readCpuinfo(bytes("processor : 0\nCPU implementer : 0x41\n")), { arm: true });
  await assertRejects(() => readCpuinfo(bytes("IBM\n")), UnreadableError, "/proc/cpuinfo:1:1: ");
});

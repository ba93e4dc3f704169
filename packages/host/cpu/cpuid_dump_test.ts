import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { readerSuite } from "./_fixtures_test.ts";
import { parseCpuidDump } from "./cpuid_dump.ts";

const REPORT = `------[ CPUID Registers / Logical CPU #0 ]------

CPUID Manufacturer: GenuineIntel
CPUID CPU Name    : Intel Xeon
CPUID Revision    : 00090672h

CPUID 00000000: 00000020-756E6547-6C65746E-49656E69 [GenuineIntel]
CPUID 00000001: 000C06F2-00800800-7FFEFBFF-BFEBFBFF
CPUID 00000007: 00000002-00000000-10002000-00040000 [SL 00] [made up]
CPUID 00000007: 00001C30-00000000-00000000-00000000 [SL 01]
CPUID 80000002: 45544E49-2952284C-4F455820-2952284E [INTEL(R) XEON(R)]
CPUID 80000003: 4C4F4720-35352044-002B3032-00000000 [ GOLD 5520+]
CPUID 80000004: 00000000-00000000-00000000-00000000 []

------[ CPUID Registers / Logical CPU #1 ]------

CPUID 00000000: 00000020-756E6547-6C65746E-49656E69 [GenuineIntel]
CPUID 00000001: 000C06F2-01800800-7FFEFBFF-BFEBFBFF
`;
const RAW = `CPU 0:
   0x00000000 0x00: eax=0x00000010 ebx=0x68747541 ecx=0x444d4163 edx=0x69746e65
   0x00000001 0x00: eax=0x00b00f21 ebx=0x00020800 ecx=0xfffa3203 edx=0x178bfbff
   0x00000007 0x00: eax=0x00000001 ebx=0xf1bf97a9 ecx=0x18405fc6 edx=0x10000110
   0x80000002 0x00: eax=0x20444d41 ebx=0x43595045 ecx=0x00000000 edx=0x00000000
   0x80000003 0x00: eax=0x00000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000000
   0x80000004 0x00: eax=0x00000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000000
`;
const LEAF0 = "CPUID 00000000: 00000020-756E6547-6C65746E-49656E69\n";
const leaf1 = (eax: string) => `CPUID 00000001: ${eax}-00800800-7FFEFBFF-BFEBFBFF\n`;

function refuses(text: string, message: string): void {
  const error = assertThrows(() => parseCpuidDump(text, "dump.txt"), SyntaxError);
  assertEquals(error.message, message);
}

Deno.test("parseCpuidDump() reads a report with CPUID lines", () => {
  const expected = {
    vendor: "GenuineIntel",
    family: 6,
    model: 0xcf,
    stepping: 2,
    brand: "INTEL(R) XEON(R) GOLD 5520+",
    hypervisor: false,
  };
  assertEquals(parseCpuidDump(REPORT), expected);
  assertEquals(parseCpuidDump(REPORT.replaceAll("\n", " \r\n")), expected);
});

Deno.test("parseCpuidDump() reads the raw output of the cpuid program", () => {
  assertEquals(parseCpuidDump(RAW), {
    vendor: "AuthenticAMD",
    family: 26,
    model: 2,
    stepping: 1,
    brand: "AMD EPYC",
    hypervisor: true,
  });
});

Deno.test("parseCpuidDump() folds the extended fields in as the SDM says", () => {
  const cases: [eax: string, family: number, model: number, stepping: number][] = [
    ["000806F8", 6, 0x8f, 8],
    ["000A06D1", 6, 0xad, 1],
    ["00B10F20", 26, 0x12, 0],
    ["0FF00F00", 270, 0, 0],
    ["0FFF0543", 5, 4, 3],
  ];
  for (const [eax, family, model, stepping] of cases) {
    assertEquals(parseCpuidDump(LEAF0 + leaf1(eax)), {
      vendor: "GenuineIntel",
      family,
      model,
      stepping,
      hypervisor: false,
    });
  }
});

Deno.test("parseCpuidDump() leaves out a brand that is incomplete or cannot be printed", () => {
  const brand = (...registers: string[]) =>
    parseCpuidDump(
      LEAF0 + leaf1("000806F8") +
        registers.map((value, index) => `CPUID 8000000${index + 2}: ${value}\n`).join(""),
    ).brand;
  const word = "20202020-20202020-6E6F6558-20202020";
  assertEquals(brand(word, word, word), "Xeon            Xeon            Xeon");
  assertEquals(brand(word, word), undefined);
  assertEquals(brand(word, word, "0000001B-00000000-00000000-00000000"), undefined);
});

Deno.test("parseCpuidDump() refuses empty and binary text", () => {
  const expected =
    'Expected a CPUID dump, with lines like "CPUID 00000000: …" or "0x00000000 0x00: eax=…"';
  refuses("\n", `dump.txt:1:1: ${expected}, got an empty text`);
  refuses(
    "C\0P\0U\0",
    `dump.txt:1:2: ${expected}, got binary data, the control character U+0000`,
  );
  refuses("processor : 0\n", `dump.txt:1:1: ${expected}, got "processor : 0"`);
});

Deno.test("parseCpuidDump() refuses a line that is cut or malformed, where it is", () => {
  const at = (place: string, got: string) =>
    `dump.txt:${place}: Expected a CPUID leaf and four registers of 8 hexadecimal digits, got "${got}"`;
  refuses(LEAF0 + "CPUID 00000001: 000C06F2-0080", at("2:25", "CPUID 00000001: 000C06F2-0080"));
  refuses(LEAF0 + "CPUID 0000", at("2:1", "CPUID 0000"));
  refuses(
    LEAF0 + "CPUID 00000007: 00000000-00000000-00000000-000000000",
    at("2:43", "CPUID 00000007: 00000000-00000000-00000…"),
  );
  refuses(LEAF0 + leaf1("000C06G2"), at("2:15", "CPUID 00000001: 000C06G2-00800800-7FFEF…"));
  refuses("   0x00000001 0x00: eax=0x000c0", at("1:19", "0x00000001 0x00: eax=0x000c0"));
});

Deno.test("parseCpuidDump() refuses a dump without leaf 0 or leaf 1", () => {
  refuses(
    leaf1("000C06F2"),
    "dump.txt:1:1: Expected CPUID leaf 00000000 first, got leaf 00000001",
  );
  refuses(
    LEAF0,
    "dump.txt:1:1: Expected one CPUID leaf 00000001 for the CPU that begins on line 1, " +
      "got none up to here",
  );
  refuses(
    LEAF0 + leaf1("000C06F2") + leaf1("000C06F2"),
    "dump.txt:3:1: Expected one CPUID leaf 00000001 for the CPU that begins on line 1, " +
      "got a second one",
  );
});

Deno.test("parseCpuidDump() refuses a vendor that cannot be printed", () => {
  refuses(
    "CPUID 00000000: 00000020-00000000-00000000-00000000\n" + leaf1("000C06F2"),
    "dump.txt:1:1: Expected a vendor in CPUID leaf 00000000, " +
      "got characters that cannot be printed",
  );
});

Deno.test("parseCpuidDump() refuses mixed CPUs and names both", () => {
  refuses(
    LEAF0 + leaf1("000C06F2") + LEAF0 + leaf1("000806F8"),
    "dump.txt:3:1: Expected one kind of CPU, GenuineIntel family 6 model 207 stepping 2 " +
      "as on line 1, got GenuineIntel family 6 model 143 stepping 8",
  );
});

const register = fc.integer({ min: 0, max: 0xffffffff }).map((value) =>
  value.toString(16).padStart(8, "0")
);
const registers = fc.tuple(register, register, register, register).map((four) => four.join("-"));
readerSuite(parseCpuidDump, [REPORT, RAW], [
  fc.tuple(registers, registers).map(([vendor, signature]) =>
    `CPUID 00000000: ${vendor}\nCPUID 00000001: ${signature}\n`
  ),
]);

import { assertEquals, assertThrows } from "@std/assert";
import { readerSuite } from "./_fixtures_test.ts";
import { parseCpuText } from "./cpu_text.ts";

const EMR = { vendor: "GenuineIntel", family: 6, model: 0xcf, stepping: 2 };
const file = (name: string) =>
  Deno.readTextFileSync(new URL(`./testdata/${name}`, import.meta.url));
const LSCPU = file("lscpu.txt");
const LSCPU_JSON = file("lscpu.json");
const ALLEN = file("cpuid_allen.txt");

const brand = "INTEL(R) XEON(R) PLATINUM 8592+";
const flags = ["fpu", "vme", "movdir64b"];
/** File, and what it says besides the CPU; AIDA64 speaks German. */
const FILES: readonly (readonly [string, object])[] = [
  ["lscpu.txt", { brand, hypervisor: false, flags }],
  ["lscpu.json", { brand, hypervisor: false, flags }],
  ["cpuid_allen.txt", { brand, hypervisor: false }],
  ["cpuid_noonan.txt", { brand }],
  // With the names of its first table, and of its present one.
  ["kcpuid.txt", {}],
  ["kcpuid_now.txt", {}],
  ["cpu_z.txt", { brand }],
  ["aida64.txt", { brand }],
  ...[
    "tabs",
    "spaces",
    "noonan",
    "noonan_first",
    "allen",
    "kcpuid",
    "cpu_z",
    "x86info",
  ].map((name) => [`dump_${name}.txt`, { hypervisor: false }] as const),
];

for (const [name, more] of FILES) {
  Deno.test(`parseCpuText() reads ${name}`, () => {
    const text = file(name);
    assertEquals(parseCpuText(text), { ...EMR, ...more });
    assertEquals(parseCpuText(text.replaceAll("\n", "\r\n")), { ...EMR, ...more });
  });
}

Deno.test("parseCpuText() reads /proc/cpuinfo", () => {
  const text =
    "processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 207\nstepping : 2\n";
  assertEquals(parseCpuText(text), EMR);
});

Deno.test("parseCpuText() knows a guest by lscpu", () => {
  const guest = LSCPU.replace("    Flags:                fpu vme movdir64b\n", "") +
    "  Hypervisor vendor:      KVM\n  Virtualization type:    full\n";
  assertEquals(parseCpuText(guest).hypervisor, true);
  assertEquals(parseCpuText(LSCPU.replace("fpu vme", "fpu hypervisor")).hypervisor, true);
  assertEquals(parseCpuText(ALLEN.replace("= false", "= true")).hypervisor, true);
});

// Text, what is said of it.
const REFUSED: readonly (readonly [string, string])[] = [
  ["", "cpu.txt:1:1: Expected /proc/cpuinfo, lscpu, a CPUID dump or a report of a CPU, got an em"],
  ["hello\n", 'a CPUID dump or a report of a CPU, got "hello"'],
  [
    "Architecture: aarch64\nVendor ID: ARM\n  Model name: Neoverse-N1\n    Model: 1\n",
    "cpu.txt:4:1: Expected lscpu of an x86 machine with the CPU family, got none",
  ],
  [LSCPU_JSON.slice(0, 300), "Expected the JSON of lscpu -J, got JSON that is cut or malformed"],
  ['{ "blockdevices": [] }', 'with "lscpu" and its fields, got other JSON'],
  [LSCPU.slice(0, LSCPU.indexOf("207") + 2), "the value may be cut"],
  [LSCPU.replace("207", "2077"), 'Expected the model as a number from 0 to 255, got "2077"'],
  [LSCPU.replace(/ 207$/m, " 0xcf"), 'the model as a number from 0 to 255, got "0xcf"'],
  [ALLEN + ALLEN.replace("0xc (12)", "0x8 (8)"), "one kind of CPU, with"],
  [
    "CPUID 00000000  \t00000020-756E6547-6C65\n",
    "cpu.txt:1:35: Expected a CPUID leaf and four reg",
  ],
];

Deno.test("parseCpuText() refuses what is none, cut or mixed, where it is", () => {
  for (const [text, words] of REFUSED) {
    const { message } = assertThrows(() => parseCpuText(text, "cpu.txt"), SyntaxError);
    assertEquals(message.includes(words), true, `${message} | ${words}`);
  }
});

readerSuite(parseCpuText, FILES.map(([name]) => file(name)));

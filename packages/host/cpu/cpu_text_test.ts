import { assertEquals, assertThrows } from "@std/assert";
import { readerSuite } from "./_fixtures_test.ts";
import { parseCpuText } from "./cpu_text.ts";

const EMR = { vendor: "GenuineIntel", family: 6, model: 0xcf, stepping: 2 };
const LSCPU = `Architecture:             x86_64
  Address sizes:          52 bits physical, 57 bits virtual
Vendor ID:                GenuineIntel
  BIOS Vendor ID:         Intel(R) Corporation
  Model name:             INTEL(R) XEON(R) PLATINUM 8592+
    BIOS Model name:      INTEL(R) XEON(R) PLATINUM 8592+  CPU @ 1.9GHz
    BIOS CPU family:      179
    CPU family:           6
    Model:                207
    Thread(s) per core:   2
    Stepping:             2
    Flags:                fpu vme movdir64b
Virtualization features:
  Virtualization:         VT-x
`;
const LSCPU_JSON = `{
   "lscpu": [
      {
         "field": "Architecture:",
         "data": "x86_64"
      },{
         "field": "Vendor ID:",
         "data": "GenuineIntel",
         "children": [
            {
               "field": "Model name:",
               "data": "INTEL(R) XEON(R) PLATINUM 8592+",
               "children": [
                  { "field": "CPU family:", "data": "6" },
                  { "field": "Model:", "data": "207" },
                  { "field": "Stepping:", "data": "2" },
                  { "field": "Flags:", "data": "fpu vme movdir64b" }
               ]
            }
         ]
      }
   ]
}
`;
/** \`cpuid -1\` by Todd Allen; older ones name the family. */
const ALLEN = `CPU:
   vendor_id = "GenuineIntel"
   version information (1/eax):
      processor type  = primary processor (0)
      family          = 0x6 (6)
      model           = 0xf (15)
      stepping id     = 0x2 (2)
      extended family = 0x0 (0)
      extended model  = 0xc (12)
      (family synth)  = 0x6 (6)
      (model synth)   = 0xcf (207)
      (simple synth)  = Intel Xeon Scalable (5th Gen) (Emerald Rapids) [Raptor Cove]
   feature information (1/ecx):
      hypervisor guest status                 = false
   brand = "INTEL(R) XEON(R) PLATINUM 8592+"
`;
/** \`cpuid\` by Steven Noonan. */
const NOONAN = `Maximum basic CPUID leaf: 0x00000020

CPU vendor string: 'GenuineIntel'

Signature:  0x000c06f2
  Family:   0x06 (6)
  Model:    0xcf (207)
  Stepping: 0x02 (2)

Processor Name: INTEL(R) XEON(R) PLATINUM 8592+
`;
/** \`kcpuid -a -d\`, with the names of its first table and of its present one. */
const KCPUID = `CPU features:
=============

CPUID_0x0_ECX[0x0]:
\tmax_basic_leafs     \t: 0x20      \t-  Max input value for supported subleafs
\t EBX: 0x756e6547
\t ECX: 0x6c65746e
\t EDX: 0x49656e69

CPUID_0x1_ECX[0x0]:
\tstepping            \t: 0x2       \t-  Stepping ID
\tmodel               \t: 0xf       \t-  Model
\tfamily              \t: 0x6       \t-  Family ID
\tprocessor           \t: 0x0       \t-  Processor Type
\tmodel_ext           \t: 0xc       \t-  Extended Model ID
\tfamily_ext          \t: 0x0       \t-  Extended Family ID
\tvmx                  -  Virtual Machine Extensions supported

CPUID_0x4_ECX[0x0]:
\t EBX: 0x02c0003f
`;
const KCPUID_NOW = `CPU features:
=============

CPUID_0x0_ECX[0x0]:
\tmax_std_leaf        \t: 0x20      \t-  Highest standard CPUID leaf supported
\tcpu_vendorid_0      \t: 0x756e6547\t-  CPU vendor ID string bytes 0 - 3
\tcpu_vendorid_2      \t: 0x6c65746e\t-  CPU vendor ID string bytes 8 - 11
\tcpu_vendorid_1      \t: 0x49656e69\t-  CPU vendor ID string bytes 4 - 7

CPUID_0x1_ECX[0x0]:
\tstepping            \t: 0x2       \t-  Stepping ID
\tbase_model          \t: 0xf       \t-  Base CPU model ID
\tbase_family_id      \t: 0x6       \t-  Base CPU family ID
\tcpu_type            \t: 0x0       \t-  CPU type
\text_model           \t: 0xc       \t-  Extended CPU model ID
\text_family          \t: 0x0       \t-  Extended CPU family ID
`;
const CPU_Z = `CPU-Z TXT Report
-------------------------------------------------------------------------

Processors Information
-------------------------------------------------------------------------

Socket 1\t\t\tID = 0
\tManufacturer\t\tGenuineIntel
\tName\t\t\tIntel Xeon 8592+
\tSpecification\t\tINTEL(R) XEON(R) PLATINUM 8592+
\tCPUID\t\t\t6.F.2
\tExtended CPUID\t\t6.CF

Chipset
-------------------------------------------------------------------------
Manufacturer\t\tsomebody else
`;
/** In German; what it says of CPUID is the same in every language. */
const AIDA64 = `--------[ CPUID ]---------------------------------------------------

    CPUID Eigenschaften:
      CPUID Hersteller                                  GenuineIntel
      CPUID CPU Name                                    INTEL(R) XEON(R) PLATINUM 8592+
      CPUID Revision                                    000C06F2h
      IA Markenzeichen ID                               00h  (Unbekannt)
      Microcode Update Revision                         21000230h
`;
const DUMPS: Readonly<Record<string, string>> = {
  "with tabs": "CPUID Registers (CPU #1):\n" +
    "CPUID 00000000  \t00000020-756E6547-6C65746E-49656E69\n" +
    "CPUID 00000001  \t000C06F2-00200800-7FFEFBFF-BFEBFBFF\n",
  "with spaces": "CPUID 00000000: 00000020 756E6547 6C65746E 49656E69 [GenuineIntel]\n" +
    "CPUID 00000001: 000C06F2 00200800 7FFEFBFF BFEBFBFF\n",
  "of cpuid -d by Noonan": "CPU 14:\n" +
    "CPUID 00000000:00 = 00000020 756e6547 6c65746e 49656e69 | ....GenuntelineI\n" +
    "CPUID 00000001:00 = 000c06f2 0d200800 7ffefbff bfebfbff | ...... .........\n",
  "of its first version":
    "CPUID 00000000, results = 00000020 756e6547 6c65746e 49656e69 | ....GenuntelineI\n" +
    "CPUID 00000001, results = 000c06f2 0d200800 7ffefbff bfebfbff | ...... .........\n" +
    "CPUID 00000004, index 0 = 00004121 01c0003f 0000003f 00000000 | !A..?...?.......\n",
  "of cpuid -r by Allen": "CPU 0:\n" +
    "   0x00000000 0x00: eax=0x00000020 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69\n" +
    "   0x00000001 0x00: eax=0x000c06f2 ebx=0x0d200800 ecx=0x7ffefbff edx=0xbfebfbff\n",
  "of kcpuid -r": "Basic Leafs :\n================\n" +
    "0x00000000: EAX=0x00000020, EBX=0x756e6547, ECX=0x6c65746e, EDX=0x49656e69\n" +
    "0x00000001: EAX=0x000c06f2, EBX=0x0d200800, ECX=0x7ffefbff, EDX=0xbfebfbff\n" +
    "0x00000004: subleafs:\n" +
    "  0: EAX=0x00004121, EBX=0x02c0003f, ECX=0x0000003f, EDX=0x00000000\n",
  "of a CPU-Z report": `CPU-Z TXT Report\n\nThread dumps\n\nCPU Thread 0\n\tCPUID\t\t\n` +
    "\t0x00000000\t\t0x00000020\t0x756E6547\t0x6C65746E\t0x49656E69\n" +
    "\t0x00000001\t\t0x000C06F2\t0x00200800\t0x7FFEFBFF\t0xBFEBFBFF\n" +
    "\t0x00000004\t\t0x3C004121\t0x02C0003F\t0x0000003F\t0x00000000\n",
  "of x86info -r":
    "eax in: 0x00000000, eax = 00000020 ebx = 756e6547 ecx = 6c65746e edx = 49656e69\n" +
    "eax in: 0x00000001, eax = 000c06f2 ebx = 0d200800 ecx = 7ffefbff edx = bfebfbff\n",
};

const brand = "INTEL(R) XEON(R) PLATINUM 8592+";
const flags = ["fpu", "vme", "movdir64b"];
/** Form, text, and what it says besides the CPU. */
const TEXTS: readonly (readonly [string, string, object])[] = [
  ["lscpu", LSCPU, { brand, hypervisor: false, flags }],
  ["lscpu -J", LSCPU_JSON, { brand, hypervisor: false, flags }],
  ["cpuid by Allen", ALLEN, { brand, hypervisor: false }],
  ["cpuid by Noonan", NOONAN, { brand }],
  ["kcpuid", KCPUID, {}],
  ["kcpuid with its present names", KCPUID_NOW, {}],
  ["CPU-Z", CPU_Z, { brand }],
  ["AIDA64", AIDA64, { brand }],
  ...Object.entries(DUMPS).map(([name, text]) =>
    [`a dump ${name}`, text, { hypervisor: false }] as const
  ),
  [
    "/proc/cpuinfo",
    "processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 207\nstepping : 2\n",
    {},
  ],
];

for (const [form, text, more] of TEXTS) {
  Deno.test(`parseCpuText() reads ${form}`, () => {
    assertEquals(parseCpuText(text), { ...EMR, ...more });
    assertEquals(parseCpuText(text.replaceAll("\n", "\r\n")), { ...EMR, ...more });
  });
}

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

readerSuite(parseCpuText, TEXTS.map(([, text]) => text));

import { assertEquals, assertThrows } from "@std/assert";
import { readerSuite } from "./_fixtures_test.ts";
import { parseCpuinfo } from "./cpuinfo.ts";

const FIRST = `processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 207
model name\t: INTEL(R) XEON(R) GOLD 5520+
stepping\t: 2
microcode\t: 0x21000291
flags\t\t: fpu tme movdir64b pconfig
vmx flags\t: vnmi
bugs\t\t: spectre_v1 tdx_pw_mce
power management:

`;
const HOST = FIRST + FIRST.replace("processor\t: 0", "processor\t: 1");

/** Only what `parseCpuinfo` needs, for one processor. */
function minimal(fields: Record<string, string | undefined> = {}): string {
  const all = {
    processor: "0",
    vendor_id: "GenuineIntel",
    "cpu family": "6",
    model: "143",
    stepping: "8",
    ...fields,
  };
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} : ${value}\n`)
    .join("");
}

function refuses(text: string, message: string): void {
  const error = assertThrows(() => parseCpuinfo(text, "cpus.txt"), SyntaxError);
  assertEquals(error.message, message);
}

Deno.test("parseCpuinfo() reads the first processor of a host", () => {
  const expected = {
    vendor: "GenuineIntel",
    family: 6,
    model: 0xcf,
    stepping: 2,
    brand: "INTEL(R) XEON(R) GOLD 5520+",
    hypervisor: false,
    bugs: ["spectre_v1", "tdx_pw_mce"],
    flags: ["fpu", "tme", "movdir64b", "pconfig"],
  };
  assertEquals(parseCpuinfo(HOST), expected);
  assertEquals(parseCpuinfo(HOST.replaceAll("\n", "\r\n")), expected);
});

Deno.test("parseCpuinfo() leaves out what the text does not say", () => {
  const bare = { vendor: "GenuineIntel", family: 6, model: 0x8f, stepping: 8 };
  assertEquals(parseCpuinfo(minimal()), bare);
  assertEquals(parseCpuinfo(minimal({ "model name": "unknown", bugs: "" })), { ...bare, bugs: [] });
});

Deno.test("parseCpuinfo() takes a missing hypervisor flag as said", () => {
  assertEquals(parseCpuinfo(minimal({ flags: "fpu hypervisor" })).hypervisor, true);
  assertEquals(parseCpuinfo(minimal({ flags: "fpu" })).hypervisor, false);
});

Deno.test("parseCpuinfo() reads another vendor's CPU", () => {
  const cpu = parseCpuinfo(
    minimal({ vendor_id: "AuthenticAMD", "cpu family": "26", model: "2", stepping: "1" }),
  );
  assertEquals(cpu, { vendor: "AuthenticAMD", family: 26, model: 2, stepping: 1 });
});

Deno.test("parseCpuinfo() takes a text that stops in a later processor", () => {
  assertEquals(parseCpuinfo(minimal() + "\nprocessor : 1\nvendor_id : GenuineIntel\n").model, 0x8f);
});

Deno.test("parseCpuinfo() refuses empty and binary text", () => {
  refuses("", "cpus.txt:1:1: Expected an x86 /proc/cpuinfo, got an empty text");
  refuses(" \n\n", "cpus.txt:1:1: Expected an x86 /proc/cpuinfo, got an empty text");
  refuses(
    "processor\0: 0\n",
    "cpus.txt:1:10: Expected an x86 /proc/cpuinfo, got binary data, the control character U+0000",
  );
  refuses(
    minimal({ "model name": "Xeon \x1b[2J" }),
    "cpus.txt:6:19: Expected an x86 /proc/cpuinfo, got binary data, the control character U+001B",
  );
});

Deno.test("parseCpuinfo() refuses a first processor without vendor, family, model or stepping", () => {
  for (const key of ["vendor_id", "cpu family", "model", "stepping"]) {
    const head = "Expected an x86 /proc/cpuinfo with";
    refuses(
      minimal({ [key]: undefined }),
      `cpus.txt:5:1: ${head} "${key}" for the first processor, got the end of the text`,
    );
    refuses(
      minimal({ [key]: undefined }) + minimal(),
      `cpus.txt:5:1: ${head} "${key}" for the first processor, got the next processor`,
    );
  }
});

Deno.test("parseCpuinfo() refuses a value that the end of the text may have cut", () => {
  refuses(
    minimal() + "bugs : spectre_v1 tdx_pw",
    'cpus.txt:6:25: Expected a line end after "bugs", got the end of the text: ' +
      "the value may be cut",
  );
});

Deno.test("parseCpuinfo() refuses malformed and impossible values", () => {
  refuses(
    minimal({ model: "0x8f" }),
    'cpus.txt:4:9: Expected "model" as a number from 0 to 255, got "0x8f"',
  );
  refuses(
    minimal({ "cpu family": "" }),
    'cpus.txt:3:13: Expected "cpu family" as a number from 0 to 270, got ""',
  );
  refuses(
    minimal({ stepping: "unknown" }),
    'cpus.txt:5:12: Expected "stepping" as a number from 0 to 15, got "unknown"',
  );
  refuses(
    minimal({ model: "256" }),
    'cpus.txt:4:9: Expected "model" as a number from 0 to 255, got "256"',
  );
  refuses(
    minimal({ vendor_id: "" }),
    "cpus.txt:2:12: Expected a CPU vendor such as GenuineIntel, got nothing",
  );
});

Deno.test("parseCpuinfo() refuses mixed CPUs and names both", () => {
  const two = (fields: Record<string, string>) =>
    minimal() + minimal({ processor: "1", ...fields });
  refuses(
    two({ model: "207" }),
    'cpus.txt:9:9: Expected one kind of CPU, with "model" "143" as on line 4, ' +
      'got "207" for processor 1',
  );
  refuses(
    two({ vendor_id: "AuthenticAMD" }),
    'cpus.txt:7:13: Expected one kind of CPU, with "vendor_id" "GenuineIntel" as on line 2, ' +
      'got "AuthenticAMD" for processor 1',
  );
  assertThrows(() => parseCpuinfo(two({ "cpu family": "7" })), SyntaxError, "cpu family");
  assertThrows(() => parseCpuinfo(two({ stepping: "7" })), SyntaxError, "stepping");
});

Deno.test("parseCpuinfo() refuses the cpuinfo of other architectures", () => {
  refuses(
    "processor : 0\nBogoMIPS : 50.00\nCPU implementer : 0x41\n",
    "cpus.txt:3:1: Expected an x86 /proc/cpuinfo, got one of an Arm machine, " +
      '"CPU implementer : 0x41"',
  );
  refuses(
    "vendor_id : IBM/S390\n",
    'cpus.txt:1:1: Expected an x86 /proc/cpuinfo, beginning "processor : 0", ' +
      'got "vendor_id : IBM/S390"',
  );
});

Deno.test("parseCpuinfo() refuses a line without a colon", () => {
  refuses("Hello\n", 'cpus.txt:1:1: Expected a line "key : value", got "Hello"');
  refuses("\r\nHello\r\n", 'cpus.txt:2:1: Expected a line "key : value", got "Hello"');
});

readerSuite(parseCpuinfo, [HOST]);

import { assertEquals, assertRejects } from "@std/assert";
import { type Evidence, FILES } from "./evidence.ts";
import { atLeast } from "./proc_files.ts";
import { UnreadableError } from "./reading.ts";

const read = (item: keyof Evidence, text: string) => FILES[item].read(new Blob([text]).stream());
const release = (text: string, minor: number, candidate = false, suffix = "") => (
  { text, major: candidate ? 7 : 6, minor, candidate, suffix }
);

/** What a file holds, and what that is read as. */
const READ: readonly (readonly [keyof Evidence, text: string, unknown])[] = [
  ["kvmTdx", "Y\n", true],
  ["kvmTdx", "N\n", false],
  ["kvmTdx", "1\n", true],
  ["kvmTdx", "0\n", false],
  ["crashKernel", "1\n", true],
  ["hostName", "a-1.example\n", "a-1.example"],
  ["moduleVersion", "1.5.24\n", "1.5.24"],
  ["capacity", "sev 509\ntdx 63\n", 63],
  ["capacity", "sev 509\n", undefined],
  ["hardwareCorrupted", "MemFree: 1 kB\nHardwareCorrupted:     8 kB\n", 8],
  ["hardwareCorrupted", "MemFree: 1 kB\n", undefined],
  ["machineChecks", "  0:  5  6\n MCE:    1    2   Machine check exceptions\n MCP:  9 9\n", 3],
  ["machineChecks", " MCP:  9 9 polls\n", undefined],
  ["release", "6.18.3\n", release("6.18.3", 18)],
  ["release", "6.8.0-1028-intel\n", release("6.8.0-1028-intel", 8, false, "-1028-intel")],
  [
    "release",
    "6.12.0-211.el10.x86_64\n",
    release("6.12.0-211.el10.x86_64", 12, false, "-211.el10.x86_64"),
  ],
  ["release", "7.0-rc2+\n", release("7.0-rc2+", 0, true, "+")],
  [
    "msrs",
    "0x87 000000400000003f\n0x179 0xd001c20\n",
    new Map([[0x87, 0x40_0000_003fn], [0x179, 0xd001c20n]]),
  ],
  ["cpuinfo", "processor : 0\nCPU implementer : 0x41\n", "arm"],
];

/** What a file must not hold, and a part of the message. */
const UNREADABLE: readonly (readonly [keyof Evidence, text: string, message: string])[] = [
  ["kvmTdx", "", 'Expected Y, N, 1 or 0, got ""'],
  ["kvmTdx", "YN\n", 'got "YN\\n"'],
  ["kvmTdx", "\0", 'got "\\u0000"'],
  ["crashKernel", "-1\n", 'got "-1\\n"'],
  ["hostName", "a b\n", "Expected a host name"],
  ["moduleVersion", "v1\x1b[2J", "\\u001b"],
  ["release", "garbage\n", "a version of Linux such as 6.18"],
  ["msrs", "0x87 1g\n", 'got "0x87 1g"'],
  ["cpuinfo", "IBM\n", "/proc/cpuinfo:1:1: "],
];

Deno.test("each file is read as what it holds", async () => {
  for (const [item, text, value] of READ) {
    assertEquals<unknown>(await read(item, text), value, `${item} ${text}`);
  }
});

Deno.test("a file that holds something else is unreadable, with what was expected", async () => {
  for (const [item, text, message] of UNREADABLE) {
    await assertRejects(() => read(item, text), UnreadableError, message);
  }
});

Deno.test("atLeast() compares versions", () => {
  const running = release("6.18.3", 18);
  const found = [[6, 18], [6, 19], [5, 99]].map(([major, minor]) =>
    atLeast(running, major!, minor!)
  );
  assertEquals(found, [true, false, true]);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { CaughtStdio, refused, tdx, tdxJson, tdxOn } from "../fixtures_test.ts";

Deno.test("tdx status names code and operand, and says what usually causes it", async () => {
  const { status, text } = await tdx("status", "0xc000030000000001");
  assertEquals(status, 0);
  const lines = text.split("\n");
  assertEquals(lines.slice(0, 3), [
    "status   0xc000030000000001",
    "name     PAGE_METADATA_INCORRECT, operand RCX",
    "flags    error, not recoverable, class 3 (page metadata)",
  ]);
  assertStringIncludes(text, "already NDA");
  assertEquals(lines.slice(3).map((line) => line.split(" ")[0]), ["meaning", "cause", "hint"]);
});

Deno.test("tdx status --json gives the parts, the value as a text", async () => {
  const { status, answer } = await tdxJson("status", "c000040000000000", "0X8000020000000080");
  assertEquals(status, 0);
  const parts = answer.statuses.map(
    (
      { value, name, error, nonRecoverable, fatal, class: kind, operand }: Record<string, unknown>,
    ) => [value, name, error, nonRecoverable, fatal, kind, operand],
  );
  // What could not be read or found is there where something could not.
  assertEquals(Object.keys(answer), ["formatVersion", "statuses"]);
  const none = (await tdxJson("status", "0", "NO_SUCH_STATUS")).answer;
  assertEquals([none.statuses.length, none.none.length, "damage" in none], [1, 1, false]);
  assertEquals(parts, [
    ["0xc000040000000000", "TD_ASSOCIATED_PAGES_EXIST", true, true, false, 4, null],
    ["0x8000020000000080", "OPERAND_BUSY", true, false, false, 2, "TDR"],
  ]);
});

Deno.test("tdx status takes what kernel logs show: with and without 0x, short or long", async () => {
  // What is typed, name, flags as the text says them.
  const table = [
    ["0", "SUCCESS", "no error, class 0 (general)"],
    ["E000060400000000", "TD_FATAL", "error, not recoverable, fatal, class 6 (TD state)"],
    ["0x0000082100000000", "NO_HKID_READY_TO_WBCACHE", "no error, class 8 (keys)"],
    ["8000ff00ffff0000", "SEAMCALL_VMFAILINVALID", "error, class 255 (software)"],
    ["0x8000_0003_0000_0000", "INTERRUPTED_RESUMABLE", "error, class 0 (general)"],
  ] as const;
  for (const [typed, name, flags] of table) {
    const { status, text } = await tdx("status", typed);
    assertEquals(status, 0);
    assertStringIncludes(text, `name     ${name}`);
    assertStringIncludes(text, `flags    ${flags}\n`);
  }
});

Deno.test("tdx status explains several, and sets them apart", async () => {
  const { text } = await tdx("status", "0", "8000082400000000");
  assertEquals(text.split("\n\n").length, 2);
});

Deno.test("tdx status of a code that is not known is status 3", async () => {
  const { status, text } = await tdx("status", "0xc0ffee0000000000");
  assertEquals(status, 3);
  assertStringIncludes(text, "name     unknown");
  assertEquals((await tdxJson("status", "0", "0xc0ffee0000000000")).status, 3);
});

Deno.test("tdx status refuses what is no 64-bit number", async () => {
  const expected = "tdx: Expected up to 16 hexadecimal digits, with or without 0x, got ";
  for (const typed of ["0x", "1c000030000000001", "0x1c000030000000001", "0xc00z"]) {
    assertEquals(await refused("status", typed), `${expected}${typed}`);
  }
  assertEquals(
    await refused("status", "no-such-file"),
    "tdx: Expected a status, the name of one, a log line or a file, got no-such-file: no such file",
  );
  assertStringIncludes(
    await refused("status", "-1"),
    "tdx: Expected one of --help --json --quiet, got -1",
  );
  assertEquals(
    await refused("status"),
    "tdx: Expected a 64-bit status such as 0xc000030000000001, got none",
  );
});

Deno.test("tdx status finds a status by its name, and leaves out the operand", async () => {
  for (const typed of ["PAGE_METADATA_INCORRECT", "TDX_PAGE_METADATA_INCORRECT"]) {
    const { status, text } = await tdx("status", typed);
    assertEquals(status, 0);
    assertStringIncludes(text, "status   0xc000030000000000\nname     PAGE_METADATA_INCORRECT\n");
  }
});

Deno.test("tdx status of a name that is not known is status 3, with the nearest one", async () => {
  const { status, text } = await tdx("status", "PAGE_NOT_FREEE");
  assertEquals(status, 3);
  assertEquals(
    text,
    "No status is known by the name PAGE_NOT_FREEE; did you mean PAGE_NOT_FREE?",
  );
});

Deno.test("tdx status says where Linux's constant is not the module's", async () => {
  const { text } = await tdx("status", "4000000200000000");
  assertStringIncludes(
    text,
    "name     NON_RECOVERABLE_TD\nsource   Linux's constant; the module's is 0x6000000200000000\n",
  );
  assertStringIncludes((await tdx("status", "8000ff00ffff0000")).text, "source   Linux, not");
});

Deno.test("tdx status reads a log line, quoted or not", async () => {
  const line = "kvm_intel: SEAMCALL TDH_PHYMEM_PAGE_RECLAIM failed: 0xc000060700000000, rcx 0x3";
  const quoted = await tdx("status", line);
  assertEquals(await tdx("status", ...line.split(" ")), quoted);
  assertEquals(quoted.status, 0);
  const rows = quoted.text.split("\n");
  assertEquals(rows.slice(0, 4), [
    `line     1: ${line}`,
    "leaf     TDH.PHYMEM.PAGE.RECLAIM (28)",
    "status   0xc000060700000000",
    "name     LIFECYCLE_STATE_INCORRECT",
  ]);
  assertEquals(rows.slice(-2), [
    "rcx      0x3, page type REG",
    "next     Report a kernel bug with these lines if the kernel is current; else update it.",
  ]);
});

Deno.test("tdx status reads a whole log, and shows once what it repeats", async () => {
  const failed = "[  261.3] SEAMCALL (0x000000000000001c) failed: 0xc000030000000001";
  const log = ["[    0.0] Linux", failed, failed, "leaf 33, error 0xc000092100000122.", failed];
  const { status, text } = await tdxOn(new CaughtStdio(log.join("\n")), "status", "-");
  assertEquals(status, 0);
  const [reclaim, init] = text.split("\n\n");
  assertStringIncludes(reclaim!, `line     2: ${failed}\nseen     3 times, up to line 5\n`);
  assertStringIncludes(init!, "leaf     TDH.SYS.INIT (33)\n");
  assertStringIncludes(init!, "detail   0x122\nnext     Look at the BIOS");
});

Deno.test("tdx status tells what it cannot read of a log, and explains the rest", async () => {
  const log = [
    "SEAMCALL (foo) failed: 0xc000010000000000",
    "SEAMCALL (0x1c) failed: 0xc00003000000000100",
    "SEAMCALL (0x1c) failed: 0xc000030000000001",
  ].join("\n");
  const damage = [
    "stdin:1: Expected the number or name of a leaf, got foo",
    "stdin:2: Expected a status of up to 16 hexadecimal digits, got 0xc00003000000000100",
  ];
  const { status, text } = await tdxOn(new CaughtStdio(log), "status", "-");
  assertEquals(status, 3);
  assertStringIncludes(text, "name     PAGE_METADATA_INCORRECT, operand RCX\n");
  assertEquals(text.split("\n\n").slice(1), damage);
  const json = await tdxOn(new CaughtStdio(log), "status", "-", "--json");
  assertEquals(JSON.parse(json.text).damage, damage);
});

Deno.test("tdx status keeps 1000 different SEAMCALLs of a log, and says that there were more", async () => {
  const lines = Array.from({ length: 1002 }, (_, i) => `SEAMCALL (0x1c) failed: 0x${i + 4096}\n`);
  const { status, text } = await tdxOn(new CaughtStdio(lines.join("")), "status", "-");
  assertEquals(status, 3);
  assertEquals(text.split("\n\n").length, 1001);
  assertEquals(
    text.split("\n\n").at(-1),
    "stdin: Expected at most 1000 different SEAMCALLs, got 2 others",
  );
});

Deno.test("tdx status --json gives leaf, status, registers and the next step of a line", async () => {
  const { answer } = await tdxJson("status", "SEAMCALL (0x1c) failed: 0x8000020000000080 RCX 0x3");
  const [{ leaf, status, registers, next, count }] = answer.statuses;
  assertEquals([leaf.name, status.name, status.operand], [
    "TDH.PHYMEM.PAGE.RECLAIM",
    "OPERAND_BUSY",
    "TDR",
  ]);
  assertEquals([registers, next, count], [
    [{ name: "RCX", value: "0x3", meaning: "page type REG" }],
    "retry",
    1,
  ]);
});

Deno.test("tdx status of a log without a SEAMCALL is status 3, and says so", async () => {
  const { status, text } = await tdxOn(new CaughtStdio("[0.0] Linux\n"), "status", "-");
  assertEquals([status, text], [3, "No SEAMCALL and its status in stdin."]);
});

Deno.test("tdx status of a leaf that is not known is status 3", async () => {
  const unknown = await tdx("status", "SEAMCALL (0xff) failed: 0xc000010000000000");
  assertEquals(unknown.status, 3);
  assertStringIncludes(unknown.text, "leaf     0xff, not a known leaf of the TDX module\n");
  const loader = await tdx("status", "SEAMCALL (0x8000000000000001) failed: 0x8000000000010003");
  assertEquals(loader.status, 3);
  assertStringIncludes(loader.text, "a call of P-SEAMLDR");
});

Deno.test("tdx status refuses a malformed line of a log", async () => {
  assertEquals(
    await refused("status", "SEAMCALL (foo) failed: 0xc000010000000000"),
    "tdx: argument:1: Expected the number or name of a leaf, got foo",
  );
  assertEquals(
    await refused("status", "SEAMCALL (28) failed: 0x1c000010000000000"),
    "tdx: argument:1: Expected a status of up to 16 hexadecimal digits, got 0x1c000010000000000",
  );
});

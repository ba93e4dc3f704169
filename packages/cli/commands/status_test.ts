import { assertEquals, assertStringIncludes } from "@std/assert";
import { refused, tdx, tdxJson } from "../fixtures_test.ts";

Deno.test("tdx status names code and operand, and says what usually causes it", async () => {
  const { status, text } = await tdx("status", "0xc000030000000001");
  assertEquals(status, 0);
  const lines = text.split("\n");
  assertEquals(lines.slice(0, 3), [
    "status   0xc000030000000001",
    "name     PAGE_METADATA_INCORRECT, operand RCX",
    "flags    error, not recoverable, class 3",
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
  assertEquals(parts, [
    ["0xc000040000000000", "TD_ASSOCIATED_PAGES_EXIST", true, true, false, 4, null],
    ["0x8000020000000080", "OPERAND_BUSY", true, false, false, 2, "TDR"],
  ]);
});

Deno.test("tdx status takes what kernel logs show: with and without 0x, short or long", async () => {
  // What is typed, name, flags as the text says them.
  const table = [
    ["0", "SUCCESS", "no error, class 0"],
    ["E000060400000000", "TD_FATAL", "error, not recoverable, fatal, class 6"],
    ["0x0000082100000000", "NO_HKID_READY_TO_WBCACHE", "no error, class 8"],
    ["8000ff00ffff0000", "SEAMCALL_VMFAILINVALID", "error, class 255"],
    ["0x8000_0003_0000_0000", "INTERRUPTED_RESUMABLE", "error, class 0"],
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
  for (const typed of ["PAGE_NOT_FREE", "0x", "1c000030000000001", "12 34", "0b1x"]) {
    assertEquals(await refused("status", typed), `${expected}${typed}`);
  }
  assertStringIncludes(await refused("status", "-1"), "tdx: Expected one of --help --json, got -1");
  assertEquals(
    await refused("status"),
    "tdx: Expected a 64-bit status such as 0xc000030000000001, got none",
  );
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeStatus, status, statusNamed } from "./seamcall_status.ts";
import { OPERANDS, STATUS_CODES, type StatusName } from "./status_codes.ts";

/** The statuses and operand ids that Intel's module 1.5.01, later ones and Linux have, with their names. */
const rows = (name: string) =>
  Deno.readTextFileSync(new URL(`../testdata/${name}.tsv`, import.meta.url)).trim().split("\n")
    .slice(1).map((line) => line.split("\t"));
/** Linux writes two codes with another bit than the module. */
const CODES = rows("statuses").filter(([, , source]) => !source!.startsWith("Linux"))
  .map(([code, name]) => [name as StatusName, BigInt(`0x${code}`)] as const);
/** Those of newer modules, and what Linux puts in place of a status of the module. */
const OTHER_CODES: readonly (readonly [StatusName, bigint])[] = [
  ["NO_PAMT_PAGE_PAIR", 0xC000030500000000n],
  ["PAMT_PAGE_NOT_EMPTY", 0xC000030600000000n],
  ["MISSING_PAMT_PAGE_PAIR", 0x8000030800000000n],
  ["SEAMCALL_UD", 0x8000FF0000000006n],
  ["SEAMCALL_GP", 0x8000FF000000000Dn],
  ["SEAMCALL_VMFAILINVALID", 0x8000FF00FFFF0000n],
];

Deno.test("status() gives the published code of every name", () => {
  for (const [name, code] of [...CODES, ...OTHER_CODES]) assertEquals(status(name), code, name);
});

Deno.test("OPERANDS has the published ids", () => {
  const published = rows("operands").map(([id, name]) => [name, Number(id)] as const);
  assertEquals(OPERANDS, Object.fromEntries(published) as typeof OPERANDS);
});

Deno.test("status() puts the operand into the low bits", () => {
  assertEquals(status("OPERAND_BUSY", "TDR"), 0x8000020000000080n);
  assertEquals(status("OPERAND_INVALID", "RCX"), 0xC000010000000001n);
  assertEquals(status("OPERAND_BUSY", "WBCACHE"), 0x80000200000000BCn);
});

Deno.test("status() refuses an operand where the code takes none", () => {
  assertThrows(() => status("SUCCESS", "RCX"), RangeError, "SUCCESS");
  assertThrows(() => status("toString" as StatusName), RangeError, "toString");
});

Deno.test("decodeStatus() names every code and explains it", () => {
  for (const [name, code] of [...CODES, ...OTHER_CODES]) {
    const decoded = decodeStatus(code);
    assertEquals(decoded.name, name);
    const texts = [decoded.meaning, decoded.usualCause, decoded.hint];
    assert(texts.every((text) => text.length > 5 && text.endsWith(".")), name);
  }
});

Deno.test("decodeStatus() reads flags, class and operand", () => {
  assertEquals(parts(0xc000030000000001n), [
    "PAGE_METADATA_INCORRECT",
    true,
    true,
    false,
    3,
    "RCX",
    null,
  ]);
  assertEquals(parts(0x8000020000000080n), ["OPERAND_BUSY", true, false, false, 2, "TDR", null]);
  assertEquals(parts(0x6000000500000000n), [
    "NON_RECOVERABLE_TD_NON_ACCESSIBLE",
    false,
    true,
    true,
    0,
    null,
    null,
  ]);
  assertEquals(parts(0x0000000000000000n), ["SUCCESS", false, false, false, 0, null, null]);
});

Deno.test("decodeStatus() tells a code already reclaimed as it is seen in the field", () => {
  const { usualCause } = decodeStatus(0xc000030000000001n);
  assert(usualCause.includes("already NDA"));
});

Deno.test("decodeStatus() keeps an operand id it has no name for as a number", () => {
  assertEquals(decodeStatus(0x80000200000000ffn).operand, 255);
});

Deno.test("decodeStatus() gives the low bits of a code without operand as detail", () => {
  const exit = decodeStatus(0x0000000000000030n);
  assertEquals([exit.name, exit.operand, exit.detail], ["SUCCESS", null, 48]);
});

Deno.test("decodeStatus() names Linux's own codes and leaves their low bits alone", () => {
  assertEquals(parts(0x8000ff00ffff0000n), [
    "SEAMCALL_VMFAILINVALID",
    true,
    false,
    false,
    255,
    null,
    null,
  ]);
  assertEquals(decodeStatus(0x8000ff0000000001n).name, "unknown");
});

Deno.test("decodeStatus() says unknown where it has no such code", () => {
  const decoded = decodeStatus(0xc0000e7700000005n);
  assertEquals([decoded.name, decoded.class, decoded.operand], ["unknown", 14, null]);
  assertEquals([decoded.detail, decoded.usualCause], [5, "Unknown."]);
});

Deno.test("STATUS_CODES has every code once, as many of each class as are published", () => {
  const codes: bigint[] = Object.values(STATUS_CODES);
  assertEquals(new Set(codes).size, codes.length);
  const counts = Object.groupBy(codes, (code) => Number(code >> 40n & 0xffn));
  assertEquals(
    Object.entries(counts).map(([kind, members]) => [Number(kind), members?.length]),
    // Class, how many.
    [
      [0, 11],
      [1, 2],
      [2, 6],
      [3, 8],
      [4, 1],
      [5, 13],
      [6, 8],
      [7, 9],
      [8, 10],
      [9, 20],
      [10, 10],
      [11, 19],
      [12, 13],
      [13, 9],
      [14, 23],
      [16, 2],
      [17, 8],
      [255, 3],
    ],
  );
});

Deno.test("decodeStatus() gives a code without a text of its own what its class has", () => {
  const { className, meaning, usualCause, hint } = decodeStatus(status("SMRR_NOT_LOCKED"));
  assertEquals(className, "platform");
  assertEquals(meaning, 'What the name says; a status of the class "platform".');
  assert(usualCause.includes("firmware") && hint.includes("BIOS"));
});

Deno.test("decodeStatus() tells whose code it is", () => {
  const sources = [
    [0xc000030000000001n, "PAGE_METADATA_INCORRECT", "module"],
    [0xc000062100000000n, "X2APIC_ID_NOT_UNIQUE", "later-module"],
    [0x4000000200000000n, "NON_RECOVERABLE_TD", "linux"],
    [0x6000000200000000n, "NON_RECOVERABLE_TD", "module"],
    [0x6000000700000000n, "NON_RECOVERABLE_TD_WRONG_APIC_MODE", "linux"],
    [0xe000000700000000n, "NON_RECOVERABLE_TD_WRONG_APIC_MODE", "module"],
    [0x8000ff000000000dn, "SEAMCALL_GP", "linux"],
    [0xc0ffee0000000000n, "unknown", null],
  ] as const;
  for (const [value, name, source] of sources) {
    const decoded = decodeStatus(value);
    assertEquals([decoded.name, decoded.source], [name, source]);
  }
});

Deno.test("statusNamed() takes a name with and without TDX_, in any case", () => {
  for (const text of ["NO_VCPUS", "TDX_NO_VCPUS", "tdx_no_vcpus"]) {
    assertEquals(statusNamed(text), "NO_VCPUS");
  }
  assertEquals([statusNamed("NO_SUCH"), statusNamed("toString")], [undefined, undefined]);
});

function parts(value: bigint): unknown[] {
  const decoded = decodeStatus(value);
  const { name, error, nonRecoverable, fatal, operand, detail } = decoded;
  return [name, error, nonRecoverable, fatal, decoded.class, operand, detail];
}

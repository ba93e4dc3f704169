import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeStatus, status } from "./seamcall_status.ts";
import { type OperandName, OPERANDS, STATUS_CODES, type StatusName } from "./status_codes.ts";
import { hex } from "../_fixtures_test.ts";

/** As the module's and Linux's tables print them. */
const CODES: Readonly<Record<StatusName, string>> = {
  SUCCESS: "0000000000000000",
  INTERRUPTED_RESUMABLE: "8000000300000000",
  OPERAND_INVALID: "C000010000000000",
  OPERAND_ADDR_RANGE_ERROR: "C000010100000000",
  OPERAND_BUSY: "8000020000000000",
  PREVIOUS_TLB_EPOCH_BUSY: "8000020100000000",
  SYS_BUSY: "8000020200000000",
  RND_NO_ENTROPY: "8000020300000000",
  PAGE_METADATA_INCORRECT: "C000030000000000",
  PAGE_ALREADY_FREE: "0000030100000000",
  PAGE_NOT_FREE: "C000030300000000",
  TD_ASSOCIATED_PAGES_EXIST: "C000040000000000",
  SYS_SHUTDOWN: "C000050600000000",
  TD_FATAL: "E000060400000000",
  TDCS_NOT_ALLOCATED: "C000060600000000",
  LIFECYCLE_STATE_INCORRECT: "C000060700000000",
  OP_STATE_INCORRECT: "C000060800000000",
  TDCX_NUM_INCORRECT: "C000061000000000",
  VCPU_STATE_INCORRECT: "C000070000000000",
  VCPU_ASSOCIATED: "8000070100000000",
  VCPU_NOT_ASSOCIATED: "8000070200000000",
  KEY_GENERATION_FAILED: "8000080000000000",
  TD_KEYS_NOT_CONFIGURED: "8000081000000000",
  KEY_STATE_INCORRECT: "C000081100000000",
  KEY_CONFIGURED: "0000081500000000",
  WBCACHE_NOT_COMPLETE: "8000081700000000",
  HKID_NOT_FREE: "C000082000000000",
  NO_HKID_READY_TO_WBCACHE: "0000082100000000",
  WBCACHE_RESUME_ERROR: "C000082300000000",
  FLUSHVP_NOT_DONE: "8000082400000000",
  EPT_WALK_FAILED: "C0000B0000000000",
  GPA_RANGE_NOT_BLOCKED: "C0000B0600000000",
  GPA_RANGE_ALREADY_BLOCKED: "00000B0700000000",
  TLB_TRACKING_NOT_DONE: "C0000B0800000000",
  EPT_ENTRY_STATE_INCORRECT: "C0000B0D00000000",
  NON_RECOVERABLE_VCPU: "4000000100000000",
  NON_RECOVERABLE_TD: "6000000200000000",
  NON_RECOVERABLE_TD_NON_ACCESSIBLE: "6000000500000000",
  SEAMCALL_UD: "8000FF0000000006",
  SEAMCALL_GP: "8000FF000000000D",
  SEAMCALL_VMFAILINVALID: "8000FF00FFFF0000",
};

const OPERAND_IDS: Readonly<Record<OperandName, number>> = {
  RAX: 0,
  RCX: 1,
  RDX: 2,
  R8: 8,
  R9: 9,
  TDR: 128,
  TDCX: 129,
  TDVPR: 130,
  TDCS: 144,
  SEPT_ENTRY: 147,
  KOT: 186,
  KET: 187,
  WBCACHE: 188,
};

Deno.test("status() gives the published code of every name", () => {
  for (const [name, code] of Object.entries(CODES)) {
    assertEquals(hex(status(name as StatusName)), code, name);
  }
  assertEquals(OPERANDS, OPERAND_IDS);
});

Deno.test("status() puts the operand into the low bits", () => {
  assertEquals(hex(status("OPERAND_BUSY", "TDR")), "8000020000000080");
  assertEquals(hex(status("OPERAND_INVALID", "RCX")), "C000010000000001");
  assertEquals(hex(status("OPERAND_BUSY", "WBCACHE")), "80000200000000BC");
});

Deno.test("status() refuses an operand where the code takes none", () => {
  assertThrows(() => status("SUCCESS", "RCX"), RangeError, "SUCCESS");
  assertThrows(() => status("toString" as StatusName), RangeError, "toString");
  assertThrows(() => status("OPERAND_BUSY", "RIP" as OperandName), RangeError, "RIP");
});

Deno.test("decodeStatus() names every code and explains it", () => {
  for (const [name, code] of Object.entries(CODES)) {
    const decoded = decodeStatus(BigInt(`0x${code}`));
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
  assertEquals(decodeStatus(0x80000200000000a9n).operand, 169);
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
  const decoded = decodeStatus(0xc0000e0700000005n);
  assertEquals([decoded.name, decoded.class, decoded.operand], ["unknown", 14, null]);
  assertEquals([decoded.detail, decoded.usualCause], [5, "Unknown."]);
});

Deno.test("decodeStatus() refuses what is no 64-bit value", () => {
  assertThrows(() => decodeStatus(5 as unknown as bigint), TypeError, "got 5");
  assertThrows(() => decodeStatus(-1n), RangeError, "-1");
  assertThrows(() => decodeStatus(1n << 64n), RangeError);
});

Deno.test("STATUS_CODES has every code once", () => {
  const codes = Object.values(STATUS_CODES).map(({ code }) => code);
  assertEquals(new Set(codes).size, codes.length);
});

function parts(value: bigint): unknown[] {
  const decoded = decodeStatus(value);
  const { name, error, nonRecoverable, fatal, operand, detail } = decoded;
  return [name, error, nonRecoverable, fatal, decoded.class, operand, detail];
}

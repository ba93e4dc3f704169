import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeStatus, status, statusNamed } from "./seamcall_status.ts";
import { type OperandName, OPERANDS, STATUS_CODES, type StatusName } from "./status_codes.ts";

/** As the module's and Linux's tables print them: what a teardown meets, and samples of each class. */
const CODES: Readonly<Partial<Record<StatusName, bigint>>> = {
  SUCCESS: 0x0000000000000000n,
  INTERRUPTED_RESUMABLE: 0x8000000300000000n,
  OPERAND_INVALID: 0xC000010000000000n,
  OPERAND_ADDR_RANGE_ERROR: 0xC000010100000000n,
  OPERAND_BUSY: 0x8000020000000000n,
  PREVIOUS_TLB_EPOCH_BUSY: 0x8000020100000000n,
  SYS_BUSY: 0x8000020200000000n,
  RND_NO_ENTROPY: 0x8000020300000000n,
  PAGE_METADATA_INCORRECT: 0xC000030000000000n,
  PAGE_ALREADY_FREE: 0x0000030100000000n,
  PAGE_NOT_FREE: 0xC000030300000000n,
  TD_ASSOCIATED_PAGES_EXIST: 0xC000040000000000n,
  SYS_SHUTDOWN: 0xC000050600000000n,
  TD_FATAL: 0xE000060400000000n,
  TDCS_NOT_ALLOCATED: 0xC000060600000000n,
  LIFECYCLE_STATE_INCORRECT: 0xC000060700000000n,
  OP_STATE_INCORRECT: 0xC000060800000000n,
  TDCX_NUM_INCORRECT: 0xC000061000000000n,
  VCPU_STATE_INCORRECT: 0xC000070000000000n,
  VCPU_ASSOCIATED: 0x8000070100000000n,
  VCPU_NOT_ASSOCIATED: 0x8000070200000000n,
  KEY_GENERATION_FAILED: 0x8000080000000000n,
  TD_KEYS_NOT_CONFIGURED: 0x8000081000000000n,
  KEY_STATE_INCORRECT: 0xC000081100000000n,
  KEY_CONFIGURED: 0x0000081500000000n,
  WBCACHE_NOT_COMPLETE: 0x8000081700000000n,
  HKID_NOT_FREE: 0xC000082000000000n,
  NO_HKID_READY_TO_WBCACHE: 0x0000082100000000n,
  WBCACHE_RESUME_ERROR: 0xC000082300000000n,
  FLUSHVP_NOT_DONE: 0x8000082400000000n,
  EPT_WALK_FAILED: 0xC0000B0000000000n,
  GPA_RANGE_NOT_BLOCKED: 0xC0000B0600000000n,
  GPA_RANGE_ALREADY_BLOCKED: 0x00000B0700000000n,
  TLB_TRACKING_NOT_DONE: 0xC0000B0800000000n,
  EPT_ENTRY_STATE_INCORRECT: 0xC0000B0D00000000n,
  NON_RECOVERABLE_VCPU: 0x4000000100000000n,
  NON_RECOVERABLE_TD: 0x6000000200000000n,
  NON_RECOVERABLE_TD_NON_ACCESSIBLE: 0x6000000500000000n,
  INTERRUPTED_RESTARTABLE: 0x8000000400000000n,
  NON_RECOVERABLE_TD_WRONG_APIC_MODE: 0xE000000700000000n,
  CROSS_TD_TRAP: 0x9000000900000000n,
  HOST_PRIORITY_BUSY_TIMEOUT: 0x9000020500000000n,
  SYS_NOT_READY: 0xC000050500000000n,
  UPDATE_COMPAT_SENSITIVE: 0x8000051200000000n,
  NO_VCPUS: 0xC000060900000000n,
  X2APIC_ID_NOT_UNIQUE: 0xC000062100000000n,
  TD_VMCS_FIELD_ERROR: 0xC000073100000000n,
  INCORRECT_MSR_VALUE: 0xC000092100000000n,
  CMR_LIST_INVALID: 0xC0000A2200000000n,
  EPT_PAGE_NOT_FREE: 0xC0000B0E00000000n,
  L2_SEPT_PAGE_NOT_PROVIDED: 0xC0000B1200000000n,
  METADATA_FIELD_SKIP: 0x00000C0C00000000n,
  TARGET_UUID_UPDATED: 0xC0000D0800000000n,
  EXPORTED_DIRTY_PAGES_REMAIN: 0xC0000E0700000000n,
  INVALID_REPORTMACSTRUCT: 0xC000100100000000n,
  GLA_NOT_CANONICAL: 0xC000116000000000n,
  SEAMCALL_UD: 0x8000FF0000000006n,
  SEAMCALL_GP: 0x8000FF000000000Dn,
  SEAMCALL_VMFAILINVALID: 0x8000FF00FFFF0000n,
};

/** Samples of the registers, parameters, pages and structures. */
const OPERAND_IDS: Readonly<Partial<Record<OperandName, number>>> = {
  RAX: 0,
  RCX: 1,
  RDX: 2,
  R8: 8,
  R9: 9,
  R15: 15,
  CPUID_CONFIG: 69,
  NEW_PAGE_LIST_ENTRY: 99,
  TDR: 128,
  TDCX: 129,
  TDVPR: 130,
  TDCS: 144,
  SEPT_TREE: 146,
  SEPT_ENTRY: 147,
  TD_EPOCH: 169,
  OP_STATE: 172,
  SYS: 184,
  KOT: 186,
  KET: 187,
  WBCACHE: 188,
};

Deno.test("status() gives the published code of every name", () => {
  for (const [name, code] of Object.entries(CODES)) {
    assertEquals(status(name as StatusName), code, name);
  }
});

Deno.test("OPERANDS has the published ids, each once", () => {
  for (const [name, id] of Object.entries(OPERAND_IDS)) {
    assertEquals(OPERANDS[name as OperandName], id, name);
  }
  const ids = Object.values(OPERANDS);
  assertEquals([ids.length, new Set(ids).size], [50, 50]);
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
  for (const [name, code] of Object.entries(CODES)) {
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

// T6 and D4.
import { assertEquals, assertThrows } from "@std/assert";
import { GiB, runOf } from "@tdx/core";
import { GUEST, keyIds, liveTd, newModule, reclaimAll, says, tearDown } from "../_fixtures_test.ts";

Deno.test("pageWbinvd(): OPERAND_INVALID|RCX for a bad address, in a TDMR or not", () => {
  const { phymem } = newModule();
  assertEquals(says(phymem.pageWbinvd(8 * GiB + 64, 33)), "OPERAND_INVALID|RCX");
  assertEquals(says(phymem.pageWbinvd(2 ** 46, 33)), "OPERAND_INVALID|RCX");
});

Deno.test("pageWbinvd(): OPERAND_ADDR_RANGE_ERROR|RCX outside the TDMRs, locked or not", () => {
  const module = newModule({ tdmrs: [{ base: GiB, size: GiB }] });
  module.lock(0);
  assertEquals(says(module.phymem.pageWbinvd(0, 33)), "OPERAND_ADDR_RANGE_ERROR|RCX");
});

Deno.test("pageWbinvd(): OPERAND_BUSY|RCX for a locked page, free or not", () => {
  const module = newModule();
  liveTd(module);
  module.lock(GiB);
  assertEquals(says(module.phymem.pageWbinvd(GiB, 33)), "OPERAND_BUSY|RCX");
});

Deno.test("pageWbinvd(): PAGE_METADATA_INCORRECT|RCX for a page in use", () => {
  const module = newModule();
  liveTd(module);
  assertEquals(says(module.phymem.pageWbinvd(GiB, 33)), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals(says(module.phymem.pageWbinvd(0, 32)), "PAGE_METADATA_INCORRECT|RCX");
});

Deno.test("pageWbinvd() T6: writes back and drops the lines under one KeyID only", () => {
  const module = newModule();
  const td = liveTd(module);
  const { memory } = module;
  memory.step({ kind: "store", by: "module", key: module.globalKey, data: "guest" }, 64);
  memory.step({ kind: "prefetch", by: "host", key: keyIds.key(0) }, 64);
  tearDown(module, td);
  reclaimAll(module, td.tdr);

  assertEquals(memory.state(64).copies.map(({ keyId }) => keyId), [0, 32]);
  assertEquals(module.phymem.pageWbinvd(td.tdr, 32).status, 0n);
  assertEquals(memory.state(64).copies.map(({ keyId }) => keyId), [0]);
  assertEquals(memory.state(64).memory.data, "guest");
  assertEquals(memory.state(64).memory.key?.keyId, 32);
});

Deno.test("pageWbinvd() D4: a chunk costs one SEAMCALL for each 4 KiB page", () => {
  const module = newModule();
  const { status, pages, rest } = module.phymem.pageWbinvd(GUEST, 33);
  assertEquals([status, pages, rest], [0n, GUEST, null]);
  assertEquals(module.calls["TDH.PHYMEM.PAGE.WBINVD"], 512);
});

Deno.test("pageWbinvd() stops where the pages are in use", () => {
  const module = newModule();
  liveTd(module);
  const { status, pages, rest } = module.phymem.pageWbinvd(runOf(2 ** 18 - 2, 4), 33);
  assertEquals([status, pages, rest], [0n, runOf(2 ** 18 - 2, 2), runOf(2 ** 18, 2)]);
  assertEquals(says(module.phymem.pageWbinvd(rest!, 33)), "PAGE_METADATA_INCORRECT|RCX");
});

Deno.test("pageWbinvd() takes KeyID 0 and private ones", () => {
  const { phymem } = newModule();
  assertEquals(phymem.pageWbinvd(0, 0).status, 0n);
  assertThrows(() => phymem.pageWbinvd(0, 5), RangeError, "got 5");
  assertThrows(() => phymem.pageWbinvd(0, 64), RangeError, "got 64");
});

// Pages of 2 MiB and 1 GiB: split, joined, unblocked, removed and reclaimed.
import { assertEquals } from "@std/assert";
import { GiB, MiB, PAGE_BYTES, runOf } from "@tdx/core";
import { buildTd } from "../build_td.ts";
import { checkInvariants } from "../check_invariants.ts";
import { liveTd, newModule, reclaimAll, says, tearDown } from "../_fixtures_test.ts";
import type { TdxModule } from "../tdx_module.ts";

const TDR = 0;
const FREE = 3 * GiB;
const FRAME = GiB / PAGE_BYTES;

/** A TD with pages of a level from GPA 0 on, which lie from 1 GiB on. */
function td(level: 1 | 2, frames: number): TdxModule {
  const module = newModule();
  liveTd(module, { memory: [runOf(FRAME, frames)], level });
  return module;
}

function block({ mem }: TdxModule, level: number): void {
  assertEquals(mem.rangeBlock(TDR, 0, level).status, 0n);
  assertEquals(mem.track(TDR).status, 0n);
}

Deno.test("rangeUnblock() checks the entry, then the tracking, and the page is as before", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  const unblock = (gpa: number, level = 0, pages = 1) => mem.rangeUnblock(TDR, gpa, level, pages);
  assertEquals(says(unblock(1)), "OPERAND_INVALID|RCX");
  assertEquals(says(unblock(2 * MiB)), "EPT_WALK_FAILED|RCX");
  assertEquals(says(unblock(0)), "EPT_ENTRY_STATE_INCORRECT|RCX");
  mem.rangeBlock(TDR, 0, 0, 3);
  assertEquals(says(unblock(0)), "TLB_TRACKING_NOT_DONE|RCX");
  mem.track(TDR);
  module.lock({ tdr: TDR, part: "SEPT_TREE" }, "shared");
  assertEquals(says(unblock(0)), "OPERAND_BUSY|SEPT_TREE");
  module.unlock({ tdr: TDR, part: "SEPT_TREE" });
  assertEquals(unblock(0, 0, 5), { status: 0n, count: 3 });
  assertEquals(module.load(TDR, 0).machineCheck, false);
  assertEquals([module.page(GiB)?.mapping, module.page(GiB)?.epoch], ["mapped", null]);
  assertEquals(checkInvariants(module), []);
});

Deno.test("rangeUnblock() of a page that was pending leaves it pending; of a table, all below it", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(FRAME, 1)] });
  const { mem } = module;
  mem.pageAug(TDR, PAGE_BYTES, 0, FREE);
  mem.rangeBlock(TDR, PAGE_BYTES, 0);
  assertEquals(module.page(FREE)?.mapping, "pending-blocked");
  assertEquals(says(mem.rangeBlock(TDR, PAGE_BYTES, 0)), "GPA_RANGE_ALREADY_BLOCKED|RCX");
  mem.rangeBlock(TDR, 0, 1);
  mem.track(TDR);
  assertEquals(mem.rangeUnblock(TDR, 0, 1).status, 0n);
  assertEquals(module.load(TDR, 0).machineCheck, false);
  assertEquals(mem.rangeUnblock(TDR, PAGE_BYTES, 0).status, 0n);
  assertEquals(module.page(FREE)?.mapping, "pending");
  module.accept(TDR, PAGE_BYTES, 0);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageDemote() refuses in order; a busy page has had the new one written before", () => {
  const module = td(1, 512);
  const { mem } = module;
  const demote = (level = 1, page = FREE) => says(mem.pageDemote(TDR, 0, level, page));
  assertEquals(demote(0, 1), "OPERAND_INVALID|RCX");
  assertEquals(demote(2, 1), "EPT_ENTRY_STATE_INCORRECT|RCX");
  assertEquals(demote(1, 1), "GPA_RANGE_NOT_BLOCKED|RCX");
  mem.rangeBlock(TDR, 0, 1);
  assertEquals(demote(1, 1), "TLB_TRACKING_NOT_DONE|RCX");
  mem.track(TDR);
  assertEquals(demote(1, 1), "OPERAND_INVALID|R8");
  assertEquals(demote(1, GiB), "PAGE_METADATA_INCORRECT|R8");
  module.lock(GiB + PAGE_BYTES);
  assertEquals(demote(), "OPERAND_BUSY|RCX");
  module.unlock(GiB + PAGE_BYTES);
  assertEquals([module.page(FREE)?.type, module.memory.state(FREE).memory.owner], ["NDA", 1]);
  assertEquals(demote(), "SUCCESS");
});

Deno.test("pageDemote() gives 512 unblocked pages, which are removed one by one", () => {
  const module = td(1, 512);
  const { mem } = module;
  const { children } = module.td(TDR)!;
  block(module, 1);
  assertEquals(mem.pageDemote(TDR, 0, 1, FREE).status, 0n);
  assertEquals(module.td(TDR)!.children, children + 1);
  assertEquals(module.td(TDR)!.mappings, [{ gpa: 0, level: 0, pages: 512 }]);
  const { level, mapping } = module.page(GiB + PAGE_BYTES)!;
  assertEquals([level, mapping, module.page(FREE)?.type], [0, "mapped", "EPT"]);
  assertEquals(module.load(TDR, 5 * PAGE_BYTES).machineCheck, false);
  assertEquals(checkInvariants(module), []);
  block(module, 0);
  assertEquals(mem.pageRemove(TDR, 0, 0).pages, runOf(FRAME, 1));
  assertEquals(module.page(GiB + PAGE_BYTES)?.type, "REG");
  assertEquals(checkInvariants(module), []);
});

Deno.test("pagePromote() refuses in order, and joins what a split had parted", () => {
  const module = td(1, 512);
  const { mem } = module;
  const promote = (level = 1) => says(mem.pagePromote(TDR, 0, level));
  assertEquals(promote(3), "OPERAND_INVALID|RCX");
  assertEquals(promote(1), "EPT_ENTRY_STATE_INCORRECT|RCX");
  block(module, 1);
  mem.pageDemote(TDR, 0, 1, FREE);
  module.lock(FREE);
  assertEquals(promote(), "OPERAND_BUSY|RCX");
  module.unlock(FREE);
  assertEquals(promote(), "GPA_RANGE_NOT_BLOCKED|RCX");
  mem.rangeBlock(TDR, 0, 0);
  mem.rangeBlock(TDR, 0, 1);
  assertEquals(promote(), "TLB_TRACKING_NOT_DONE|RCX");
  mem.track(TDR);
  assertEquals(promote(), "EPT_INVALID_PROMOTE_CONDITIONS|RCX");
  mem.rangeUnblock(TDR, 0, 1);
  mem.rangeUnblock(TDR, 0, 0);
  block(module, 1);
  const { children } = module.td(TDR)!;
  const { status, rcx, pages, pair } = mem.pagePromote(TDR, 0, 1);
  assertEquals([status, rcx, pages, pair], [0n, BigInt(FREE), runOf(FREE / PAGE_BYTES, 1), null]);
  assertEquals(module.td(TDR)!.children, children - 1);
  assertEquals([module.page(GiB)?.level, module.page(FREE)?.type], [1, "NDA"]);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pagePromote() needs pages one behind the other, aligned", () => {
  for (
    const memory of [
      [runOf(FRAME + 1, 512)],
      [runOf(FRAME, 511), runOf(2 * FRAME + 7, 1)],
      [runOf(FRAME, 511)],
    ]
  ) {
    const module = newModule();
    liveTd(module, { memory });
    block(module, 1);
    const refusal = says(module.mem.pagePromote(TDR, 0, 1));
    assertEquals(refusal, "EPT_INVALID_PROMOTE_CONDITIONS|RCX");
  }
});

Deno.test("a page of 1 GiB is built, blocked, tracked, removed and reclaimed", () => {
  const module = td(2, FRAME);
  const { mem } = module;
  assertEquals(module.td(TDR)!.mappings, [{ gpa: 0, level: 2, pages: 1 }]);
  assertEquals(module.load(TDR, 5 * MiB).machineCheck, false);
  assertEquals(checkInvariants(module), []);
  assertEquals(says(mem.pageRemove(TDR, 0, 2)), "GPA_RANGE_NOT_BLOCKED|RCX");
  block(module, 2);
  const { pages, status } = mem.pageRemove(TDR, 0, 2);
  assertEquals([status, pages], [0n, runOf(FRAME, FRAME)]);
  assertEquals(module.memory.state(GiB).memory.owner, 1);
  assertEquals(checkInvariants(module), []);

  const other = newModule();
  const plan = { hkid: 33, vcpus: 1, control: 0, memory: [runOf(FRAME, FRAME)], level: 2 } as const;
  tearDown(other, buildTd(other, plan));
  assertEquals(says(other.phymem.pageReclaim(GiB + PAGE_BYTES)), "OPERAND_INVALID|RCX");
  const { level, pages: reclaimed } = other.phymem.pageReclaim(GiB);
  assertEquals([level, reclaimed.count], [2, FRAME]);
  reclaimAll(other, TDR);
  assertEquals(other.tds(), []);
  assertEquals(checkInvariants(other), []);
});

Deno.test("pageDemote() of 1 GiB gives 512 pages of 2 MiB", () => {
  const module = td(2, FRAME);
  block(module, 2);
  assertEquals(module.mem.pageDemote(TDR, 0, 2, FREE).status, 0n);
  assertEquals(module.td(TDR)!.mappings, [{ gpa: 0, level: 1, pages: 512 }]);
  assertEquals(module.page(GiB)?.level, 1);
  assertEquals(checkInvariants(module), []);
});

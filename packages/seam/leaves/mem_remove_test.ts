// D1 to D3 in the order of their checks.
import { assertEquals, assertThrows } from "@std/assert";
import { chunksOf, GiB, MiB, runOf } from "@tdx/core";
import { buildTd } from "../build_td.ts";
import { checkInvariants } from "../check_invariants.ts";
import { initialise, liveTd, newModule, says } from "../_fixtures_test.ts";

const TDR = 0;

Deno.test("rangeBlock() D1: EPT_WALK_FAILED|RCX without a page table, else EPT_ENTRY_STATE_INCORRECT", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1)] });
  assertEquals(says(module.mem.rangeBlock(TDR, 2 * MiB + 1, 0)), "OPERAND_INVALID|RCX");
  assertEquals(says(module.mem.rangeBlock(TDR, 2 * MiB, 0)), "EPT_WALK_FAILED|RCX");
  assertEquals(says(module.mem.rangeBlock(TDR, 4096, 0)), "EPT_ENTRY_STATE_INCORRECT|RCX");
});

Deno.test("rangeBlock() D1: GPA_RANGE_ALREADY_BLOCKED|RCX the second time, no error", () => {
  const module = newModule();
  liveTd(module);
  assertEquals(module.mem.rangeBlock(TDR, 0, 0), { status: 0n, count: 1 });
  assertEquals(says(module.mem.rangeBlock(TDR, 0, 0)), "GPA_RANGE_ALREADY_BLOCKED|RCX");
  assertEquals(module.page(GiB), {
    type: "REG",
    owner: TDR,
    level: 0,
    mapping: "blocked",
    epoch: 1,
  });
});

Deno.test("rangeBlock() D1: many pages stop before the one that is refused", () => {
  const module = newModule();
  liveTd(module);
  module.mem.rangeBlock(TDR, 5 * 4096, 0);
  assertEquals(module.mem.rangeBlock(TDR, 0, 0, 512), { status: 0n, count: 5 });
  const second = module.mem.rangeBlock(TDR, 5 * 4096, 0, 507);
  assertEquals([says(second), second.count], ["GPA_RANGE_ALREADY_BLOCKED|RCX", 1]);
  assertEquals(module.mem.rangeBlock(TDR, 6 * 4096, 0, 506), { status: 0n, count: 506 });
  assertEquals(module.calls["TDH.MEM.RANGE.BLOCK"], 1 + 5 + 1 + 506);
});

Deno.test("M9: a fatal TD refuses D1 to D3 for many pages at once, up to an injected fault", () => {
  const module = newModule();
  liveTd(module);
  module.markFatal(TDR);
  const { mem } = module;
  for (
    const leaf of [
      () => mem.rangeBlock(TDR, 0, 0, 512),
      () => mem.track(TDR, 512),
      () => mem.pageRemove(TDR, 0, 0, 512),
    ]
  ) {
    const { status, count } = leaf();
    assertEquals([says({ status }), count], ["TD_FATAL", 512]);
    const gaps = [10];
    module.inject({ busyAfter: () => gaps.shift() ?? Infinity });
    const outcomes = [leaf(), leaf(), leaf()].map((result) => [says(result), result.count]);
    assertEquals(outcomes.map(([, count]) => count), [10, 1, 512]);
    assertEquals(outcomes.map(([word]) => String(word).split("|")[0]), [
      "TD_FATAL",
      "OPERAND_BUSY",
      "TD_FATAL",
    ]);
    module.inject({});
  }
  assertEquals(module.calls["TDH.MEM.RANGE.BLOCK"], 512 + 10 + 1 + 512);
});

Deno.test("rangeBlock() M13: an entry that points at a page table is blocked with all below it", () => {
  const module = newModule();
  liveTd(module);
  assertEquals(module.mem.rangeBlock(TDR, 0, 1), { status: 0n, count: 1 });
  assertEquals(says(module.mem.rangeBlock(TDR, 0, 1)), "GPA_RANGE_ALREADY_BLOCKED|RCX");
  assertThrows(() => module.load(TDR, 0), RangeError, "a mapped page");
});

Deno.test("septRemove() M14: blocked and tracked once the TD is finalised, and all entries free", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1)] });
  const { mem } = module;
  const remove = () => says(mem.septRemove(TDR, 0, 1));
  assertEquals(remove(), "GPA_RANGE_NOT_BLOCKED|RCX");
  mem.rangeBlock(TDR, 0, 1);
  assertEquals(remove(), "TLB_TRACKING_NOT_DONE|RCX");
  mem.track(TDR);
  assertEquals(remove(), "EPT_PAGE_NOT_FREE|RCX");
  mem.rangeUnblock(TDR, 0, 1);
  mem.rangeBlock(TDR, 0, 0);
  mem.track(TDR);
  mem.pageRemove(TDR, 0, 0);
  mem.rangeBlock(TDR, 0, 1);
  mem.track(TDR);
  const children = module.td(TDR)!.children;
  module.lock({ tdr: TDR, part: "SEPT_TREE" }, "shared");
  assertEquals(remove(), "OPERAND_BUSY|SEPT_TREE");
  module.unlock({ tdr: TDR, part: "SEPT_TREE" });
  const written = module.memory.counts.lines;
  assertEquals(remove(), "SUCCESS");
  assertEquals(module.td(TDR)!.children, children - 1);
  // Nothing is written to the page.
  assertEquals(module.memory.counts.lines, written);
  assertEquals(checkInvariants(module), []);
  assertEquals(says(mem.pageAug(TDR, 0, 0, 2 * GiB)), "EPT_WALK_FAILED|RCX");
});

Deno.test("M13: what is below a blocked Secure EPT page is not found, in bulk or restored", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1024)] });
  const { mem } = module;
  mem.rangeBlock(TDR, 2 * MiB, 1);
  module.restore(module.snapshot());
  assertEquals(mem.rangeBlock(TDR, 0, 0, 1024), { status: 0n, count: 512 });
  assertEquals(says(mem.rangeBlock(TDR, 2 * MiB, 0, 512)), "EPT_WALK_FAILED|RCX");
  assertThrows(() => module.load(TDR, 2 * MiB), RangeError, "a mapped page");
  mem.track(TDR);
  mem.rangeUnblock(TDR, 2 * MiB, 1);
  assertEquals(mem.rangeBlock(TDR, 2 * MiB, 0, 512), { status: 0n, count: 512 });
  assertEquals(mem.pageAug(TDR, 4 * MiB, 1, 2 * GiB).status, 0n);
  mem.rangeBlock(TDR, 0, 2);
  assertThrows(() => module.accept(TDR, 4 * MiB, 1), RangeError, "1 pending pages");
});

Deno.test("septRemove() M14: a TD that was never finalised needs no block", () => {
  const module = newModule();
  initialise(module);
  assertEquals(says(module.mem.septRemove(TDR, 0, 2)), "EPT_PAGE_NOT_FREE|RCX");
  assertEquals(module.mem.septRemove(TDR, 0, 1).status, 0n);
  assertEquals(says(module.mem.septRemove(TDR, 0, 1)), "EPT_ENTRY_STATE_INCORRECT|RCX");
});

Deno.test("pageRemove() shows the Secure EPT entry that a refusal is about in RCX", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1)] });
  const { mem } = module;
  const rcx = (gpa: number, level: number) => mem.pageRemove(TDR, gpa, level).rcx;
  // As the module leaves it: free with suppressed #VE, a mapped page, a page table.
  assertEquals(rcx(4096, 0), 0x8000000000000000n);
  assertEquals(rcx(2 * MiB, 0), 0x8000000000000000n);
  assertEquals(rcx(0, 0), 0x80000000400000f7n);
  assertEquals(rcx(0, 1), 0x7n);
  assertEquals(mem.pageAug(TDR, 4096, 0, 2 * GiB).status, 0n);
  assertEquals(rcx(4096, 0), 0x80000000800000f0n);
});

Deno.test("track() D2: PREVIOUS_TLB_EPOCH_BUSY while a vCPU runs from before the last one", () => {
  const module = newModule();
  const { vcpus } = liveTd(module);
  module.vp.enter(vcpus[0]!, 0);
  assertEquals(module.mem.track(TDR, 5), { status: 0n, count: 1 });
  assertEquals(says(module.mem.track(TDR)), "PREVIOUS_TLB_EPOCH_BUSY");
  module.kick(TDR);
  assertEquals(module.mem.track(TDR, 5), { status: 0n, count: 5 });
  assertEquals(module.td(TDR)!.epoch, 1 + 1 + 5);
});

Deno.test("pageRemove() D3: GPA and walk as for the block", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1)] });
  const { mem } = module;
  assertEquals(says(mem.pageRemove(TDR, 1, 0)), "OPERAND_INVALID|RCX");
  assertEquals(says(mem.pageRemove(TDR, 0, 3)), "OPERAND_INVALID|RCX");
  assertEquals(says(mem.pageRemove(TDR, 2 * MiB, 0)), "EPT_WALK_FAILED|RCX");
  assertEquals(says(mem.pageRemove(TDR, 4096, 0)), "EPT_ENTRY_STATE_INCORRECT|RCX");
  assertEquals(says(mem.pageRemove(TDR, 0, 1)), "EPT_ENTRY_STATE_INCORRECT|RCX");
});

Deno.test("pageRemove() D3: OPERAND_BUSY|RCX before GPA_RANGE_NOT_BLOCKED|RCX", () => {
  const module = newModule();
  liveTd(module);
  module.lock(GiB);
  assertEquals(says(module.mem.pageRemove(TDR, 0, 0)), "OPERAND_BUSY|RCX");
  module.unlock(GiB);
  assertEquals(says(module.mem.pageRemove(TDR, 0, 0)), "GPA_RANGE_NOT_BLOCKED|RCX");
});

Deno.test("pageRemove() D3: GPA_RANGE_NOT_BLOCKED|RCX, then TLB_TRACKING_NOT_DONE|RCX", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  mem.track(TDR);
  assertEquals(says(mem.pageRemove(TDR, 0, 0)), "GPA_RANGE_NOT_BLOCKED|RCX");
  mem.rangeBlock(TDR, 0, 0);
  assertEquals(says(mem.pageRemove(TDR, 0, 0)), "TLB_TRACKING_NOT_DONE|RCX");
  mem.track(TDR);
  const pages = runOf(2 ** 18, 1);
  const removed = { status: 0n, count: 1, pages, rcx: 0x40000000n, removable: [] };
  assertEquals(mem.pageRemove(TDR, 0, 0), removed);
});

Deno.test("pageRemove() D3: TLB_TRACKING_NOT_DONE|RCX until every vCPU was kicked", () => {
  const module = newModule();
  const { vcpus } = liveTd(module);
  const { mem, vp } = module;
  vp.enter(vcpus[0]!, 0);
  mem.rangeBlock(TDR, 0, 0);
  mem.track(TDR);
  assertEquals(says(mem.pageRemove(TDR, 0, 0)), "TLB_TRACKING_NOT_DONE|RCX");
  // One that enters now has no stale translation.
  vp.enter(vcpus[1]!, 1);
  assertEquals(says(mem.pageRemove(TDR, 0, 0)), "TLB_TRACKING_NOT_DONE|RCX");
  module.kick(TDR);
  vp.enter(vcpus[1]!, 1);
  assertEquals(mem.pageRemove(TDR, 0, 0).status, 0n);
});

Deno.test("pageRemove() D3: a TD that was never finalised needs no block", () => {
  const module = newModule();
  const { mem } = module;
  initialise(module);
  mem.pageAdd(TDR, 0, GiB);
  assertEquals(mem.pageRemove(TDR, 0, 0).status, 0n);
});

Deno.test("pageRemove() D3: takes the page out and leaves its lines", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  const line = module.memory.state(GiB);
  mem.rangeBlock(TDR, 0, 0, 512);
  mem.track(TDR);
  const { children } = module.td(TDR)!;
  assertEquals(mem.pageRemove(TDR, 0, 0, 512).count, 512);
  assertEquals(module.td(TDR)!.children, children - 512);
  assertEquals(module.td(TDR)!.mappings, []);
  assertEquals(module.page(GiB)?.type, "NDA");
  assertEquals(module.memory.state(GiB), line);
  assertEquals(line.memory.owner, 1);
  assertEquals(says(mem.pageRemove(TDR, 0, 0)), "EPT_ENTRY_STATE_INCORRECT|RCX");
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageRemove() D3: a page of 2 MiB goes by one SEAMCALL", () => {
  const module = newModule();
  buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [runOf(2 ** 18, 2048)], level: 1 });
  const { mem } = module;
  assertEquals(mem.rangeBlock(TDR, 0, 1, 4), { status: 0n, count: 4 });
  mem.track(TDR);
  const { status, count, pages } = mem.pageRemove(TDR, 2 * MiB, 1, 2);
  assertEquals([status, count, pages], [0n, 2, runOf(2 ** 18 + 512, 1024)]);
  assertEquals(module.calls["TDH.MEM.PAGE.REMOVE"], 2);
  assertEquals(module.td(TDR)!.mappings, [
    { gpa: 0, level: 1, pages: 1 },
    { gpa: 6 * MiB, level: 1, pages: 1 },
  ]);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageRemove() D3: gives scattered frames of several blocks at once", () => {
  const module = newModule();
  const frames = Uint32Array.of(600_000, 600_002, 600_005, 700_001, 700_003);
  liveTd(module, { memory: [...chunksOf(frames)] });
  const { mem } = module;
  const removed: number[] = [];
  for (let page = 0; page < 5;) {
    const { count } = mem.rangeBlock(TDR, page * 4096, 0, 5 - page);
    mem.track(TDR, count);
    const result = mem.pageRemove(TDR, page * 4096, 0, count);
    assertEquals([result.status, result.count], [0n, count]);
    removed.push(result.pages!.count);
    page += count;
  }
  assertEquals(removed, [5]);
  assertEquals([...frames].every((frame) => module.page(frame * 4096)?.type === "NDA"), true);
});

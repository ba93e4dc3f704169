// The leaves that add pages: checks in their order, each case violating the next one too where it can.
import { assertEquals, assertThrows } from "@std/assert";
import { chunksOf, GiB, MiB, runOf } from "@tdx/core";
import { checkInvariants } from "../check_invariants.ts";
import { GUEST, initialise, liveTd, newModule, says } from "../_fixtures_test.ts";

const TDR = 0;
/** A page nobody uses. */
const FREE = 2 * GiB;

Deno.test("pageAug() checks the GPA, the walk, the entry, then the page", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1)] });
  const { mem } = module;
  assertEquals(says(mem.pageAug(TDR, 1, 0, 1)), "OPERAND_INVALID|RCX");
  assertEquals(says(mem.pageAug(TDR, 2 * MiB, 0, 1)), "EPT_WALK_FAILED|RCX");
  assertEquals(says(mem.pageAug(TDR, 0, 0, 1)), "EPT_ENTRY_STATE_INCORRECT|RCX");
  assertEquals(says(mem.pageAug(TDR, 4096, 0, 1)), "OPERAND_INVALID|R8");
  assertEquals(says(mem.pageAug(TDR, 4096, 0, 8 * GiB)), "OPERAND_ADDR_RANGE_ERROR|R8");
  module.lock(4096);
  assertEquals(says(mem.pageAug(TDR, 4096, 0, 4096)), "OPERAND_BUSY|R8");
  module.unlock(4096);
  assertEquals(says(mem.pageAug(TDR, 4096, 0, 4096)), "PAGE_METADATA_INCORRECT|R8");
  assertEquals(mem.pageAug(TDR, 4096, 0, FREE).status, 0n);
});

Deno.test("pageAug() OPERAND_INVALID|RCX for a level, alignment or GPA it does not take", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  for (
    const [gpa, level] of [[0, 2], [0, 7], [4096, 1], [2 ** 47, 0], [2 ** 51, 0], [0, 8]] as const
  ) {
    assertEquals(says(mem.pageAug(TDR, gpa, level, FREE)), "OPERAND_INVALID|RCX");
  }
});

Deno.test("pageAug() a larger page fits where no page table is, and only there", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  assertEquals(says(mem.pageAug(TDR, 0, 1, FREE)), "EPT_ENTRY_STATE_INCORRECT|RCX");
  assertEquals(mem.pageAug(TDR, 2 * MiB, 1, FREE).status, 0n);
  assertEquals(says(mem.pageAug(TDR, 2 * MiB, 0, 3 * GiB)), "EPT_WALK_FAILED|RCX");
  assertEquals(says(mem.septAdd(TDR, 2 * MiB, 1, 3 * GiB)), "EPT_ENTRY_STATE_INCORRECT|RCX");
  assertEquals(module.page(FREE + 4096), {
    type: "REG",
    owner: TDR,
    level: 1,
    mapping: "pending",
    epoch: null,
  });
});

Deno.test("pageAug() a larger page needs all of its frames, free and aligned", () => {
  const module = newModule({ reserved: [{ base: FREE + MiB, size: 4096 }] });
  liveTd(module);
  const { mem } = module;
  assertEquals(says(mem.pageAug(TDR, 2 * MiB, 1, FREE + 4096)), "OPERAND_INVALID|R8");
  module.lock(FREE + 4096);
  assertEquals(says(mem.pageAug(TDR, 2 * MiB, 1, FREE)), "OPERAND_BUSY|R8");
  module.unlock(FREE + 4096);
  assertEquals(says(mem.pageAug(TDR, 2 * MiB, 1, FREE)), "PAGE_METADATA_INCORRECT|R8");
  assertEquals(mem.pageAug(TDR, 2 * MiB, 1, FREE + 2 * MiB).status, 0n);
});

Deno.test("pageAug() writes nothing; the guest's accept does", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1)] });
  module.mem.pageAug(TDR, 4096, 0, FREE);
  assertEquals(module.memory.state(FREE).memory.owner, 0);
  module.accept(TDR, 4096, 0);
  const { owner, key, data } = module.memory.state(FREE).memory;
  assertEquals([owner, key?.keyId, data], [1, 33, "zeros"]);
  assertEquals(module.page(FREE)?.mapping, "mapped");
});

Deno.test("pageAug() maps scattered frames to consecutive GPAs", () => {
  const module = newModule();
  liveTd(module, { memory: [runOf(2 ** 18, 1)] });
  const frames = Uint32Array.of(600_000, 600_002, 600_050, 700_000);
  let gpa = 4096;
  for (const chunk of chunksOf(frames)) {
    const { status, pages, rest } = module.mem.pageAug(TDR, gpa, 0, chunk);
    assertEquals([status, rest], [0n, null]);
    gpa += pages.count * 4096;
  }
  module.accept(TDR, 4096, 0, 4);
  assertEquals(module.td(TDR)!.mappings, [{ gpa: 0, level: 0, pages: 5 }]);
  assertEquals([...frames].map((frame) => module.page(frame * 4096)?.mapping), [
    "mapped",
    "mapped",
    "mapped",
    "mapped",
  ]);
  assertEquals(module.page(600_001 * 4096)?.type, "NDA");
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageAug() a chunk stops where a page or an entry is in use", () => {
  const module = newModule({ reserved: [{ base: FREE + 3 * 4096, size: 4096 }] });
  liveTd(module, { memory: [runOf(2 ** 18, 500)] });
  const first = module.mem.pageAug(TDR, 500 * 4096, 0, runOf(FREE / 4096, 20));
  assertEquals([first.status, first.pages.count], [0n, 3]);
  const second = module.mem.pageAug(TDR, 503 * 4096, 0, first.rest!);
  assertEquals([says(second), second.pages.count], ["PAGE_METADATA_INCORRECT|R8", 1]);
  // 9 entries are left in the page table.
  const third = module.mem.pageAug(TDR, 503 * 4096, 0, second.rest!);
  assertEquals([third.status, third.pages.count], [0n, 9]);
  const fourth = module.mem.pageAug(TDR, 512 * 4096, 0, third.rest!);
  assertEquals([says(fourth), fourth.pages.count], ["EPT_WALK_FAILED|RCX", 1]);
  assertEquals(module.calls["TDH.MEM.PAGE.AUG"], 500 + 3 + 1 + 9 + 1);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageAdd() copies under the TD's key at once", () => {
  const module = newModule();
  initialise(module);
  const { mem } = module;
  assertEquals(mem.pageAdd(TDR, 0, runOf(FREE / 4096, 4)).status, 0n);
  const { owner, key, data } = module.memory.state(FREE).memory;
  assertEquals([owner, key?.keyId, data], [1, 33, "host"]);
  assertEquals(module.page(FREE)?.mapping, "mapped");
  assertEquals(module.calls["TDH.MEM.PAGE.ADD"], 4);
});

Deno.test("septAdd() takes the levels from the top down", () => {
  const module = newModule();
  const { mem } = module;
  liveTd(module, { memory: [] });
  assertEquals(says(mem.septAdd(TDR, 0, 1, 1)), "EPT_WALK_FAILED|RCX");
  assertEquals(says(mem.septAdd(TDR, 0, 0, 1)), "OPERAND_INVALID|RCX");
  assertEquals(says(mem.septAdd(TDR, 0, 4, 1)), "OPERAND_INVALID|RCX");
  assertEquals(says(mem.septAdd(TDR, GiB, 3, 1)), "OPERAND_INVALID|RCX");
  assertEquals(mem.septAdd(TDR, 0, 3, FREE).status, 0n);
  assertEquals(says(mem.septAdd(TDR, 0, 3, 1)), "EPT_ENTRY_STATE_INCORRECT|RCX");
  assertEquals(mem.septAdd(TDR, GiB, 2, FREE + 4096).status, 0n);
  assertEquals(says(mem.septAdd(TDR, 0, 1, 1)), "EPT_WALK_FAILED|RCX");
  assertEquals(mem.septAdd(TDR, GiB, 1, FREE + 8192).status, 0n);
  assertEquals(module.page(FREE)?.type, "EPT");
  assertEquals(module.memory.state(FREE).memory.key?.keyId, 33);
});

Deno.test("septAdd() stops at the end of the GPAs a TD has", () => {
  const module = newModule();
  liveTd(module, { memory: [] });
  const result = module.mem.septAdd(TDR, 2 ** 47 - 2 ** 39, 3, runOf(FREE / 4096, 3));
  assertEquals([result.status, result.pages.count], [0n, 1]);
  const beyond = module.mem.septAdd(TDR, 2 ** 47, 3, result.rest!);
  assertEquals(says(beyond), "OPERAND_INVALID|RCX");
});

Deno.test("the leaves that add pages throw for what no register or memory can hold", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  assertThrows(() => mem.pageAug(TDR, 0.5, 0, FREE), RangeError, "gpa");
  assertThrows(() => mem.pageAug(TDR, 0, 1, runOf(2 ** 19, 5)), RangeError, "got 5 frames");
  assertEquals(module.calls["TDH.MEM.PAGE.AUG"], GUEST.count);
});

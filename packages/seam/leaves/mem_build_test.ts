// The leaves that add pages: checks in their order, each case violating the next one too where it can.
import { assertEquals, assertThrows } from "@std/assert";
import { GiB, MiB } from "@tdx/core";
import { checkInvariants } from "../check_invariants.ts";
import { chunksOf } from "@tdx/core";
import { runOf } from "@tdx/core";
import type { TdxModule } from "../tdx_module.ts";
import { GUEST, hex, liveTd, newModule } from "../_fixtures_test.ts";

const TDR = 0;
/** A page nobody uses. */
const FREE = 2 * GiB;

/** A TD with one page table, for the first 2 MiB, that is not finalised. */
function initialised(module: TdxModule): void {
  const { mem, mng } = module;
  mng.create(TDR, 33);
  for (let pkg = 0; pkg < module.packages; pkg++) mng.keyConfig(TDR, pkg);
  for (let i = 1; i <= 6; i++) mng.addcx(i * 4096, TDR);
  mng.init(TDR);
  for (const level of [3, 2, 1]) mem.septAdd(TDR, 0, level, (10 + level) * 4096);
}

Deno.test("pageAug() checks the TDR, the TD's state, the GPA, the walk, then the page", () => {
  const module = newModule();
  const { mem, mng, mr } = module;
  assertEquals(hex(mem.pageAug(1, 1, 0, 1).status), "C000010000000002");
  assertEquals(hex(mem.pageAug(TDR, 1, 0, 1).status), "C000030000000002");
  mng.create(TDR, 33);
  assertEquals(hex(mem.pageAug(TDR, 1, 0, 1).status), "8000081000000000");
  [0, 1].forEach((pkg) => mng.keyConfig(TDR, pkg));
  assertEquals(hex(mem.pageAug(TDR, 1, 0, 1).status), "C000060600000000");
  for (let i = 1; i <= 6; i++) mng.addcx(i * 4096, TDR);
  mng.init(TDR);
  assertEquals(hex(mem.pageAug(TDR, 1, 0, 1).status), "C000060800000000");
  mr.finalize(TDR);
  assertEquals(hex(mem.pageAug(TDR, 1, 0, 1).status), "C000010000000001");
  assertEquals(hex(mem.pageAug(TDR, 0, 0, 1).status), "C0000B0000000001");
  for (const level of [3, 2, 1]) mem.septAdd(TDR, 0, level, (10 + level) * 4096);
  assertEquals(hex(mem.pageAug(TDR, 0, 0, 1).status), "C000010000000008");
  assertEquals(hex(mem.pageAug(TDR, 0, 0, 8 * GiB).status), "C000010100000008");
  module.lock(4096);
  assertEquals(hex(mem.pageAug(TDR, 0, 0, 4096).status), "8000020000000008");
  module.unlock(4096);
  assertEquals(hex(mem.pageAug(TDR, 0, 0, 4096).status), "C000030000000008");
  assertEquals(mem.pageAug(TDR, 0, 0, FREE).status, 0n);
  assertEquals(hex(mem.pageAug(TDR, 0, 0, 1).status), "C0000B0D00000001");
});

Deno.test("pageAug() OPERAND_INVALID|RCX for a level, alignment or GPA it does not take", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  for (const [gpa, level] of [[0, 2], [0, 7], [4096, 1], [2 ** 47, 0], [2 ** 51, 0]] as const) {
    assertEquals(hex(mem.pageAug(TDR, gpa, level, FREE).status), "C000010000000001");
  }
});

Deno.test("pageAug() a larger page fits where no page table is, and only there", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  assertEquals(hex(mem.pageAug(TDR, 0, 1, FREE).status), "C0000B0D00000001");
  assertEquals(mem.pageAug(TDR, 2 * MiB, 1, FREE).status, 0n);
  assertEquals(hex(mem.pageAug(TDR, 2 * MiB, 0, 3 * GiB).status), "C0000B0000000001");
  assertEquals(hex(mem.septAdd(TDR, 2 * MiB, 1, 3 * GiB).status), "C0000B0D00000001");
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
  assertEquals(hex(mem.pageAug(TDR, 2 * MiB, 1, FREE + 4096).status), "C000010000000008");
  module.lock(FREE + 4096);
  assertEquals(hex(mem.pageAug(TDR, 2 * MiB, 1, FREE).status), "8000020000000008");
  module.unlock(FREE + 4096);
  assertEquals(hex(mem.pageAug(TDR, 2 * MiB, 1, FREE).status), "C000030000000008");
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
  assertEquals([hex(second.status), second.pages.count], ["C000030000000008", 1]);
  // 9 entries are left in the page table.
  const third = module.mem.pageAug(TDR, 503 * 4096, 0, second.rest!);
  assertEquals([third.status, third.pages.count], [0n, 9]);
  const fourth = module.mem.pageAug(TDR, 512 * 4096, 0, third.rest!);
  assertEquals([hex(fourth.status), fourth.pages.count], ["C0000B0000000001", 1]);
  assertEquals(module.calls.get("TDH.MEM.PAGE.AUG"), 500 + 3 + 1 + 9 + 1);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageAdd() needs a TD that is not finalised, and copies under its key at once", () => {
  const module = newModule();
  initialised(module);
  const { mem, mr } = module;
  assertEquals(mem.pageAdd(TDR, 0, runOf(FREE / 4096, 4)).status, 0n);
  const { owner, key, data } = module.memory.state(FREE).memory;
  assertEquals([owner, key?.keyId, data], [1, 33, "host"]);
  assertEquals(module.page(FREE)?.mapping, "mapped");
  assertEquals(module.calls.get("TDH.MEM.PAGE.ADD"), 4);
  mr.finalize(TDR);
  assertEquals(hex(mem.pageAdd(TDR, 0x8000, 1).status), "C000060800000000");
});

Deno.test("septAdd() takes the levels from the top down", () => {
  const module = newModule();
  const { mem } = module;
  liveTd(module, { memory: [] });
  assertEquals(hex(mem.septAdd(TDR, 0, 1, 1).status), "C0000B0000000001");
  assertEquals(hex(mem.septAdd(TDR, 0, 0, 1).status), "C000010000000001");
  assertEquals(hex(mem.septAdd(TDR, 0, 4, 1).status), "C000010000000001");
  assertEquals(hex(mem.septAdd(TDR, GiB, 3, 1).status), "C000010000000001");
  assertEquals(mem.septAdd(TDR, 0, 3, FREE).status, 0n);
  assertEquals(hex(mem.septAdd(TDR, 0, 3, 1).status), "C0000B0D00000001");
  assertEquals(mem.septAdd(TDR, GiB, 2, FREE + 4096).status, 0n);
  assertEquals(hex(mem.septAdd(TDR, 0, 1, 1).status), "C0000B0000000001");
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
  assertEquals(hex(beyond.status), "C000010000000001");
});

Deno.test("the leaves that add pages leave everything as it was when they refuse", () => {
  const module = newModule();
  liveTd(module);
  const before = [module.tds(), module.keys(), module.memory.counts.lines];
  module.mem.pageAug(TDR, 0, 0, FREE);
  module.mem.pageAug(TDR, 2 * MiB, 1, GiB);
  module.mem.septAdd(TDR, 0, 1, FREE);
  assertEquals([module.tds(), module.keys(), module.memory.counts.lines], before);
  assertEquals(module.page(FREE)?.type, "NDA");
});

Deno.test("the leaves that add pages throw for what no register or memory can hold", () => {
  const module = newModule();
  liveTd(module);
  const { mem } = module;
  assertThrows(() => mem.pageAug(TDR, 0.5, 0, FREE), RangeError, "gpa");
  assertThrows(() => mem.pageAug(TDR, 0, 8, FREE), RangeError, "level");
  assertThrows(() => mem.pageAug(TDR, 0, 1, runOf(2 ** 19, 5)), RangeError, "got 5 frames");
  assertThrows(() => mem.pageAug(TDR, 0, 0, null as unknown as number), TypeError, "got null");
  assertEquals(module.calls.get("TDH.MEM.PAGE.AUG"), GUEST.count);
});

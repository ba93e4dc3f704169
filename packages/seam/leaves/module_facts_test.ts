// What Intel's module does that its interface does not suggest (M5 to M12), each fact by its id.
import { assertEquals } from "@std/assert";
import { GiB, MiB } from "@tdx/core";
import { initialise, liveTd, newModule, reclaimAll, says, tearDown } from "../_fixtures_test.ts";

const TDR = 0;

Deno.test("M5: a SEAMCALL cannot lock a page twice, nor a page within one that it holds", () => {
  const module = newModule();
  initialise(module);
  assertEquals(says(module.mng.addcx(TDR, TDR)), "OPERAND_BUSY|RCX");
  assertEquals(says(module.mem.pageAug(TDR, 2 * MiB, 1, TDR)), "OPERAND_BUSY|R8");
});

Deno.test("M10: who holds the key ownership table keeps others out of it", () => {
  const module = newModule();
  const td = liveTd(module);
  module.lock("KOT", "shared");
  assertEquals(says(module.mng.create(2 * GiB, 34)), "OPERAND_BUSY|KOT");
  // Only this leaf looks at the life cycle first.
  assertEquals(says(module.mng.keyFreeid(TDR)), "LIFECYCLE_STATE_INCORRECT");
  td.vcpus.forEach((tdvpr, lp) => module.vp.flush(tdvpr, lp));
  assertEquals(says(module.mng.vpflushdone(TDR)), "OPERAND_BUSY|KOT");
  module.unlock("KOT");
  assertEquals(module.mng.vpflushdone(TDR).status, 0n);
  module.lock("KOT", "shared");
  for (const pkg of [0, 1]) assertEquals(module.phymem.cacheWb(pkg, 0).status, 0n);
  assertEquals(says(module.mng.keyFreeid(TDR)), "OPERAND_BUSY|KOT");
  module.unlock("KOT");
  module.lock("KOT");
  assertEquals(says(module.phymem.cacheWb(0, 0)), "OPERAND_BUSY|KOT");
});

Deno.test("M9: a fatal TD is taken down as a whole, not page by page", () => {
  const module = newModule();
  const td = liveTd(module);
  const { mem, mng, vp } = module;
  module.markFatal(TDR);
  const refused = [
    mem.rangeBlock(TDR, 0, 0),
    mem.track(TDR),
    mem.pageRemove(TDR, 0, 0),
    mem.pageAug(TDR, 2 * MiB, 0, 2 * GiB),
    mng.addcx(2 * GiB, TDR),
    vp.create(2 * GiB, TDR),
    vp.enter(td.vcpus[0]!, 0),
    mng.keyConfig(TDR, 0),
  ];
  assertEquals(new Set(refused.map(says)), new Set(["TD_FATAL"]));
  tearDown(module, td);
  reclaimAll(module, TDR);
  assertEquals(module.td(TDR), undefined);
});

Deno.test("M9: a TD that consumes poison is fatal", () => {
  const module = newModule();
  liveTd(module);
  assertEquals(module.load(TDR, 64).machineCheck, false);
  assertEquals(module.mem.track(TDR).status, 0n);
  module.memory.poison(GiB + 64);
  assertEquals(module.load(TDR, 64).machineCheck, true);
  assertEquals(says(module.mem.track(TDR)), "TD_FATAL");
});

Deno.test("M7: key release and reclaim leave the TDR with dirty lines, which T6 writes back", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  const dirty = () => module.memory.state(TDR).copies.some((copy) => copy.dirty);
  assertEquals(dirty(), true);
  // Each reclaim stores into it anew, whatever was evicted meanwhile.
  for (const page of [GiB, GiB + 4096]) {
    module.memory.apply({ kind: "evict", by: "cache", key: module.globalKey }, TDR, 4096);
    assertEquals(dirty(), false);
    module.phymem.pageReclaim(page);
    assertEquals(dirty(), true);
  }
  reclaimAll(module, TDR);
  assertEquals(dirty(), true);
  module.phymem.pageWbinvd(TDR, module.globalKey.keyId);
  assertEquals(dirty(), false);
});

Deno.test("M12: a page that was reclaimed still shows its owner", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  module.phymem.pageReclaim(GiB);
  const page = module.page(GiB);
  assertEquals([page?.type, page?.owner], ["NDA", TDR]);
});

Deno.test("M10: who holds the Secure EPT or the operation state keeps others out", () => {
  const module = newModule();
  initialise(module);
  const { mem, mng } = module;
  module.lock({ tdr: TDR, part: "SEPT_TREE" }, "shared");
  assertEquals(mem.pageAug(TDR, 0, 0, 2 * GiB).status, 0n);
  assertEquals(says(mem.rangeBlock(TDR, 0, 0)), "OPERAND_BUSY|SEPT_TREE");
  module.unlock({ tdr: TDR, part: "SEPT_TREE" });
  module.lock({ tdr: TDR, part: "SEPT_TREE" });
  for (const refused of [mem.pageAug(TDR, 4096, 0, 3 * GiB), mem.pageRemove(TDR, 0, 0)]) {
    assertEquals(says(refused), "OPERAND_BUSY|SEPT_TREE");
  }
  module.lock({ tdr: TDR, part: "OP_STATE" });
  assertEquals(says(mem.track(TDR)), "OPERAND_BUSY|OP_STATE");
  assertEquals(says(mng.init(TDR)), "OPERAND_BUSY|OP_STATE");
});

Deno.test("M11: an accept of 2 MiB that is interrupted leaves the page pending, its first lines zeroed", () => {
  const module = newModule();
  initialise(module);
  module.mem.pageAug(TDR, 2 * MiB, 1, 2 * GiB);
  module.inject({ acceptInterrupt: 3 });
  assertEquals(module.accept(TDR, 2 * MiB, 1), false);
  const owners = [0, 2, 3].map((page) => module.memory.state(2 * GiB + page * 4096).memory.owner);
  assertEquals([module.page(2 * GiB)?.mapping, owners], ["pending", [1, 1, 0]]);
  assertEquals(module.accept(TDR, 2 * MiB, 1), true);
  assertEquals(module.page(2 * GiB)?.mapping, "mapped");
});

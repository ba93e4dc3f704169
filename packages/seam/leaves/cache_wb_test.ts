// T3, and what it does to lines.
import { assertEquals, assertThrows } from "@std/assert";
import { GiB } from "@tdx/core";
import { block, liveTd, newModule, says } from "../_fixtures_test.ts";

Deno.test("cacheWb() T3: OPERAND_INVALID|RCX for a command but 0 and 1, busy or not", () => {
  const module = newModule();
  module.inject({ busyAfter: () => 0 });
  assertEquals(says(module.phymem.cacheWb(0, 2)), "OPERAND_INVALID|RCX");
});

Deno.test("cacheWb() T3: OPERAND_BUSY|WBCACHE before anything else is looked at", () => {
  const module = newModule();
  module.inject({ busyAfter: () => 0 });
  assertEquals(says(module.phymem.cacheWb(0, 0)), "OPERAND_BUSY|WBCACHE");
  assertEquals(says(module.phymem.cacheWb(0, 1)), "OPERAND_BUSY|WBCACHE");
});

Deno.test("cacheWb() T3: WBCACHE_RESUME_ERROR without a saved point, flushed HKIDs or not", () => {
  const module = newModule();
  assertEquals(says(module.phymem.cacheWb(0, 1)), "WBCACHE_RESUME_ERROR");
  block(module, liveTd(module));
  assertEquals(says(module.phymem.cacheWb(0, 1)), "WBCACHE_RESUME_ERROR");
});

Deno.test("cacheWb() T3: NO_HKID_READY_TO_WBCACHE before a flush, no error", () => {
  const module = newModule();
  liveTd(module);
  assertEquals(says(module.phymem.cacheWb(0, 0)), "NO_HKID_READY_TO_WBCACHE");
});

Deno.test("cacheWb() T3: INTERRUPTED_RESUMABLE as often as injected, on each package", () => {
  const module = newModule();
  const td = liveTd(module);
  block(module, td);
  module.inject({ interrupts: 2 });
  for (const pkg of [0, 1]) {
    assertEquals(says(module.phymem.cacheWb(pkg, 0)), "INTERRUPTED_RESUMABLE");
    assertEquals(says(module.phymem.cacheWb(pkg, 1)), "INTERRUPTED_RESUMABLE");
    assertEquals(says(module.mng.keyFreeid(td.tdr)), "WBCACHE_NOT_COMPLETE");
    assertEquals(module.phymem.cacheWb(pkg, 1).status, 0n);
    assertEquals(says(module.phymem.cacheWb(pkg, 1)), "WBCACHE_RESUME_ERROR");
  }
  assertEquals(module.mng.keyFreeid(td.tdr).status, 0n);
  assertEquals(module.calls["TDH.PHYMEM.CACHE.WB"], 8);
});

Deno.test("cacheWb() T3: a start forgets the point that was saved", () => {
  const module = newModule();
  block(module, liveTd(module));
  module.inject({ interrupts: 1 });
  assertEquals(says(module.phymem.cacheWb(0, 0)), "INTERRUPTED_RESUMABLE");
  assertEquals(says(module.phymem.cacheWb(0, 0)), "INTERRUPTED_RESUMABLE");
  module.inject({});
  assertEquals(module.phymem.cacheWb(0, 0).status, 0n);
  assertEquals(says(module.phymem.cacheWb(0, 1)), "WBCACHE_RESUME_ERROR");
});

Deno.test("cacheWb() T3: only HKIDs that were flushed at its start are done", () => {
  const module = newModule({ packages: 1 });
  const [early, late] = [liveTd(module), liveTd(module, { hkid: 34, control: 1000, memory: [] })];
  block(module, early);
  module.inject({ interrupts: 1 });
  module.phymem.cacheWb(0, 0);
  block(module, late);
  assertEquals(module.phymem.cacheWb(0, 1).status, 0n);
  assertEquals(module.mng.keyFreeid(early.tdr).status, 0n);
  assertEquals(says(module.mng.keyFreeid(late.tdr)), "WBCACHE_NOT_COMPLETE");
});

Deno.test("cacheWb() T3: clears one package's bit at a time", () => {
  const module = newModule({ packages: 3 });
  block(module, liveTd(module));
  const pending = () => module.keys().find(({ hkid }) => hkid === 33)!.pendingPackages;
  assertEquals(pending(), [0, 1, 2]);
  module.phymem.cacheWb(1, 0);
  assertEquals(pending(), [0, 2]);
  module.phymem.cacheWb(1, 0);
  assertEquals(pending(), [0, 2]);
  module.phymem.cacheWb(2, 0);
  module.phymem.cacheWb(0, 0);
  assertEquals(pending(), []);
});

Deno.test("cacheWb() K6, M8: writes dirty lines of every KeyID back on the last package, and keeps them", () => {
  const module = newModule();
  const [td, other] = [liveTd(module), liveTd(module, { hkid: 34, control: 1000, memory: [] })];
  const { memory } = module;
  const key = module.td(td.tdr)!.key!;
  const otherKey = module.td(other.tdr)!.key!;
  memory.step({ kind: "store", by: "td", key, data: "secret" }, GiB);
  memory.step({ kind: "store", by: "module", key: otherKey, data: "guest" }, 1001 * 4096);
  block(module, td);

  module.phymem.cacheWb(0, 0);
  assertEquals(memory.state(GiB).copies[0]?.dirty, true);
  module.phymem.cacheWb(1, 0);
  const { memory: line, copies } = memory.state(GiB);
  assertEquals([line.data, copies[0]?.data, copies[0]?.dirty], ["secret", "secret", false]);
  const others = memory.state(1001 * 4096);
  assertEquals([others.memory.data, others.copies[0]?.dirty], ["guest", false]);
});

Deno.test("cacheWb() throws for a package the machine does not have", () => {
  const { phymem } = newModule();
  assertThrows(() => phymem.cacheWb(2, 0), RangeError, "from 0 to 1, got 2");
});

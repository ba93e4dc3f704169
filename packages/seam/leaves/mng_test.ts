import { assertEquals, assertThrows } from "@std/assert";
import { GiB } from "@tdx/core";
import { checkInvariants } from "../check_invariants.ts";
import type { TdxModule } from "../tdx_module.ts";
import { block, hex, liveTd, newModule, reclaimAll, tearDown } from "../_fixtures_test.ts";

const TDR = 0x1000;

/** A TD whose keys are configured, with some TDCX pages. */
function withKeys(module: TdxModule, tdcx = 0): void {
  module.mng.create(TDR, 33);
  for (let pkg = 0; pkg < module.packages; pkg++) module.mng.keyConfig(TDR, pkg);
  for (let i = 1; i <= tdcx; i++) module.mng.addcx(TDR + i * 4096, TDR);
}

Deno.test("create() OPERAND_INVALID|RDX for a KeyID that is not private, whatever the page", () => {
  const { mng } = newModule();
  for (const hkid of [0, 31, 64]) assertEquals(hex(mng.create(1, hkid).status), "C000010000000002");
});

Deno.test("create() says what is wrong with the page, in order, before the HKID", () => {
  const module = newModule({ tdmrs: [{ base: 0, size: GiB }] });
  const { mng } = module;
  assertEquals(hex(mng.create(2 * GiB + 1, 32).status), "C000010000000001");
  module.lock(2 * GiB);
  assertEquals(hex(mng.create(2 * GiB, 32).status), "C000010100000001");
  mng.create(TDR, 33);
  module.lock(TDR);
  assertEquals(hex(mng.create(TDR, 32).status), "8000020000000001");
  module.unlock(TDR);
  assertEquals(hex(mng.create(TDR, 32).status), "C000030000000001");
  assertEquals(hex(mng.create(0x2000, 32).status), "C000082000000000");
});

Deno.test("create() HKID_NOT_FREE for one in use and for the global one", () => {
  const { mng } = newModule();
  mng.create(TDR, 33);
  assertEquals(hex(mng.create(0x2000, 33).status), "C000082000000000");
  assertEquals(hex(mng.create(0x2000, 32).status), "C000082000000000");
});

Deno.test("create() makes a TDR, written under the global key", () => {
  const module = newModule();
  assertEquals(module.mng.create(TDR, 33).status, 0n);
  assertEquals(module.page(TDR)?.type, "TDR");
  const { key, owner } = module.memory.state(TDR + 4032).memory;
  assertEquals([key?.keyId, owner], [32, 1]);
  const { lifeCycle, hkid, children } = module.td(TDR)!;
  assertEquals([lifeCycle, hkid, children], ["HKID_ASSIGNED", 33, 0]);
});

Deno.test("keyConfig() KEY_CONFIGURED on a package that has the key, and ends on the last one", () => {
  const module = newModule();
  const { mng } = module;
  mng.create(TDR, 33);
  assertEquals(mng.keyConfig(TDR, 1).status, 0n);
  assertEquals(hex(mng.keyConfig(TDR, 1).status), "0000081500000000");
  assertEquals(module.td(TDR)!.lifeCycle, "HKID_ASSIGNED");
  assertEquals(mng.keyConfig(TDR, 0).status, 0n);
  assertEquals(module.td(TDR)!.lifeCycle, "KEYS_CONFIGURED");
  assertEquals(hex(mng.keyConfig(TDR, 0).status), "C000060700000000");
});

Deno.test("keyConfig() gives an HKID a new key each time it is assigned", () => {
  const module = newModule();
  const generations: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const td = liveTd(module);
    generations.push(module.td(td.tdr)!.key?.generation);
    tearDown(module, td);
    reclaimAll(module, td.tdr);
  }
  assertEquals(generations, [0, 1, 2]);
  assertEquals(module.keys().find(({ hkid }) => hkid === 33)?.programmed, 3);
});

Deno.test("keyConfig() says what is wrong with the TDR", () => {
  const module = newModule();
  assertEquals(hex(module.mng.keyConfig(TDR, 0).status), "C000030000000001");
  module.mng.create(TDR, 33);
  module.lock(TDR);
  assertEquals(hex(module.mng.keyConfig(TDR, 0).status), "8000020000000001");
});

Deno.test("addcx() checks the TDR, the keys, the number of pages, then the page", () => {
  const module = newModule();
  const { mng } = module;
  assertEquals(hex(mng.addcx(1, TDR).status), "C000030000000002");
  mng.create(TDR, 33);
  assertEquals(hex(mng.addcx(1, TDR).status), "8000081000000000");
  [0, 1].forEach((pkg) => mng.keyConfig(TDR, pkg));
  assertEquals(hex(mng.addcx(1, TDR).status), "C000010000000001");
  assertEquals(hex(mng.addcx(TDR, TDR).status), "C000030000000001");
  for (let i = 1; i <= 9; i++) assertEquals(mng.addcx(TDR + i * 4096, TDR).status, 0n);
  assertEquals(hex(mng.addcx(1, TDR).status), "C000061000000000");
});

Deno.test("addcx() OP_STATE_INCORRECT once the TD is initialised, after the page", () => {
  const module = newModule();
  withKeys(module, 6);
  module.mng.init(TDR);
  assertEquals(hex(module.mng.addcx(TDR, TDR).status), "C000030000000001");
  assertEquals(hex(module.mng.addcx(GiB, TDR).status), "C000060800000000");
});

Deno.test("addcx() adds a child, written under the TD's key", () => {
  const module = newModule();
  withKeys(module, 1);
  assertEquals(module.page(TDR + 4096), {
    type: "TDCX",
    owner: TDR,
    level: 0,
    mapping: null,
    epoch: null,
  });
  assertEquals(module.memory.state(TDR + 4096).memory.key?.keyId, 33);
  assertEquals(module.td(TDR)!.children, 1);
});

Deno.test("init() needs keys, then 6 TDCX pages, then no earlier init", () => {
  const module = newModule();
  const { mng } = module;
  mng.create(TDR, 33);
  assertEquals(hex(mng.init(TDR).status), "8000081000000000");
  [0, 1].forEach((pkg) => mng.keyConfig(TDR, pkg));
  for (let i = 1; i <= 5; i++) mng.addcx(TDR + i * 4096, TDR);
  assertEquals(hex(mng.init(TDR).status), "C000060600000000");
  mng.addcx(TDR + 6 * 4096, TDR);
  assertEquals(mng.init(TDR).status, 0n);
  assertEquals(hex(mng.init(TDR).status), "C000060800000000");
});

Deno.test("vpflushdone() T2: what is wrong with the TDR comes first", () => {
  const module = newModule();
  assertEquals(hex(module.mng.vpflushdone(1).status), "C000010000000001");
  assertEquals(hex(module.mng.vpflushdone(8 * GiB).status), "C000010100000001");
  const td = liveTd(module);
  module.lock(td.tdr);
  assertEquals(hex(module.mng.vpflushdone(td.tdr).status), "8000020000000001");
  assertEquals(hex(module.mng.vpflushdone(GiB).status), "C000030000000001");
});

Deno.test("vpflushdone() T2: a vCPU inside the TD holds the TDR, so OPERAND_BUSY|RCX", () => {
  const module = newModule();
  const td = liveTd(module);
  module.vp.enter(td.vcpus[0]!, 0);
  assertEquals(hex(module.mng.vpflushdone(td.tdr).status), "8000020000000001");
  module.kick(td.tdr);
  assertEquals(hex(module.mng.vpflushdone(td.tdr).status), "8000082400000000");
});

Deno.test("vpflushdone() T2: LIFECYCLE_STATE_INCORRECT the second time", () => {
  const module = newModule();
  const td = liveTd(module);
  block(module, td);
  assertEquals(hex(module.mng.vpflushdone(td.tdr).status), "C000060700000000");
});

Deno.test("vpflushdone() T2: FLUSHVP_NOT_DONE while a vCPU is associated", () => {
  const module = newModule();
  const td = liveTd(module);
  module.vp.flush(td.vcpus[0]!, 0);
  assertEquals(hex(module.mng.vpflushdone(td.tdr).status), "8000082400000000");
  module.vp.flush(td.vcpus[1]!, 1);
  assertEquals(module.mng.vpflushdone(td.tdr).status, 0n);
  assertEquals(module.td(td.tdr)!.lifeCycle, "BLOCKED");
  const { state, pendingPackages } = module.keys().find(({ hkid }) => hkid === 33)!;
  assertEquals([state, pendingPackages], ["FLUSHED", [0, 1]]);
});

Deno.test("vpflushdone() T2: a TD without keys may go too", () => {
  const module = newModule();
  module.mng.create(TDR, 33);
  assertEquals(module.mng.vpflushdone(TDR).status, 0n);
  assertEquals(checkInvariants(module), []);
});

Deno.test("keyFreeid() T4: what is wrong with the TDR, then the life cycle, then the caches", () => {
  const module = newModule();
  const { mng, phymem } = module;
  const td = liveTd(module);
  assertEquals(hex(mng.keyFreeid(GiB).status), "C000030000000001");
  assertEquals(hex(mng.keyFreeid(td.tdr).status), "C000060700000000");
  block(module, td);
  module.lock(td.tdr);
  assertEquals(hex(mng.keyFreeid(td.tdr).status), "8000020000000001");
  module.unlock(td.tdr);
  assertEquals(hex(mng.keyFreeid(td.tdr).status), "8000081700000000");
  phymem.cacheWb(1, 0);
  assertEquals(hex(mng.keyFreeid(td.tdr).status), "8000081700000000");
  phymem.cacheWb(0, 0);
  assertEquals(mng.keyFreeid(td.tdr).status, 0n);
  assertEquals(module.td(td.tdr)!.lifeCycle, "TEARDOWN");
  assertEquals(hex(mng.keyFreeid(td.tdr).status), "C000060700000000");
});

Deno.test("keyFreeid() T4: the HKID serves the next TD while the old one is reclaimed", () => {
  const module = newModule();
  const old = liveTd(module);
  tearDown(module, old);
  assertEquals(module.mng.create(2 * GiB, 33).status, 0n);
  assertEquals(checkInvariants(module), []);
});

Deno.test("the TDH.MNG leaves throw for what no register can hold", () => {
  const { mng } = newModule();
  assertThrows(() => mng.create(0x1000, "33" as unknown as number), TypeError, "hkid");
  assertThrows(() => mng.create(-1, 33), RangeError, "-1");
  assertThrows(() => mng.keyConfig(TDR, 2), RangeError, "package");
  assertThrows(() => mng.init(NaN), RangeError, "NaN");
});

Deno.test("create() OPERAND_BUSY|RCX within a locked page of 2 MiB, PAGE_METADATA_INCORRECT else", () => {
  const module = newModule();
  liveTd(module, { level: 1 });
  module.lock(GiB);
  assertEquals(hex(module.mng.create(GiB + 4096, 34).status), "8000020000000001");
  module.unlock(GiB);
  assertEquals(hex(module.mng.create(GiB + 4096, 34).status), "C000030000000001");
});

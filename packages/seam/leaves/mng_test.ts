import { assertEquals } from "@std/assert";
import { GiB } from "@tdx/core";
import { checkInvariants } from "../check_invariants.ts";
import type { TdxModule } from "../tdx_module.ts";
import { block, liveTd, newModule, reclaimAll, says, tearDown } from "../_fixtures_test.ts";

const TDR = 0x1000;

/** A TD whose keys are configured, with some TDCX pages. */
function withKeys(module: TdxModule, tdcx = 0): void {
  module.mng.create(TDR, 33);
  for (let pkg = 0; pkg < module.packages; pkg++) module.mng.keyConfig(TDR, pkg);
  for (let i = 1; i <= tdcx; i++) module.mng.addcx(TDR + i * 4096, TDR);
}

Deno.test("create() OPERAND_INVALID|RDX for a KeyID that is not private, whatever the page", () => {
  const { mng } = newModule();
  for (const hkid of [0, 31, 64]) assertEquals(says(mng.create(1, hkid)), "OPERAND_INVALID|RDX");
});

Deno.test("create() says what is wrong with the page, in order, before the HKID", () => {
  const module = newModule({ tdmrs: [{ base: 0, size: GiB }] });
  const { mng } = module;
  assertEquals(says(mng.create(2 * GiB + 1, 32)), "OPERAND_INVALID|RCX");
  module.lock(2 * GiB);
  assertEquals(says(mng.create(2 * GiB, 32)), "OPERAND_ADDR_RANGE_ERROR|RCX");
  mng.create(TDR, 33);
  module.lock(TDR);
  assertEquals(says(mng.create(TDR, 32)), "OPERAND_BUSY|RCX");
  module.unlock(TDR);
  assertEquals(says(mng.create(TDR, 32)), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals(says(mng.create(0x2000, 32)), "HKID_NOT_FREE"); // the global one
  assertEquals(says(mng.create(0x2000, 33)), "HKID_NOT_FREE"); // in use
});

Deno.test("create() OPERAND_BUSY|RCX within a locked page of 2 MiB, PAGE_METADATA_INCORRECT else", () => {
  const module = newModule();
  liveTd(module, { level: 1 });
  module.lock(GiB);
  assertEquals(says(module.mng.create(GiB + 4096, 34)), "OPERAND_BUSY|RCX");
  module.unlock(GiB);
  assertEquals(says(module.mng.create(GiB + 4096, 34)), "PAGE_METADATA_INCORRECT|RCX");
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
  assertEquals(says(mng.keyConfig(TDR, 1)), "KEY_CONFIGURED");
  assertEquals(module.td(TDR)!.lifeCycle, "HKID_ASSIGNED");
  assertEquals(mng.keyConfig(TDR, 0).status, 0n);
  assertEquals(module.td(TDR)!.lifeCycle, "KEYS_CONFIGURED");
  assertEquals(says(mng.keyConfig(TDR, 0)), "LIFECYCLE_STATE_INCORRECT");
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

Deno.test("addcx() takes 6 to 9 pages, and none once the TD is initialised", () => {
  const module = newModule();
  const { mng } = module;
  withKeys(module, 5);
  assertEquals(says(mng.init(TDR)), "TDCS_NOT_ALLOCATED");
  for (let i = 6; i <= 9; i++) assertEquals(mng.addcx(TDR + i * 4096, TDR).status, 0n);
  // The number of pages is checked before the page, the operation state after it.
  assertEquals(says(mng.addcx(TDR, TDR)), "TDCX_NUM_INCORRECT");
  assertEquals(mng.init(TDR).status, 0n);

  const other = newModule();
  withKeys(other, 6);
  other.mng.init(TDR);
  assertEquals(says(other.mng.addcx(TDR + 4096, TDR)), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals(says(other.mng.addcx(GiB, TDR)), "OP_STATE_INCORRECT");
});

Deno.test("addcx() M6: refused for the operation state, it has written the page all the same", () => {
  const module = newModule();
  withKeys(module, 6);
  module.mng.init(TDR);
  module.mng.addcx(GiB, TDR);
  const { memory } = module.memory.state(GiB + 63 * 64);
  assertEquals([memory.owner, memory.key?.keyId, module.page(GiB)?.type], [1, 33, "NDA"]);
});

Deno.test("create() M6: without entropy it has written the page under the global key", () => {
  const module = newModule();
  module.inject({ noEntropy: true });
  assertEquals(says(module.mng.create(GiB, 33)), "RND_NO_ENTROPY");
  const { memory } = module.memory.state(GiB);
  assertEquals([memory.owner, memory.key?.keyId, module.page(GiB)?.type], [1, 32, "NDA"]);
  assertEquals(module.keys().find(({ hkid }) => hkid === 33)?.state, "FREE");
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

Deno.test("vpflushdone() T2: a vCPU inside the TD holds the TDR, so OPERAND_BUSY|RCX", () => {
  const module = newModule();
  const td = liveTd(module);
  module.vp.enter(td.vcpus[0]!, 0);
  assertEquals(says(module.mng.vpflushdone(td.tdr)), "OPERAND_BUSY|RCX");
  module.kick(td.tdr);
  assertEquals(says(module.mng.vpflushdone(td.tdr)), "FLUSHVP_NOT_DONE");
});

Deno.test("vpflushdone() T2: FLUSHVP_NOT_DONE while a vCPU is associated", () => {
  const module = newModule();
  const td = liveTd(module);
  module.vp.flush(td.vcpus[0]!, 0);
  assertEquals(says(module.mng.vpflushdone(td.tdr)), "FLUSHVP_NOT_DONE");
  module.vp.flush(td.vcpus[1]!, 1);
  assertEquals(module.mng.vpflushdone(td.tdr).status, 0n);
  assertEquals(module.td(td.tdr)!.lifeCycle, "BLOCKED");
  const { state, pendingPackages } = module.keys().find(({ hkid }) => hkid === 33)!;
  assertEquals([state, pendingPackages], ["FLUSHED", [0, 1]]);
});

Deno.test("keyFreeid() T4: WBCACHE_NOT_COMPLETE until every package has written back", () => {
  const module = newModule();
  const { mng, phymem } = module;
  const td = liveTd(module);
  block(module, td);
  phymem.cacheWb(1, 0);
  assertEquals(says(mng.keyFreeid(td.tdr)), "WBCACHE_NOT_COMPLETE");
  phymem.cacheWb(0, 0);
  assertEquals(mng.keyFreeid(td.tdr).status, 0n);
  assertEquals(module.td(td.tdr)!.lifeCycle, "TEARDOWN");
});

Deno.test("keyFreeid() T4: the HKID serves the next TD while the old one is reclaimed", () => {
  const module = newModule();
  const old = liveTd(module);
  tearDown(module, old);
  assertEquals(module.mng.create(2 * GiB, 33).status, 0n);
  assertEquals(checkInvariants(module), []);
});

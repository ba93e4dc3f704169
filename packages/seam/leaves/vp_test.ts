import { assertEquals, assertThrows } from "@std/assert";
import { GiB } from "@tdx/core";
import type { TdxModule } from "../tdx_module.ts";
import { block, hex, liveTd, newModule } from "../_fixtures_test.ts";

const TDVPR = 2 * GiB;

/** A TD without vCPUs, and a TDVPR with so many further pages. */
function withTdvpr(module: TdxModule, tdcx: number): number {
  const { tdr } = liveTd(module, { vcpus: 0 });
  module.vp.create(TDVPR, tdr);
  for (let i = 1; i <= tdcx; i++) module.vp.addcx(TDVPR + i * 4096, TDVPR);
  return tdr;
}

Deno.test("vp.create() checks the TDR, the TD's state, then the page", () => {
  const module = newModule();
  const { mng, vp } = module;
  assertEquals(hex(vp.create(1, 0x1000).status), "C000030000000002");
  mng.create(0x1000, 33);
  assertEquals(hex(vp.create(1, 0x1000).status), "8000081000000000");
  [0, 1].forEach((pkg) => mng.keyConfig(0x1000, pkg));
  assertEquals(hex(vp.create(1, 0x1000).status), "C000060600000000");
  for (let i = 2; i <= 7; i++) mng.addcx(i * 4096, 0x1000);
  assertEquals(hex(vp.create(1, 0x1000).status), "C000060800000000");
  mng.init(0x1000);
  assertEquals(hex(vp.create(1, 0x1000).status), "C000010000000001");
  assertEquals(hex(vp.create(0x2000, 0x1000).status), "C000030000000001");
  assertEquals(vp.create(TDVPR, 0x1000).status, 0n);
  assertEquals(module.page(TDVPR)?.type, "TDVPR");
});

Deno.test("vp.addcx() checks the TDVPR, the TDR's lock, the vCPU's state and pages, then the page", () => {
  const module = newModule();
  const tdr = withTdvpr(module, 0);
  const { vp } = module;
  assertEquals(hex(vp.addcx(1, GiB).status), "C000030000000002");
  module.lock(tdr);
  assertEquals(hex(vp.addcx(1, TDVPR).status), "8000020000000080");
  module.unlock(tdr);
  assertEquals(hex(vp.addcx(1, TDVPR).status), "C000010000000001");
  for (let i = 1; i < 15; i++) assertEquals(vp.addcx(TDVPR + i * 4096, TDVPR).status, 0n);
  assertEquals(hex(vp.addcx(1, TDVPR).status), "C000061000000000");
  vp.init(TDVPR, 0);
  assertEquals(hex(vp.addcx(1, TDVPR).status), "C000070000000000");
});

Deno.test("vp.init() TDCX_NUM_INCORRECT under 6 pages, VCPU_STATE_INCORRECT the second time", () => {
  const module = newModule();
  withTdvpr(module, 4);
  assertEquals(hex(module.vp.init(TDVPR, 0).status), "C000061000000000");
  module.vp.addcx(TDVPR + 5 * 4096, TDVPR);
  assertEquals(module.vp.init(TDVPR, 0).status, 0n);
  assertEquals(hex(module.vp.init(TDVPR, 0).status), "C000070000000000");
});

Deno.test("vp.init() associates the vCPU with the processor", () => {
  const module = newModule();
  const { tdr, vcpus } = liveTd(module);
  assertEquals(module.td(tdr)!.vcpus.map(({ tdvpr, lp }) => [tdvpr, lp]), [
    [vcpus[0]!, 0],
    [vcpus[1]!, 1],
  ]);
});

Deno.test("vp.enter() needs a TD that is finalised and a vCPU that is ready", () => {
  const module = newModule();
  withTdvpr(module, 4);
  assertEquals(hex(module.vp.enter(TDVPR, 3).status), "C000061000000000");
  module.vp.addcx(TDVPR + 5 * 4096, TDVPR);
  assertEquals(hex(module.vp.enter(TDVPR, 3).status), "C000070000000000");
  module.vp.init(TDVPR, 3);
  assertEquals(module.vp.enter(TDVPR, 3).status, 0n);
});

Deno.test("vp.enter() OP_STATE_INCORRECT before TDH.MR.FINALIZE", () => {
  const module = newModule();
  const { mng, vp } = module;
  mng.create(0x1000, 33);
  [0, 1].forEach((pkg) => mng.keyConfig(0x1000, pkg));
  for (let i = 2; i <= 7; i++) mng.addcx(i * 4096, 0x1000);
  mng.init(0x1000);
  vp.create(TDVPR, 0x1000);
  assertEquals(hex(vp.enter(TDVPR, 0).status), "C000060800000000");
});

Deno.test("vp.enter() VCPU_ASSOCIATED on another processor, until it is flushed", () => {
  const module = newModule();
  const { tdr, vcpus } = liveTd(module);
  assertEquals(hex(module.vp.enter(vcpus[0]!, 7).status), "8000070100000000");
  module.vp.flush(vcpus[0]!, 0);
  assertEquals(module.vp.enter(vcpus[0]!, 7).status, 0n);
  const [vcpu] = module.td(tdr)!.vcpus;
  assertEquals([vcpu?.lp, vcpu?.running], [7, true]);
});

Deno.test("vp.enter() keeps its processor inside the TD until the kick", () => {
  const module = newModule();
  const { tdr, vcpus } = liveTd(module);
  module.vp.enter(vcpus[0]!, 0);
  assertThrows(() => module.vp.flush(vcpus[1]!, 0), RangeError, "got 0");
  module.kick(tdr);
  const [vcpu] = module.td(tdr)!.vcpus;
  assertEquals([vcpu?.lp, vcpu?.running], [0, false]);
});

Deno.test("vp.flush() T1: what is wrong with the TDVPR, then the TDR's lock", () => {
  const module = newModule();
  const { tdr, vcpus } = liveTd(module);
  assertEquals(hex(module.vp.flush(1, 0).status), "C000010000000001");
  assertEquals(hex(module.vp.flush(8 * GiB, 0).status), "C000010100000001");
  assertEquals(hex(module.vp.flush(tdr, 0).status), "C000030000000001");
  module.lock(tdr);
  module.lock(vcpus[0]!);
  assertEquals(hex(module.vp.flush(vcpus[0]!, 0).status), "8000020000000001");
  module.unlock(vcpus[0]!);
  assertEquals(hex(module.vp.flush(vcpus[0]!, 0).status), "8000020000000080");
});

Deno.test("vp.flush() T1: OPERAND_BUSY|RCX while the vCPU is inside the TD", () => {
  const module = newModule();
  const { vcpus } = liveTd(module);
  module.vp.enter(vcpus[0]!, 0);
  assertEquals(hex(module.vp.flush(vcpus[0]!, 1).status), "8000020000000001");
});

Deno.test("vp.flush() T1: TD_KEYS_NOT_CONFIGURED once the TD is blocked", () => {
  const module = newModule();
  const td = liveTd(module);
  block(module, td);
  assertEquals(hex(module.vp.flush(td.vcpus[0]!, 0).status), "8000081000000000");
});

Deno.test("vp.flush() T1: TDCX_NUM_INCORRECT for a vCPU without its pages", () => {
  const module = newModule();
  withTdvpr(module, 4);
  assertEquals(hex(module.vp.flush(TDVPR, 0).status), "C000061000000000");
});

Deno.test("vp.flush() T1: VCPU_NOT_ASSOCIATED on another processor and the second time", () => {
  const module = newModule();
  const { vcpus } = liveTd(module);
  assertEquals(hex(module.vp.flush(vcpus[0]!, 1).status), "8000070200000000");
  assertEquals(module.vp.flush(vcpus[0]!, 0).status, 0n);
  assertEquals(hex(module.vp.flush(vcpus[0]!, 0).status), "8000070200000000");
});

import { assertEquals, assertThrows } from "@std/assert";
import { GiB, runOf } from "@tdx/core";
import type { BuiltTd } from "../build_td.ts";
import type { TdxModule } from "../tdx_module.ts";
import { initialise, liveTd, newModule, says } from "../_fixtures_test.ts";

const TDVPR = 2 * GiB;

/** A TD that is initialised, and a TDVPR with so many further pages. */
function withTdvpr(module: TdxModule, tdcx: number): void {
  initialise(module);
  module.vp.create(TDVPR, 0);
  for (let i = 1; i <= tdcx; i++) module.vp.addcx(TDVPR + i * 4096, TDVPR);
}

Deno.test("vp.create() makes a free page a TDVPR", () => {
  const module = newModule();
  withTdvpr(module, 0);
  assertEquals(module.page(TDVPR)?.type, "TDVPR");
});

Deno.test("vp.addcx() checks the vCPU's state, its number of pages, then the page", () => {
  const module = newModule();
  withTdvpr(module, 0);
  const { vp } = module;
  assertEquals(says(vp.addcx(1, TDVPR)), "OPERAND_INVALID|RCX");
  for (let i = 1; i < 15; i++) assertEquals(vp.addcx(TDVPR + i * 4096, TDVPR).status, 0n);
  assertEquals(says(vp.addcx(1, TDVPR)), "TDCX_NUM_INCORRECT");
  vp.init(TDVPR, 0);
  assertEquals(says(vp.addcx(1, TDVPR)), "VCPU_STATE_INCORRECT");
});

Deno.test("vp.addcx() adds to the pages of its vCPU, in the order of the calls", () => {
  const module = newModule();
  withTdvpr(module, 0);
  const other = TDVPR + 64 * 4096;
  module.vp.create(other, 0);
  const pages = [9, 3, 4].map((page) => TDVPR + page * 4096);
  for (const page of pages) module.vp.addcx(page, TDVPR);
  module.vp.addcx(TDVPR + 5 * 4096, other);
  const { tdcsPages, vcpus } = module.td(0)!;
  assertEquals(vcpus.map(({ tdcx }) => tdcx), [pages, [TDVPR + 5 * 4096]]);
  assertEquals(tdcsPages, 6);
});

Deno.test("vp.init() TDCX_NUM_INCORRECT under 6 pages, VCPU_STATE_INCORRECT the second time", () => {
  const module = newModule();
  withTdvpr(module, 4);
  assertEquals(says(module.vp.init(TDVPR, 0)), "TDCX_NUM_INCORRECT");
  module.vp.addcx(TDVPR + 5 * 4096, TDVPR);
  assertEquals(module.vp.init(TDVPR, 0).status, 0n);
  assertEquals(says(module.vp.init(TDVPR, 0)), "VCPU_STATE_INCORRECT");
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
  const second = TDVPR + 32 * 4096;
  for (let i = 5; i <= 6; i++) module.vp.addcx(TDVPR + i * 4096, TDVPR);
  assertEquals(says(module.vp.enter(TDVPR, 3)), "OP_STATE_INCORRECT");
  module.vp.init(TDVPR, 3);
  module.vp.create(second, 0);
  const third = TDVPR + 64 * 4096;
  module.vp.create(third, 0);
  for (let i = 1; i <= 5; i++) module.vp.addcx(third + i * 4096, third);
  module.mr.finalize(0);
  assertEquals(says(module.vp.enter(second, 4)), "TDCX_NUM_INCORRECT");
  assertEquals(says(module.vp.enter(third, 4)), "VCPU_STATE_INCORRECT");
  assertEquals(module.vp.enter(TDVPR, 3).status, 0n);
});

Deno.test("vp.enter() M4: VCPU_STATE_INCORRECT for a vCPU that runs elsewhere", () => {
  const module = newModule();
  const { vcpus } = liveTd(module);
  module.vp.enter(vcpus[0]!, 0);
  assertEquals(says(module.vp.enter(vcpus[0]!, 7)), "VCPU_STATE_INCORRECT");
});

Deno.test("vp.enter() M4: refused for a busy epoch, it has associated the vCPU all the same", () => {
  const module = newModule();
  const { tdr, vcpus } = liveTd(module);
  module.vp.flush(vcpus[0]!, 0);
  module.lock({ tdr, part: "TD_EPOCH" });
  assertEquals(says(module.vp.enter(vcpus[0]!, 7)), "OPERAND_BUSY|TD_EPOCH");
  const [vcpu] = module.td(tdr)!.vcpus;
  assertEquals([vcpu?.lp, vcpu?.running], [7, false]);
  assertEquals(says(module.mem.track(tdr)), "OPERAND_BUSY|TD_EPOCH");
});

Deno.test("vp.enter() VCPU_ASSOCIATED on another processor, until it is flushed", () => {
  const module = newModule();
  const { tdr, vcpus } = liveTd(module);
  assertEquals(says(module.vp.enter(vcpus[0]!, 7)), "VCPU_ASSOCIATED");
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

Deno.test("the kick of a TD leaves other TDs running, and vCPUs associated", () => {
  const module = newModule();
  const one = liveTd(module);
  const other = liveTd(module, { hkid: 34, control: 100, memory: [runOf(2 ** 19, 1)] });
  module.vp.flush(other.vcpus[0]!, 0);
  module.vp.enter(one.vcpus[0]!, 0);
  module.vp.enter(one.vcpus[1]!, 1);
  module.vp.enter(other.vcpus[0]!, 2);
  module.kick(one.tdr);
  const running = ({ tdr }: BuiltTd) =>
    module.td(tdr)!.vcpus.map(({ lp, running }) => [lp, running]);
  assertEquals(running(one), [[0, false], [1, false]]);
  assertEquals(running(other), [[2, true], [1, false]]);
});

Deno.test("vp.flush() T1: OPERAND_BUSY|RCX while the vCPU is inside the TD", () => {
  const module = newModule();
  const { vcpus } = liveTd(module);
  module.vp.enter(vcpus[0]!, 0);
  assertEquals(says(module.vp.flush(vcpus[0]!, 1)), "OPERAND_BUSY|RCX");
});

Deno.test("vp.flush() T1: TDCX_NUM_INCORRECT for a vCPU without its pages", () => {
  const module = newModule();
  withTdvpr(module, 4);
  assertEquals(says(module.vp.flush(TDVPR, 0)), "TDCX_NUM_INCORRECT");
});

Deno.test("vp.flush() T1: VCPU_NOT_ASSOCIATED on another processor and the second time", () => {
  const module = newModule();
  const { vcpus } = liveTd(module);
  assertEquals(says(module.vp.flush(vcpus[0]!, 1)), "VCPU_NOT_ASSOCIATED");
  assertEquals(module.vp.flush(vcpus[0]!, 0).status, 0n);
  assertEquals(says(module.vp.flush(vcpus[0]!, 0)), "VCPU_NOT_ASSOCIATED");
});

import { assertEquals } from "@std/assert";
import { PAGE_BYTES, runOf } from "@tdx/core";
import { liveTd, newModule, says } from "../_fixtures_test.ts";
import { checkInvariants } from "../check_invariants.ts";
import type { TdxModule } from "../tdx_module.ts";

const GPA = 0;
const GUEST = runOf(2 ** 18, 2);

/** A teardown in which every part of the module's memory changes: what each call answers. */
const CALLS: readonly ((module: TdxModule, tdr: number, vcpus: readonly number[]) => string)[] = [
  (module, _, [tdvpr]) => says(module.vp.enter(tdvpr!, 0)),
  (module, tdr) => says(module.mem.rangeBlock(tdr, GPA, 0)),
  (module, tdr) => says(module.mem.track(tdr)),
  (module, tdr) => says(module.mem.pageRemove(tdr, GPA, 0)),
  (module, tdr) => `kick ${module.kick(tdr)}`,
  (module, tdr) => says(module.mem.pageRemove(tdr, GPA, 0)),
  (module, _, [tdvpr]) => says(module.vp.flush(tdvpr!, 0)),
  (module, tdr) => says(module.mng.vpflushdone(tdr)),
  (module, _, [, tdvpr]) => says(module.vp.flush(tdvpr!, 1)),
  (module, tdr) => says(module.mng.vpflushdone(tdr)),
  (module) => says(module.phymem.cacheWb(1, 0)),
  (module) => says(module.phymem.cacheWb(0, 0)),
  (module, tdr) => says(module.mng.keyFreeid(tdr)),
  (module) => says(module.phymem.cacheWb(0, 1)),
  (module) => says(module.phymem.cacheWb(1, 1)),
  (module, tdr) => says(module.mng.keyFreeid(tdr)),
  (module) => says(module.phymem.pageReclaim((2 ** 18 + 1) * PAGE_BYTES)),
  (module) => says(module.mng.create(100 * PAGE_BYTES, 33)),
  (module) => says(module.mng.keyConfig(100 * PAGE_BYTES, 0)),
  (module) => says(module.mng.keyConfig(100 * PAGE_BYTES, 1)),
];

for (const dynamicPamt of [false, true]) {
  Deno.test(`restore() takes a module back to any time, Dynamic PAMT ${dynamicPamt}`, () => {
    const module = newModule({ dynamicPamt });
    const { tdr, vcpus } = liveTd(module, { memory: [GUEST] });
    module.inject({ interrupts: 1 });
    const before = CALLS.map((call) => {
      const snapshot = module.snapshot();
      return { call, snapshot, answer: call(module, tdr, vcpus) };
    });
    assertEquals(
      before.map(({ answer }) => answer),
      [
        "SUCCESS",
        "SUCCESS",
        "SUCCESS",
        "TLB_TRACKING_NOT_DONE|RCX",
        "kick undefined",
        "SUCCESS",
        "SUCCESS",
        "FLUSHVP_NOT_DONE",
        "SUCCESS",
        "SUCCESS",
        "INTERRUPTED_RESUMABLE",
        "INTERRUPTED_RESUMABLE",
        "WBCACHE_NOT_COMPLETE",
        "SUCCESS",
        "SUCCESS",
        "SUCCESS",
        "SUCCESS",
        "SUCCESS",
        "SUCCESS",
        "SUCCESS",
      ],
    );
    const last = module.snapshot();
    // Backwards, in another module of the same make.
    const other = newModule({ dynamicPamt });
    other.inject({ interrupts: 1 });
    let after = last;
    for (const { call, snapshot, answer } of before.toReversed()) {
      other.restore(snapshot);
      assertEquals(checkInvariants(other), []);
      assertEquals(JSON.stringify(other.snapshot()), JSON.stringify(snapshot));
      assertEquals(call(other, tdr, vcpus), answer);
      assertEquals(JSON.stringify(other.snapshot()), JSON.stringify(after));
      after = snapshot;
    }
  });
}

// Random SEAMCALLs, sensible or not: what must hold of a module holds after each, and one that is
// refused changes nothing.
import { assertEquals } from "@std/assert";
import { MiB, PAGE_BYTES, runOf } from "@tdx/core";
import fc from "fast-check";
import { checkInvariants } from "./check_invariants.ts";
import type { TdxModule } from "./tdx_module.ts";
import { look, newModule, tearDown } from "./_fixtures_test.ts";
import { buildTd } from "./build_td.ts";

/** The frames that the calls are about: two places for control pages, one for guest pages. */
const CONTROL = [0, 64];
const GUEST_FRAMES = 512;
const FRAMES = [...Array(30).keys(), ...Array(30).keys().map((i) => 64 + i)];
const GUESTS = Array.from({ length: 8 }, (_, i) => GUEST_FRAMES + i);

const PAIR_FRAMES = 1536;
/** A 2 MiB guest page, and the frames that it is looked at in. */
const HUGE_FRAMES = 2048;
const HUGE_GPA = 4 * MiB;

const WATCHED = [...FRAMES, ...GUESTS, PAIR_FRAMES, HUGE_FRAMES];

const frame = fc.constantFrom(0, 0, 0, 64, 64, ...FRAMES, ...GUESTS);
const tdr = fc.constantFrom(0, 0, 0, 64 * PAGE_BYTES);
/** Where buildTd() puts the TDVPRs of the two vCPUs, and others. */
const tdvpr = fc.constantFrom(7, 7, 13, 71, 77, 20).map((frame) => frame * PAGE_BYTES);
const pa = frame.map((frame) => frame * PAGE_BYTES);
const gpa = fc.nat(9).map((page) => page * PAGE_BYTES);
const anyGpa = fc.oneof(gpa, fc.constant(HUGE_GPA));
const level = fc.constantFrom(0, 0, 0, 1, 2, 3);
const hkid = fc.constantFrom(32, 33, 33, 34);
const lp = fc.nat(2);
const pkg = fc.nat(1);
const region = fc.constantFrom(0, 0, 512, 512, 1024).map((frame) => frame * PAGE_BYTES);
/** Pages for pairs, in a region of their own, and others. */
const pairPage = fc.oneof(fc.nat(7).map((i) => (PAIR_FRAMES + i) * PAGE_BYTES), pa);
const pages = fc.oneof(
  pa,
  fc.tuple(frame, fc.integer({ min: 1, max: 20 })).map(([frame, count]) => runOf(frame, count)),
);
const few = fc.integer({ min: 1, max: 5 });

/** A call, and how a report shows it. */
interface Call {
  readonly name: string;
  readonly run: (module: TdxModule) => { status: bigint } | void;
}

function call<T extends unknown[]>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (module: TdxModule, ...values: T) => { status: bigint } | void,
): fc.Arbitrary<Call> {
  return values.map((values) => ({
    name: `${name}(${values.map((value) => JSON.stringify(value)).join(", ")})`,
    run: (module: TdxModule) => run(module, ...values),
  }));
}

const t = fc.tuple;
const leaves: fc.Arbitrary<Call>[] = [
  call("TDH.MNG.CREATE", t(pa, hkid), (m, ...a) => m.mng.create(...a)),
  call("TDH.MNG.KEY.CONFIG", t(tdr, pkg), (m, ...a) => m.mng.keyConfig(...a)),
  call("TDH.MNG.ADDCX", t(pa, tdr), (m, ...a) => m.mng.addcx(...a)),
  call("TDH.MNG.INIT", t(tdr), (m, ...a) => m.mng.init(...a)),
  call("TDH.MR.FINALIZE", t(tdr), (m, ...a) => m.mr.finalize(...a)),
  call("TDH.VP.CREATE", t(pa, tdr), (m, ...a) => m.vp.create(...a)),
  call("TDH.VP.ADDCX", t(pa, tdvpr), (m, ...a) => m.vp.addcx(...a)),
  call("TDH.VP.INIT", t(tdvpr, lp), (m, ...a) => m.vp.init(...a)),
  call("TDH.VP.ENTER", t(tdvpr, lp), (m, ...a) => m.vp.enter(...a)),
  call("TDH.VP.FLUSH", t(tdvpr, lp), (m, ...a) => m.vp.flush(...a)),
  call("TDH.MEM.SEPT.ADD", t(tdr, gpa, level, pages), (m, ...a) => m.mem.septAdd(...a)),
  call("TDH.MEM.PAGE.ADD", t(tdr, gpa, pages), (m, ...a) => m.mem.pageAdd(...a)),
  call("TDH.MEM.PAGE.AUG", t(tdr, gpa, level, pages), (m, ...a) => m.mem.pageAug(...a)),
  call("TDH.MEM.RANGE.BLOCK", t(tdr, gpa, level, few), (m, ...a) => m.mem.rangeBlock(...a)),
  call(
    "TDH.MEM.RANGE.BLOCK",
    t(tdr, gpa, fc.constant(0), few),
    (m, ...a) => m.mem.rangeBlock(...a),
  ),
  call("TDH.MEM.TRACK", t(tdr, few), (m, ...a) => m.mem.track(...a)),
  call("TDH.MEM.PAGE.REMOVE", t(tdr, gpa, level, few), (m, ...a) => m.mem.pageRemove(...a)),
  call(
    "TDH.MEM.PAGE.REMOVE",
    t(tdr, gpa, fc.constant(0), few),
    (m, ...a) => m.mem.pageRemove(...a),
  ),
  call("TDH.MEM.SEPT.REMOVE", t(tdr, gpa, level), (m, ...a) => m.mem.septRemove(...a)),
  call("TDH.MEM.RANGE.UNBLOCK", t(tdr, anyGpa, level, few), (m, ...a) => m.mem.rangeUnblock(...a)),
  call(
    "TDH.MEM.PAGE.DEMOTE",
    t(tdr, anyGpa, level, pa, t(pairPage, pairPage)),
    (m, ...a) => m.mem.pageDemote(...a),
  ),
  call("TDH.MEM.PAGE.PROMOTE", t(tdr, anyGpa, level), (m, ...a) => m.mem.pagePromote(...a)),
  call(
    "TDH.PHYMEM.PAMT.ADD",
    t(region, pairPage, pairPage),
    (m, ...a) => m.phymem.pamtAdd(...a),
  ),
  call("TDH.PHYMEM.PAMT.REMOVE", t(region), (m, ...a) => m.phymem.pamtRemove(...a)),
  call("TDH.MNG.VPFLUSHDONE", t(tdr), (m, ...a) => m.mng.vpflushdone(...a)),
  call("TDH.PHYMEM.CACHE.WB", t(pkg, fc.nat(2)), (m, ...a) => m.phymem.cacheWb(...a)),
  call("TDH.MNG.KEY.FREEID", t(tdr), (m, ...a) => m.mng.keyFreeid(...a)),
  call("TDH.PHYMEM.PAGE.RECLAIM", t(pages), (m, ...a) => m.phymem.pageReclaim(...a)),
  call("TDH.PHYMEM.PAGE.WBINVD", t(pages, hkid), (m, ...a) => m.phymem.pageWbinvd(...a)),
];

/** Leaves that succeeded as part of one of the steps below. */
const noted = new Set<string>();

function note(leaf: string, { status }: { status: bigint }): void {
  if (status === 0n) noted.add(leaf);
}

function blockHugePage(module: TdxModule, tdr: number): void {
  module.kick(tdr);
  module.mem.rangeBlock(tdr, HUGE_GPA, 1);
  module.mem.track(tdr);
}

/** What brings a module far, which single random calls seldom do. */
const others: fc.Arbitrary<Call>[] = [
  call("buildTd", t(fc.constantFrom(...CONTROL), fc.constantFrom(33, 34)), (m, control, hkid) => {
    const free = GUESTS.filter((frame) => m.page(frame * PAGE_BYTES)?.type === "NDA").slice(0, 3);
    const memory = free.map((frame) => runOf(frame, 1));
    attempt(m, () => void buildTd(m, { hkid, control, vcpus: 2, memory }));
  }),
  call("flushAll", t(tdr), (m, tdr) => {
    m.kick(tdr);
    m.td(tdr)?.vcpus.forEach(({ tdvpr, lp }) => attempt(m, () => m.vp.flush(tdvpr, lp ?? 0)));
  }),
  call("blockAndTrack", t(tdr, gpa, few), (m, tdr, gpa, pages) => {
    m.kick(tdr);
    m.mem.rangeBlock(tdr, gpa, 0, pages);
    m.mem.track(tdr);
  }),
  call("addHugePage", t(tdr), (m, tdr) => {
    attempt(m, () => {
      for (const level of [3, 2]) {
        note("TDH.MEM.SEPT.ADD", m.mem.septAdd(tdr, 0, level, (30 + level) * PAGE_BYTES));
      }
      note("TDH.MEM.PAGE.AUG", m.mem.pageAug(tdr, HUGE_GPA, 1, HUGE_FRAMES * PAGE_BYTES));
      m.accept(tdr, HUGE_GPA, 1);
    });
  }),
  call("splitHugePage", t(tdr, fc.boolean()), (m, tdr, join) => {
    blockHugePage(m, tdr);
    const pair = [PAIR_FRAMES + 20, PAIR_FRAMES + 21].map((frame) => frame * PAGE_BYTES);
    const sept = 40 * PAGE_BYTES;
    const demoted = m.mem.pageDemote(tdr, HUGE_GPA, 1, sept, pair as [number, number]);
    note("TDH.MEM.PAGE.DEMOTE", demoted);
    if (!join) return;
    blockHugePage(m, tdr);
    note("TDH.MEM.PAGE.PROMOTE", m.mem.pagePromote(tdr, HUGE_GPA, 1));
  }),
  call("unblockHugePage", t(tdr), (m, tdr) => {
    blockHugePage(m, tdr);
    note("TDH.MEM.RANGE.UNBLOCK", m.mem.rangeUnblock(tdr, HUGE_GPA, 1));
  }),
  call("removeTable", t(tdr), (m, tdr) => {
    attempt(m, () => {
      m.mem.septAdd(tdr, 2 * MiB, 1, 41 * PAGE_BYTES);
      m.kick(tdr);
      m.mem.rangeBlock(tdr, 2 * MiB, 1);
      m.mem.track(tdr);
      note("TDH.MEM.SEPT.REMOVE", m.mem.septRemove(tdr, 2 * MiB, 1));
    });
  }),
  call("initialise", t(fc.constantFrom(...CONTROL), fc.constantFrom(33, 34)), (m, first, hkid) => {
    const [tdr, vcpu] = [first, first + 7].map((frame) => frame * PAGE_BYTES) as [number, number];
    note("TDH.MNG.CREATE", m.mng.create(tdr, hkid));
    for (const pkg of [0, 1]) note("TDH.MNG.KEY.CONFIG", m.mng.keyConfig(tdr, pkg));
    for (let i = 1; i <= 6; i++) {
      note("TDH.MNG.ADDCX", m.mng.addcx(tdr + i * PAGE_BYTES, tdr));
    }
    note("TDH.MNG.INIT", m.mng.init(tdr));
    note("TDH.VP.CREATE", m.vp.create(vcpu, tdr));
    for (let i = 1; i <= 5; i++) note("TDH.VP.ADDCX", m.vp.addcx(vcpu + i * PAGE_BYTES, vcpu));
    attempt(m, () => note("TDH.VP.INIT", m.vp.init(vcpu, 2)));
    for (const level of [3, 2, 1]) m.mem.septAdd(tdr, 0, level, vcpu + (5 + level) * PAGE_BYTES);
    note("TDH.MEM.PAGE.ADD", m.mem.pageAdd(tdr, 0, GUESTS.at(-1)! * PAGE_BYTES));
  }),
  call("finalize", t(tdr), (m, tdr) => note("TDH.MR.FINALIZE", m.mr.finalize(tdr))),
  call("pair", t(fc.constantFrom(1024, 2048)), (m, frame) => {
    const [first, second] = [PAIR_FRAMES + 30, PAIR_FRAMES + 31].map((page) => page * PAGE_BYTES);
    note("TDH.PHYMEM.PAMT.ADD", m.phymem.pamtAdd(frame * PAGE_BYTES, first!, second!));
    note("TDH.PHYMEM.PAMT.REMOVE", m.phymem.pamtRemove(frame * PAGE_BYTES));
  }),
  call("tearDown", t(tdr), (m, tdr) => {
    const vcpus = m.td(tdr)?.vcpus.map(({ tdvpr }) => tdvpr) ?? [];
    attempt(m, () => tearDown(m, { tdr, vcpus, controlPages: 0, guestPages: 0 }));
  }),
  call("kick", t(tdr), (m, tdr) => m.kick(tdr)),
  call("accept", t(tdr, gpa, few), (m, tdr, gpa, pages) => void m.accept(tdr, gpa, 0, pages)),
  call("inject", t(fc.nat(50), fc.nat(1)), (m, gap, interrupts) => {
    m.inject({ busyAfter: () => gap === 0 ? Infinity : gap, interrupts });
  }),
];

/** A leaf while another SEAMCALL holds the lock of a page. */
const locked = t(pa, fc.oneof(...leaves)).map(([pa, leaf]): Call => ({
  name: `${leaf.name} with ${pa} locked`,
  run: (module) => {
    module.lock(pa);
    try {
      return leaf.run(module);
    } finally {
      module.unlock(pa);
    }
  },
}));

const calls = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...leaves) },
    { weight: 3, arbitrary: fc.oneof(...others) },
    { weight: 1, arbitrary: locked },
  ),
  { minLength: 60, maxLength: 80 },
);

/** Leaves that random calls never bring to success, without Dynamic PAMT and with it. */
const NEVER: Readonly<Record<string, readonly string[]>> = {
  false: ["TDH.PHYMEM.PAMT.ADD", "TDH.PHYMEM.PAMT.REMOVE"],
  true: [],
};

for (const dynamicPamt of [false, true]) {
  const name = `${dynamicPamt ? "with" : "without"} Dynamic PAMT`;
  Deno.test(`TdxModule ${name} keeps its invariants whatever is called, and a refusal changes no metadata`, () => {
    keepsInvariants(dynamicPamt);
  });
}

function keepsInvariants(dynamicPamt: boolean): void {
  noted.clear();
  const issued = new Set<string>();
  const seen = new Set<string>();
  fc.assert(
    fc.property(calls, (calls) => {
      const module = newModule({ dynamicPamt });
      // So that buildTd() puts its pages at the same places.
      [0, GUEST_FRAMES].forEach((frame, i) => {
        const pair = (PAIR_FRAMES + 40 + 2 * i) * PAGE_BYTES;
        module.phymem.pamtAdd(frame * PAGE_BYTES, pair, pair + PAGE_BYTES);
      });
      buildTd(module, { hkid: 33, control: 0, vcpus: 2, memory: [runOf(GUEST_FRAMES, 4)] });
      let before = look(module, WATCHED);
      for (const { name, run } of calls) {
        const counts = { ...module.calls };
        const result = attempt(module, run);
        assertEquals(checkInvariants(module), [], name);
        const after = look(module, WATCHED);
        for (const leaf of Object.keys(module.calls)) issued.add(leaf);
        if (result === 0n) seen.add(name.slice(0, name.indexOf("(")));
        // M4 and M6: these have associated the vCPU, or written the page, before they refuse.
        else if (
          result !== "done" && !/^TDH\.(MNG\.ADDCX|VP\.ENTER|MEM\.PAGE\.DEMOTE)/.test(name)
        ) {
          assertEquals(after, before, name);
        }
        before = after;
        if (result === "thrown") assertEquals({ ...module.calls }, counts, name);
      }
    }),
    { numRuns: 250, seed: 20_250_705 },
  );
  // The test is worth something only where the leaves succeed now and then.
  const never = [...issued].filter((leaf) => !seen.has(leaf) && !noted.has(leaf));
  assertEquals(never.sort(), NEVER[`${dynamicPamt}`]);
}

/** Runs a call: the status of a leaf, or whether it threw; anything else is done for good or ill. */
function attempt(module: TdxModule, run: Call["run"]): bigint | "thrown" | "done" {
  try {
    return run(module)?.status ?? "done";
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return "thrown";
  }
}

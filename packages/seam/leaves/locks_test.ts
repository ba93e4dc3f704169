// M10 and the module's source: which locks each SEAMCALL takes, alone or together with others.
import { assertEquals } from "@std/assert";
import { GiB, MiB, PAGE_BYTES, runOf } from "@tdx/core";
import { block, initialise, liveTd, newModule, says, tearDown } from "../_fixtures_test.ts";
import type { BuiltTd } from "../build_td.ts";
import type { LockedPart } from "../state/_page_locks.ts";
import type { TdxModule } from "../tdx_module.ts";
import type { SeamcallResult } from "./results.ts";

const FREE = 3 * GiB;
const VCPU = 20 * PAGE_BYTES;
/** Where the TD's guest pages begin. */
const GUEST_PAGE = GiB;
const PARTS = ["KOT", "SEPT_TREE", "TD_EPOCH", "OP_STATE"] as const;

const created = ({ mng }: TdxModule) => void mng.create(0, 33);
const keyed = (module: TdxModule) => {
  created(module);
  for (let pkg = 0; pkg < module.packages; pkg++) module.mng.keyConfig(0, pkg);
};
const withTdcs = (module: TdxModule) => {
  keyed(module);
  for (let i = 1; i <= 6; i++) module.mng.addcx(i * PAGE_BYTES, 0);
};
const withVcpu = (pages: number) => (module: TdxModule) => {
  initialise(module);
  module.vp.create(VCPU, 0);
  for (let i = 1; i <= pages; i++) module.vp.addcx(VCPU + i * PAGE_BYTES, VCPU);
};
const finalisable = (module: TdxModule) => {
  withVcpu(5)(module);
  module.vp.init(VCPU, 0);
};
const live = (module: TdxModule) => void liveTd(module);
const tracked = (level: number, by?: { level?: 1; frames?: number }) => (module: TdxModule) => {
  const { level: pages = 0, frames = 512 } = by ?? {};
  liveTd(module, { memory: [runOf(GiB / PAGE_BYTES, frames)], level: pages });
  module.mem.rangeBlock(0, 0, level);
  module.mem.track(0);
};
const flushed = (module: TdxModule) => {
  const { vcpus } = liveTd(module);
  vcpus.forEach((tdvpr, lp) => module.vp.flush(tdvpr, lp));
};
const at = (reach: (module: TdxModule, td: BuiltTd) => void) => (module: TdxModule) =>
  reach(module, liveTd(module));
const writtenBack = (module: TdxModule) => {
  block(module, liveTd(module));
  for (let pkg = 0; pkg < module.packages; pkg++) module.phymem.cacheWb(pkg, 0);
};
const emptied = (module: TdxModule) => {
  liveTd(module, { memory: [runOf(GiB / PAGE_BYTES, 1)] });
  module.mem.rangeBlock(0, 0, 0);
  module.mem.track(0);
  module.mem.pageRemove(0, 0, 0);
};
const blockedEmpty = (module: TdxModule) => {
  emptied(module);
  module.mem.rangeBlock(0, 0, 1);
  module.mem.track(0);
};
const vcpuOf = (module: TdxModule) => module.td(0)!.vcpus[0]!.tdvpr;

/** A leaf, the stage it is for, how it is called; the locks by which it takes them. */
const LEAVES: readonly (readonly [
  leaf: string,
  stage: (module: TdxModule) => void,
  call: (module: TdxModule) => SeamcallResult,
  /** The TDR's operand where it is locked alone; "shared" where a running vCPU does not mind. */
  tdr: "RCX" | "RDX" | "shared" | "none",
  parts: Partial<Record<typeof PARTS[number], "exclusive" | "shared">>,
  /** Pages it locks besides, with their operands. */
  pages?: Readonly<Record<number, string>>,
])[] = [
  ["MNG.CREATE", () => {}, (m) => m.mng.create(FREE, 34), "none", { KOT: "exclusive" }, {
    [FREE]: "RCX",
  }],
  ["MNG.KEY.CONFIG", created, (m) => m.mng.keyConfig(0, 0), "RCX", {}],
  ["MNG.ADDCX", keyed, (m) => m.mng.addcx(FREE, 0), "RDX", {}, { [FREE]: "RCX" }],
  ["MNG.INIT", withTdcs, (m) => m.mng.init(0), "RCX", { OP_STATE: "exclusive" }],
  ["MR.FINALIZE", finalisable, (m) => m.mr.finalize(0), "RCX", { OP_STATE: "exclusive" }],
  ["VP.CREATE", initialise, (m) => m.vp.create(FREE, 0), "shared", { OP_STATE: "shared" }, {
    [FREE]: "RCX",
  }],
  [
    "VP.ADDCX",
    withVcpu(4),
    (m) => m.vp.addcx(FREE, VCPU),
    "shared",
    { OP_STATE: "shared" },
    { [FREE]: "RCX", [VCPU]: "RDX", 0: "TDR" },
  ],
  ["VP.INIT", withVcpu(5), (m) => m.vp.init(VCPU, 0), "shared", { OP_STATE: "shared" }, {
    [VCPU]: "RCX",
    0: "TDR",
  }],
  ["VP.ENTER", live, (m) => m.vp.enter(vcpuOf(m), 0), "shared", {
    OP_STATE: "shared",
    TD_EPOCH: "shared",
  }, { 0: "TDR" }],
  ["VP.FLUSH", live, (m) => m.vp.flush(vcpuOf(m), 0), "shared", {}, { 0: "TDR" }],
  [
    "MEM.SEPT.ADD",
    live,
    (m) => m.mem.septAdd(0, 2 * MiB, 1, FREE),
    "shared",
    { OP_STATE: "shared", SEPT_TREE: "shared" },
    { [FREE]: "R8", 0: "RDX" },
  ],
  [
    "MEM.PAGE.ADD",
    initialise,
    (m) => m.mem.pageAdd(0, 0, FREE),
    "RDX",
    { OP_STATE: "exclusive", SEPT_TREE: "shared" },
    { [FREE]: "R8" },
  ],
  [
    "MEM.PAGE.AUG",
    emptied,
    (m) => m.mem.pageAug(0, PAGE_BYTES, 0, FREE),
    "shared",
    { OP_STATE: "shared", SEPT_TREE: "shared" },
    { [FREE]: "R8", 0: "RDX" },
  ],
  ["MEM.RANGE.BLOCK", live, (m) => m.mem.rangeBlock(0, 0, 0), "shared", {
    OP_STATE: "shared",
    SEPT_TREE: "exclusive",
  }, { 0: "RDX" }],
  ["MEM.TRACK", live, (m) => m.mem.track(0), "shared", {
    OP_STATE: "shared",
    TD_EPOCH: "exclusive",
  }, { 0: "RCX" }],
  [
    "MEM.PAGE.REMOVE",
    tracked(0),
    (m) => m.mem.pageRemove(0, 0, 0),
    "shared",
    { OP_STATE: "shared", SEPT_TREE: "shared" },
    { [GUEST_PAGE]: "RCX", 0: "RDX" },
  ],
  ["MEM.RANGE.UNBLOCK", tracked(0), (m) => m.mem.rangeUnblock(0, 0, 0), "shared", {
    OP_STATE: "shared",
    SEPT_TREE: "exclusive",
  }],
  ["MEM.SEPT.REMOVE", blockedEmpty, (m) => m.mem.septRemove(0, 0, 1), "shared", {
    OP_STATE: "shared",
    SEPT_TREE: "exclusive",
  }],
  [
    "MEM.PAGE.DEMOTE",
    tracked(1, { level: 1 }),
    (m) => m.mem.pageDemote(0, 0, 1, FREE),
    "shared",
    { OP_STATE: "shared", SEPT_TREE: "shared" },
    { [FREE]: "R8", [GUEST_PAGE]: "RCX" },
  ],
  ["MEM.PAGE.PROMOTE", tracked(1), (m) => m.mem.pagePromote(0, 0, 1), "shared", {
    OP_STATE: "shared",
    SEPT_TREE: "shared",
  }],
  ["MNG.VPFLUSHDONE", flushed, (m) => m.mng.vpflushdone(0), "RCX", { KOT: "exclusive" }],
  ["PHYMEM.CACHE.WB", at(block), (m) => m.phymem.cacheWb(0, 0), "none", { KOT: "shared" }],
  ["MNG.KEY.FREEID", writtenBack, (m) => m.mng.keyFreeid(0), "RCX", { KOT: "exclusive" }],
  ["PHYMEM.PAGE.RECLAIM", at(tearDown), (m) => m.phymem.pageReclaim(GUEST_PAGE), "shared", {}, {
    [GUEST_PAGE]: "RCX",
    0: "TDR",
  }],
  ["PHYMEM.PAGE.WBINVD", live, (m) => m.phymem.pageWbinvd(FREE, 33), "none", {}, {
    [FREE]: "RCX",
  }],
];

for (const [leaf, stage, call, tdr, parts, pages = {}] of LEAVES) {
  const staged = () => {
    const module = newModule();
    stage(module);
    return module;
  };
  const saysWith = (what: number | LockedPart, mode: "exclusive" | "shared") => {
    const module = staged();
    module.lock(what, mode);
    return says(call(module));
  };

  Deno.test(`TDH.${leaf} takes the locks of the module, alone or together with others (M10)`, () => {
    assertEquals(says(call(staged())), "SUCCESS");
    for (const name of PARTS) {
      for (const mode of ["exclusive", "shared"] as const) {
        const wanted = parts[name];
        const isBusy = wanted !== undefined && (wanted === "exclusive" || mode === "exclusive");
        const expected = isBusy ? `OPERAND_BUSY|${name}` : "SUCCESS";
        const part = name === "KOT" ? name : { tdr: 0, part: name };
        assertEquals(saysWith(part, mode), expected, `${name}, held ${mode}`);
      }
    }
    for (const [pa, operand] of Object.entries(pages)) {
      assertEquals(saysWith(Number(pa), "exclusive"), `OPERAND_BUSY|${operand}`, pa);
    }
    if (tdr === "none") return;
    if (tdr !== "shared") assertEquals(saysWith(0, "exclusive"), `OPERAND_BUSY|${tdr}`);
    // A running vCPU holds its TDR together with others.
    const running = newModule();
    const { vcpus } = liveTd(running);
    running.vp.enter(vcpus[1]!, 1);
    const isAlone = says(call(running)) === `OPERAND_BUSY|${tdr}`;
    assertEquals(isAlone, tdr !== "shared");
  });
}

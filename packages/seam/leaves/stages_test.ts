// The checks that leaves share: of the page that names the TD or the vCPU, and of the TD's stage.
import { assertEquals } from "@std/assert";
import { GiB, PAGE_BYTES } from "@tdx/core";
import { newModule, says } from "../_fixtures_test.ts";
import type { TdxModule } from "../tdx_module.ts";
import type { SeamcallResult } from "./results.ts";

const TDR = 0;
const TDVPR = 20 * PAGE_BYTES;
/** A reserved page, which a leaf that wants a free one comes to last. */
const USED = 1000 * PAGE_BYTES;

/** Ways from stage to stage: no TD, keys, TDCS, initialised, finalised, BLOCKED, TEARDOWN. */
const STAGES: readonly ((module: TdxModule) => void)[] = [
  () => {},
  ({ mng }) => mng.create(TDR, 33),
  ({ mng }) => [0, 1].forEach((pkg) => mng.keyConfig(TDR, pkg)),
  ({ mng }) => [1, 2, 3, 4, 5, 6].forEach((i) => mng.addcx(i * PAGE_BYTES, TDR)),
  ({ mng, vp }) => {
    mng.init(TDR);
    vp.create(TDVPR, TDR);
    [1, 2, 3, 4, 5].forEach((i) => vp.addcx(TDVPR + i * PAGE_BYTES, TDVPR));
  },
  ({ mr, vp }) => {
    vp.init(TDVPR, 0);
    mr.finalize(TDR);
    vp.flush(TDVPR, 0);
  },
  ({ mng }) => mng.vpflushdone(TDR),
  ({ mng, phymem }) => {
    [0, 1].forEach((pkg) => phymem.cacheWb(pkg, 0));
    mng.keyFreeid(TDR);
  },
];

/** What a leaf says at each stage, in the words below. */
const SAYS = `
leaf                    none HKID keys TDCS init run  BLOCKED TEARDOWN
TDH.MNG.KEY.CONFIG      RCX  ok   life life life life life    life
TDH.MNG.ADDCX           RDX  keys RCX  RCX  RCX  RCX  keys    keys
TDH.MNG.INIT            RCX  keys TDCS ok   op   op   keys    keys
TDH.MNG.VPFLUSHDONE     RCX  ok   ok   ok   ok   ok   life    life
TDH.MNG.KEY.FREEID      RCX  life life life life life cache   life
TDH.MR.FINALIZE         RCX  keys TDCS op   none op   keys    keys
TDH.VP.CREATE           RDX  keys TDCS op   RCX  op   keys    keys
TDH.VP.ADDCX            RDX  RDX  RDX  RDX  RCX  op   keys    keys
TDH.VP.INIT             RCX  RCX  RCX  RCX  ok   op   keys    keys
TDH.VP.ENTER            RCX  RCX  RCX  RCX  op   ok   keys    keys
TDH.VP.FLUSH            RCX  RCX  RCX  RCX  lp   lp   keys    keys
TDH.MEM.SEPT.ADD        RDX  keys TDCS op   walk walk keys    keys
TDH.MEM.PAGE.ADD        RDX  keys TDCS op   walk op   keys    keys
TDH.MEM.PAGE.AUG        RDX  keys TDCS op   walk walk keys    keys
TDH.MEM.RANGE.BLOCK     RDX  keys TDCS op   walk walk keys    keys
TDH.MEM.TRACK           RCX  keys TDCS op   ok   ok   keys    keys
TDH.MEM.PAGE.REMOVE     RDX  keys TDCS op   walk walk keys    keys
TDH.PHYMEM.PAGE.RECLAIM RCX  life life life life life life    pages
`;

const WORDS: Readonly<Record<string, string>> = {
  ok: "SUCCESS",
  RCX: "PAGE_METADATA_INCORRECT|RCX",
  RDX: "PAGE_METADATA_INCORRECT|RDX",
  life: "LIFECYCLE_STATE_INCORRECT",
  keys: "TD_KEYS_NOT_CONFIGURED",
  TDCS: "TDCS_NOT_ALLOCATED",
  op: "OP_STATE_INCORRECT",
  walk: "EPT_WALK_FAILED|RCX",
  none: "NO_VCPUS",
  lp: "VCPU_NOT_ASSOCIATED",
  cache: "WBCACHE_NOT_COMPLETE",
  pages: "TD_ASSOCIATED_PAGES_EXIST",
};

/** The leaves, given the address of the TDR, or for some of a TDVPR, that they are about. */
type Leaf = (module: TdxModule, address?: number) => SeamcallResult;
const LEAVES: Readonly<Record<string, Leaf>> = {
  "TDH.MNG.KEY.CONFIG": ({ mng }, tdr = TDR) => mng.keyConfig(tdr, 0),
  "TDH.MNG.ADDCX": ({ mng }, tdr = TDR) => mng.addcx(USED, tdr),
  "TDH.MNG.INIT": ({ mng }, tdr = TDR) => mng.init(tdr),
  "TDH.MNG.VPFLUSHDONE": ({ mng }, tdr = TDR) => mng.vpflushdone(tdr),
  "TDH.MNG.KEY.FREEID": ({ mng }, tdr = TDR) => mng.keyFreeid(tdr),
  "TDH.MR.FINALIZE": ({ mr }, tdr = TDR) => mr.finalize(tdr),
  "TDH.VP.CREATE": ({ vp }, tdr = TDR) => vp.create(USED, tdr),
  "TDH.VP.ADDCX": ({ vp }, tdvpr = TDVPR) => vp.addcx(USED, tdvpr),
  "TDH.VP.INIT": ({ vp }, tdvpr = TDVPR) => vp.init(tdvpr, 0),
  "TDH.VP.ENTER": ({ vp }, tdvpr = TDVPR) => vp.enter(tdvpr, 0),
  "TDH.VP.FLUSH": ({ vp }, tdvpr = TDVPR) => vp.flush(tdvpr, 0),
  "TDH.MEM.SEPT.ADD": ({ mem }, tdr = TDR) => mem.septAdd(tdr, 0, 2, USED),
  "TDH.MEM.PAGE.ADD": ({ mem }, tdr = TDR) => mem.pageAdd(tdr, 0, USED),
  "TDH.MEM.PAGE.AUG": ({ mem }, tdr = TDR) => mem.pageAug(tdr, 0, 0, USED),
  "TDH.MEM.RANGE.BLOCK": ({ mem }, tdr = TDR) => mem.rangeBlock(tdr, 0, 0),
  "TDH.MEM.TRACK": ({ mem }, tdr = TDR) => mem.track(tdr),
  "TDH.MEM.PAGE.REMOVE": ({ mem }, tdr = TDR) => mem.pageRemove(tdr, 0, 0),
  "TDH.PHYMEM.PAGE.RECLAIM": ({ phymem }, tdr = TDR) => phymem.pageReclaim(tdr),
};

function moduleAt(stage: number): TdxModule {
  const module = newModule({ reserved: [{ base: USED, size: PAGE_BYTES }] });
  STAGES.slice(0, stage + 1).forEach((go) => go(module));
  return module;
}

const RUNNABLE = 5;

for (const row of SAYS.trim().split("\n").slice(1)) {
  const [name, ...words] = row.split(/ +/);
  const leaf = LEAVES[name!]!;

  Deno.test(`${name} at each stage of a TD`, () => {
    const said = STAGES.map((_, stage) => says(leaf(moduleAt(stage))));
    assertEquals(said, words.map((word) => WORDS[word]!));
  });

  Deno.test(`${name} checks address, TDMR and lock of the page it is about, in this order`, () => {
    const module = moduleAt(RUNNABLE);
    for (const pa of [TDR, TDVPR]) module.lock(pa);
    const said = [1, 8 * GiB, undefined].map((address) => says(leaf(module, address)));
    const operand = words[0];
    assertEquals(said, [
      `OPERAND_INVALID|${operand}`,
      `OPERAND_ADDR_RANGE_ERROR|${operand}`,
      `OPERAND_BUSY|${operand}`,
    ]);
    module.unlock(TDVPR);
    const isVcpu = /^TDH\.VP\.(?!CREATE)/.test(name!);
    assertEquals(says(leaf(module)), isVcpu ? "OPERAND_BUSY|TDR" : `OPERAND_BUSY|${operand}`);
  });
}

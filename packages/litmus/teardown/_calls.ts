// The SEAMCALLs of a teardown, as the module takes them.
import type { TdxModule } from "@tdx/seam";
import type { Leaf } from "./_program.ts";
import type { World } from "./_world.ts";

/** Calls that a guest inside the TD can make busy: its own TDCALLs and its entry hold the same locks. */
export const RACES: ReadonlySet<Leaf> = new Set<Leaf>([
  "TDH.MEM.RANGE.BLOCK",
  "TDH.MEM.RANGE.UNBLOCK",
  "TDH.MEM.TRACK",
  "TDH.MEM.PAGE.REMOVE",
  "TDH.MEM.SEPT.REMOVE",
]);
/** The name of a call for {@link World.ask}. */
export function callName(leaf: Leaf, key: "td" | "global" | null, again: boolean): string {
  return [leaf, key, again ? "again" : null].filter((part) => part !== null).join(" ");
}

/** Whether a call is about a page, where it is about anything. */
export function isPageLeaf(leaf: Leaf): boolean {
  return leaf !== "TDH.VP.FLUSH" && leaf !== "TDH.PHYMEM.CACHE.WB";
}

/** Makes a SEAMCALL on the module; `tries` is how often it was made before. */
export function issue(
  world: World,
  { mem, mng, vp, phymem, globalKey }: TdxModule,
  leaf: Leaf,
  item: number,
  key: "td" | "global" | null,
  tries: number,
): { status: bigint } {
  const { tdr } = world;
  const { pa, gpa, level, region } = world.pages[item] ?? { pa: 0, gpa: 0, level: 0, region: 0 };
  switch (leaf) {
    case "TDH.MEM.RANGE.BLOCK":
      return mem.rangeBlock(tdr, gpa, level);
    case "TDH.MEM.RANGE.UNBLOCK":
      return mem.rangeUnblock(tdr, gpa, level);
    case "TDH.MEM.TRACK":
      return mem.track(tdr);
    case "TDH.MEM.PAGE.REMOVE":
      return mem.pageRemove(tdr, gpa, level);
    case "TDH.MEM.SEPT.REMOVE":
      return mem.septRemove(tdr, gpa, level);
    case "TDH.PHYMEM.PAGE.WBINVD":
      return phymem.pageWbinvd(pa, key === "global" ? globalKey.keyId : world.key().keyId);
    case "TDH.PHYMEM.PAGE.RECLAIM":
      return phymem.pageReclaim(pa);
    case "TDH.PHYMEM.PAMT.REMOVE":
      return phymem.pamtRemove(region);
    case "TDH.PHYMEM.CACHE.WB":
      return phymem.cacheWb(item, tries > 0 ? 1 : 0);
    case "TDH.VP.FLUSH":
      return vp.flush(world.tdvprs[item]!, item);
    case "TDH.MNG.VPFLUSHDONE":
      return mng.vpflushdone(tdr);
    case "TDH.MNG.KEY.FREEID":
      return mng.keyFreeid(tdr);
  }
}

/** What a SEAMCALL is about, in words. */
export function operandName(world: World, leaf: Leaf, item: number): string {
  if (item < 0) return "";
  if (leaf === "TDH.VP.FLUSH") return `of vCPU ${item}`;
  if (leaf === "TDH.PHYMEM.CACHE.WB") return `on package ${item}`;
  if (leaf === "TDH.PHYMEM.PAMT.REMOVE") return `for the region of ${world.pages[item]!.name}`;
  return `of ${world.pages[item]!.name}`;
}

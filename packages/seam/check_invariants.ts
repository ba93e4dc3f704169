import { hex } from "./_hex.ts";
import { framesPer, isInUse } from "./state/page_type.ts";
import { isBlocked } from "./state/pamt.ts";
import type { TdInfo } from "./state/td.ts";
import type { TdxModule } from "./tdx_module.ts";

/**
 * Checks what must hold of a module at any time.
 *
 * The child count of each TD is the number of 4 KiB pages it owns; every page that is owned belongs
 * to a TD, and every TDR page is one; no HKID is assigned twice, and the key ownership table and
 * the life cycles agree; only a TD with keys has vCPUs on processors; blocked pages, and only
 * those, have an epoch, which is not ahead of their TD; pages of type PAMT are those of the pairs,
 * which count the 4 KiB pages in use.
 *
 * @param module The module.
 * @returns What is wrong, one sentence each; empty where all is well.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, runOf, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, checkInvariants, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const module = new TdxModule({ memory: new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds }) });
 * buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [runOf(2 ** 18, 512)] });
 * assertEquals(checkInvariants(module), []);
 * ```
 */
export function checkInvariants(module: TdxModule): string[] {
  const tds = module.tds();
  return [...pageProblems(module, tds), ...tds.flatMap(tdProblems), ...keyProblems(module, tds)];
}

function pageProblems(module: TdxModule, tds: readonly TdInfo[]): string[] {
  const problems: string[] = [];
  const epochs = new Map(tds.map(({ tdr, epoch }) => [tdr, epoch]));
  const owned = new Map<number, number>();
  const guest = new Map<number, number>();
  let tdrs = 0;
  let used = 0;
  let pamtPages = 0;
  module.forEachPages(({ type, owner, level, mapping, epoch }, count) => {
    if (type === "TDR") tdrs += count;
    if (type === "PAMT") pamtPages += count;
    if (level === 0 && isInUse(type)) used += count;
    const mayMap = type === "REG" || (type === "EPT" && mapping !== "mapped");
    if (mapping === null ? type === "REG" : !mayMap) problems.push(`${type} pages are ${mapping}`);
    if ((epoch !== null) !== isBlocked({ mapping })) {
      problems.push(`${mapping} pages have epoch ${epoch}`);
    }
    if (owner === null || type === "NDA") return;
    owned.set(owner, (owned.get(owner) ?? 0) + count);
    if (type === "REG") guest.set(owner, (guest.get(owner) ?? 0) + count);
    if (epoch !== null && epoch > (epochs.get(owner) ?? 0)) {
      problems.push(`Pages of TD ${hex(owner)} were blocked in epoch ${epoch}, which is to come`);
    }
  });
  if (tdrs !== tds.length) problems.push(`There are ${tdrs} TDR pages and ${tds.length} TDs`);
  for (const [owner, count] of owned) {
    if (!epochs.has(owner)) problems.push(`${count} pages belong to no TD, but to ${hex(owner)}`);
  }
  for (const { tdr, children, lifeCycle, mappings } of tds) {
    const count = owned.get(tdr) ?? 0;
    if (count !== children) problems.push(`TD ${hex(tdr)} counts ${children} of ${count} pages`);
    // A reclaim takes the page and leaves the Secure EPT, which nobody uses any more, as it is.
    const mapped = mappings.reduce((sum, { level, pages }) => sum + pages * framesPer(level), 0);
    const pages = guest.get(tdr) ?? 0;
    if (lifeCycle !== "TEARDOWN" && mapped !== pages) {
      problems.push(`TD ${hex(tdr)} maps ${mapped} of ${pages} guest pages`);
    }
  }
  return [...problems, ...pairProblems(module, used, pamtPages)];
}

function pairProblems(module: TdxModule, used: number, pamtPages: number): string[] {
  const problems: string[] = [];
  const pairs = module.pamtPairs();
  const counted = pairs.reduce((sum, pair) => sum + pair.used, 0);
  if (module.dynamicPamt && counted !== used) {
    problems.push(`PAMT pairs count ${counted} of ${used} pages in use`);
  }
  const pages = new Set(pairs.flatMap(({ pages }) => pages));
  if (pages.size !== pamtPages || pages.size !== 2 * pairs.length) {
    problems.push(`There are ${pamtPages} PAMT pages and ${pairs.length} pairs`);
  }
  for (const pa of pages) {
    const type = module.page(pa)?.type;
    if (type !== "PAMT") problems.push(`The page ${hex(pa)} of a PAMT pair is ${type}`);
  }
  return problems;
}

function tdProblems(td: TdInfo): string[] {
  const problems: string[] = [];
  const live = td.lifeCycle === "KEYS_CONFIGURED";
  for (const { tdvpr, lp, ready, running } of td.vcpus) {
    const name = `The vCPU ${hex(tdvpr)}`;
    if (lp !== null && !(live && ready)) problems.push(`${name} is on a processor and cannot be`);
    if (running && lp === null) problems.push(`${name} runs on no processor`);
    if (running && td.opState !== "RUNNABLE") problems.push(`${name} runs too early`);
  }
  if (live && td.key === null) problems.push(`TD ${hex(td.tdr)} is live without a key`);
  return problems;
}

function keyProblems(module: TdxModule, tds: readonly TdInfo[]): string[] {
  const problems: string[] = [];
  for (const { hkid, state, pendingPackages } of module.keys()) {
    // After its release an HKID may serve another TD.
    const users = tds.filter((td) => td.hkid === hkid && td.lifeCycle !== "TEARDOWN");
    const expected = users.map(({ lifeCycle }) => lifeCycle === "BLOCKED" ? "FLUSHED" : "ASSIGNED");
    if (users.length > 1) problems.push(`HKID ${hkid} is assigned ${users.length} times`);
    const free = state === "FREE" || state === "RESERVED";
    if (free ? users.length > 0 : expected[0] !== state) {
      problems.push(`HKID ${hkid} is ${state}, its TDs need ${expected.join(", ") || "none"}`);
    }
    if (state !== "FLUSHED" && pendingPackages.length > 0) {
      problems.push(`HKID ${hkid} is ${state} and waits for packages ${pendingPackages}`);
    }
  }
  return problems;
}

import { type FrameChunk, PAGE_BYTES, runOf } from "@tdx/core";
import { requireOptions, requireWhole } from "@tdx/core/arguments";
import { hex } from "./_hex.ts";
import type { PagesResult, SeamcallResult } from "./leaves/results.ts";
import { regionsOf } from "./state/_pamt_pairs.ts";
import { framesPer, pageBytes } from "./state/page_type.ts";
import type { LeafName } from "./state/seamcalls.ts";
import { TDCS_PAGES, TDVPS_PAGES } from "./state/td.ts";
import { decodeStatus } from "./status/seamcall_status.ts";
import type { TdxModule } from "./tdx_module.ts";

/** The TD to build. */
export interface TdPlan {
  /** A free HKID. */
  readonly hkid: number;
  /** How many vCPUs, from 0; vCPU n is initialised on logical processor n. */
  readonly vcpus: number;
  /**
   * First of the free frames for control pages: TDR, TDCS, vCPUs, then the Secure EPT; with Dynamic
   * PAMT the pairs among them.
   */
  readonly control: number;
  /** Free frames for guest memory, which is mapped from GPA 0 on; see `chunksOf` of `@tdx/core`. */
  readonly memory: Iterable<FrameChunk>;
  /** Size of the guest pages: 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB; default 0. */
  readonly level?: 0 | 1 | 2;
}

const PLAN: readonly (keyof TdPlan)[] = ["hkid", "vcpus", "control", "memory", "level"];

/** The TD that was built. */
export interface BuiltTd {
  /** Address of the TDR in bytes. */
  readonly tdr: number;
  /** Addresses of the TDVPRs in bytes. */
  readonly vcpus: readonly number[];
  /** Control pages that were used, from {@link TdPlan.control} on. */
  readonly controlPages: number;
  /** Guest pages, mapped from GPA 0 on. */
  readonly guestPages: number;
}

/**
 * Builds a TD that is ready to run, by the SEAMCALLs a host issues: keys, TDCS, vCPUs, Secure EPT,
 * and guest pages, which the guest accepts.
 *
 * @param module The module, with no faults injected.
 * @param plan The TD.
 * @returns What was built.
 * @throws {TypeError} If something in the plan is not known.
 * @throws {RangeError} If a number is out of range, or a SEAMCALL is refused; what was built until
 * then stays.
 *
 * @example
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory, runOf, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const module = new TdxModule({ memory: new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds }) });
 * const memory = [runOf(8 * GiB / 4096, 4 * GiB / 4096)];
 * const built = buildTd(module, { hkid: 33, vcpus: 4, control: 0, memory });
 *
 * // 1 TDR, 6 TDCX pages, 4 vCPUs of 6 pages, 2048 page tables of 2 MiB, 4 of 1 GiB, 1 of 512 GiB.
 * assertEquals(built.controlPages, 1 + 6 + 4 * 6 + 2048 + 4 + 1);
 * assertEquals(module.td(built.tdr)?.children, built.controlPages - 1 + built.guestPages);
 * ```
 */
export function buildTd(module: TdxModule, plan: TdPlan): BuiltTd {
  requireOptions("plan", plan, PLAN);
  const { hkid, control, memory, level = 0 } = plan;
  requireWhole("vcpus", plan.vcpus, 1);
  requireWhole("level", level, 0, 2);
  const { mem, mr } = module;
  // TDH.MEM.PAGE.AUG has no 1 GiB: pages of 2 MiB are joined.
  const augLevel = Math.min(level, 1);
  const pages = new ControlPages(module, control);
  const page = () => PAGE_BYTES * pages.take(1).frame;

  const tdr = page();
  buildKeysAndTdcs(module, tdr, hkid, page);
  const vcpus = Array.from({ length: plan.vcpus }, (_, lp) => buildVcpu(module, tdr, lp, page));
  mustSucceed("TDH.MR.FINALIZE", mr.finalize(tdr));

  const tables = [0, 0, 0, 0];
  let frames = 0;
  for (const chunk of memory) {
    for (let table = 3; table > augLevel; table--) {
      const needed = Math.ceil((frames + chunk.count) / framesPer(table)) - tables[table]!;
      if (needed === 0) continue;
      addAll(
        "TDH.MEM.SEPT.ADD",
        pages.take(needed),
        (pages, done) => mem.septAdd(tdr, (tables[table]! + done) * pageBytes(table), table, pages),
      );
      tables[table]! += needed;
    }
    if (level === 0) pages.cover(chunk);
    const start = frames;
    addAll(
      "TDH.MEM.PAGE.AUG",
      chunk,
      (pages, done) => mem.pageAug(tdr, (start + done) * PAGE_BYTES, augLevel, pages),
    );
    frames += chunk.count;
  }
  const guestPages = frames / framesPer(level);
  if (guestPages > 0) module.accept(tdr, 0, augLevel, frames / framesPer(augLevel));
  if (level === 2) { for (let i = 0; i < guestPages; i++) promote(module, tdr, i * pageBytes(2)); }
  return { tdr, vcpus, controlPages: pages.next - control, guestPages };
}

/** Joins the 512 pages of 2 MiB at a GPA to one; their Secure EPT page is free then. */
function promote({ mem }: TdxModule, tdr: number, gpa: number): void {
  mustSucceed("TDH.MEM.RANGE.BLOCK", mem.rangeBlock(tdr, gpa, 2));
  mustSucceed("TDH.MEM.TRACK", mem.track(tdr));
  mustSucceed("TDH.MEM.PAGE.PROMOTE", mem.pagePromote(tdr, gpa, 2));
}

/** Hands out frames one after the other, and pairs of them where the module has Dynamic PAMT. */
class ControlPages {
  readonly #module: TdxModule;
  readonly #covered: Set<number>;
  next: number;

  constructor(module: TdxModule, first: number) {
    this.#module = module;
    this.#covered = new Set(module.pamtPairs().map(({ region }) => region / pageBytes(1)));
    this.next = first;
  }

  /** The next frames, in regions that have their pairs: those are taken before. */
  take(count: number): FrameChunk {
    for (let covered = -1; covered < this.#covered.size;) {
      covered = this.#covered.size;
      this.cover(runOf(this.next, count));
    }
    const frames = runOf(this.next, count);
    this.next += count;
    return frames;
  }

  /** Gives the regions of some frames their pairs. */
  cover(frames: FrameChunk): void {
    if (!this.#module.dynamicPamt) return;
    for (const [region] of regionsOf(frames)) {
      if (this.#covered.has(region)) continue;
      const [first, second] = [this.next * PAGE_BYTES, (this.next + 1) * PAGE_BYTES];
      const result = this.#module.phymem.pamtAdd(region * pageBytes(1), first, second);
      mustSucceed("TDH.PHYMEM.PAMT.ADD", result);
      this.#covered.add(region);
      this.next += 2;
    }
  }
}

function buildKeysAndTdcs(module: TdxModule, tdr: number, hkid: number, page: () => number): void {
  const { mng } = module;
  mustSucceed("TDH.MNG.CREATE", mng.create(tdr, hkid));
  for (let pkg = 0; pkg < module.packages; pkg++) {
    mustSucceed("TDH.MNG.KEY.CONFIG", mng.keyConfig(tdr, pkg));
  }
  for (let i = 0; i < TDCS_PAGES.min; i++) mustSucceed("TDH.MNG.ADDCX", mng.addcx(page(), tdr));
  mustSucceed("TDH.MNG.INIT", mng.init(tdr));
}

function buildVcpu({ vp }: TdxModule, tdr: number, lp: number, page: () => number): number {
  const tdvpr = page();
  mustSucceed("TDH.VP.CREATE", vp.create(tdvpr, tdr));
  for (let i = 1; i < TDVPS_PAGES.min; i++) mustSucceed("TDH.VP.ADDCX", vp.addcx(page(), tdvpr));
  mustSucceed("TDH.VP.INIT", vp.init(tdvpr, lp));
  return tdvpr;
}

/** Adds all pages of a chunk; `add` is told how many are done. */
function addAll(
  leaf: LeafName,
  chunk: FrameChunk,
  add: (pages: FrameChunk, done: number) => PagesResult,
): void {
  let done = 0;
  for (let rest: FrameChunk | null = chunk; rest !== null;) {
    const result = add(rest, done);
    mustSucceed(leaf, result);
    done += result.pages.count;
    rest = result.rest;
  }
}

function mustSucceed(leaf: LeafName, { status }: SeamcallResult): void {
  if (status === 0n) return;
  throw new RangeError(
    `Expected ${leaf} to succeed, got ${hex(status)} ${decodeStatus(status).name}`,
  );
}

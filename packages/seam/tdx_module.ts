import {
  type FrameChunk,
  type Key,
  PAGE_BYTES,
  type PhysicalMemory,
  type Transition,
} from "@tdx/core";
import { outOfRange, requireOneOf, requireOptions, requireWhole } from "@tdx/core/arguments";
import { hex } from "./_hex.ts";
import { acceptPages } from "./leaves/_page_accept.ts";
import { MemLeaves } from "./leaves/mem.ts";
import { MngLeaves } from "./leaves/mng.ts";
import { MrLeaves } from "./leaves/mr.ts";
import { PhymemLeaves } from "./leaves/phymem.ts";
import { VpLeaves } from "./leaves/vp.ts";
import { ownedPages } from "./state/_owned_pages.ts";
import type { LockedPart, LockMode } from "./state/_page_locks.ts";
import { SeamState } from "./state/_seam_state.ts";
import { type ModuleSnapshot, restoreSnapshot, takeSnapshot } from "./state/_snapshot.ts";
import { type KeyInfo, KeyOwnership } from "./state/key_ownership.ts";
import { PAGE_TYPES, pageBytes, type PageType } from "./state/page_type.ts";
import { Pamt, type PamtEntry } from "./state/pamt.ts";
import type { Faults, LeafCounts } from "./state/seamcalls.ts";
import type { TdInfo } from "./state/td.ts";
import { type MemoryRange, requireReserved, requireTdmrs } from "./state/tdmr.ts";

/** What a {@link TdxModule} is made for. */
export interface TdxModuleOptions {
  /** The memory of the machine; it needs at least 2 private KeyIDs. */
  readonly memory: PhysicalMemory;
  /** Packages, each with its own caches and encryption engine, 1 to 32; default 2. */
  readonly packages?: number;
  /** Memory given to TDX, multiples of 1 GiB, ascending; default all of it. */
  readonly tdmrs?: readonly MemoryRange[];
  /** Areas of the TDMRs that TDX may not use, multiples of 4 KiB, ascending; default none. */
  readonly reserved?: readonly MemoryRange[];
  /**
   * Whether the PAMT entries of 4 KiB pages lie in pages that the host gives by TDH.PHYMEM.PAMT.ADD, a
   * pair for each 2 MiB (module 1.5.20 and later); default `false`, as in 1.5.01.
   */
  readonly dynamicPamt?: boolean;
}

const OPTIONS: readonly (keyof TdxModuleOptions)[] = [
  "memory",
  "packages",
  "tdmrs",
  "reserved",
  "dynamicPamt",
];

/** A pair of pages for the PAMT entries of a region of 2 MiB. */
export interface PamtPair {
  /** Address of the region in bytes. */
  readonly region: number;
  /** Addresses of the two pages in bytes. */
  readonly pages: readonly [number, number];
  /** How many 4 KiB pages of the region are in use. */
  readonly used: number;
}

/**
 * The TDX module as a host sees it: SEAMCALLs in, statuses out.
 *
 * Every leaf is a method, found under the name it has: `TDH.MNG.KEY.FREEID` is `mng.keyFreeid`. A
 * refusal is a status and changes no metadata; what no register can hold throws. What the module writes
 * to memory and writes back from caches happens to the lines of the `PhysicalMemory`.
 *
 * The first private KeyID is the global one, as Linux has it. A TD is named by the address of its
 * TDR in bytes.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, runOf, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, status, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 2 * TiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory, packages: 1 });
 *
 * // A TD of 1 TiB, and the teardown that Linux calls terminate.
 * const guest = runOf(2 ** 28, 2 ** 28);
 * const { tdr, vcpus } = buildTd(module, { hkid: 33, vcpus: 2, control: 0, memory: [guest] });
 * vcpus.forEach((tdvpr, lp) => module.vp.flush(tdvpr, lp));
 * module.mng.vpflushdone(tdr);
 * module.phymem.cacheWb(0, 0);
 * module.mng.keyFreeid(tdr);
 * for (const type of ["REG", "EPT", "TDCX", "TDVPR"] as const) {
 *   for (const pages of module.pagesOf(tdr, type)) module.phymem.pageReclaim(pages);
 * }
 * assertEquals(module.phymem.pageReclaim(tdr).status, status("SUCCESS"));
 * assertEquals(module.tds(), []);
 * assertEquals(module.calls["TDH.PHYMEM.PAGE.RECLAIM"]! > 2 ** 28, true);
 * // Reclaim is about metadata: the lines are as the guest left them.
 * assertEquals(memory.state(TiB).memory.owner, 1);
 * ```
 */
export class TdxModule {
  /** The TDH.MNG leaves. */
  readonly mng: MngLeaves;
  /** The TDH.MR leaf. */
  readonly mr: MrLeaves;
  /** The TDH.VP leaves. */
  readonly vp: VpLeaves;
  /** The TDH.MEM leaves. */
  readonly mem: MemLeaves;
  /** The TDH.PHYMEM leaves. */
  readonly phymem: PhymemLeaves;
  /** The memory of the machine. */
  readonly memory: PhysicalMemory;
  /** Packages of the machine. */
  readonly packages: number;
  /** Whether the module has Dynamic PAMT. */
  readonly dynamicPamt: boolean;
  readonly #state: SeamState;

  /**
   * Initialises the module: no TDs, and no memory in use.
   *
   * @param options Memory, packages, TDMRs and reserved areas.
   * @throws {TypeError} If an option is not known.
   * @throws {RangeError} If a number is out of range, there are fewer than 2 private KeyIDs, or
   * TDMRs or reserved areas are not as {@link TdxModuleOptions} has them.
   */
  constructor(options: TdxModuleOptions) {
    requireOptions("options", options, OPTIONS);
    const { memory, packages = 2, reserved = [], dynamicPamt = false } = options;
    requireWhole("packages", packages, 1, 32);
    if (options.tdmrs !== undefined) requireTdmrs(options.tdmrs, memory.bytes);
    const tdmrs = options.tdmrs ?? [{ base: 0, size: memory.bytes }];
    requireReserved(reserved, tdmrs);
    const pamt = new Pamt(memory.bytes, tdmrs, reserved, dynamicPamt);
    const state = new SeamState(memory, pamt, new KeyOwnership(memory.keyIds), packages);
    this.#state = state;
    this.memory = memory;
    this.packages = packages;
    this.dynamicPamt = dynamicPamt;
    this.mng = new MngLeaves(state);
    this.mr = new MrLeaves(state);
    this.vp = new VpLeaves(state);
    this.mem = new MemLeaves(state);
    this.phymem = new PhymemLeaves(state);
  }

  /** How many SEAMCALLs were issued, by leaf, refused ones included. */
  get calls(): LeafCounts {
    return this.#state.calls.counts;
  }

  /** How many SEAMCALLs go well before the next one meets an injected busy operand. */
  get callsUntilFault(): number {
    return this.#state.calls.quiet;
  }

  /** The key of the module itself, which the TDRs are written with. */
  get globalKey(): Key {
    return this.#state.keys.globalKey;
  }

  /**
   * Injects faults from now on, in place of those injected before.
   *
   * An injected busy operand is the first one that the SEAMCALL locks: for a reclaim the page.
   *
   * @param faults What goes wrong; `{}` for nothing.
   * @throws {TypeError} If a fault is not known; the faults are as before then.
   * @throws {RangeError} If a number is out of range; the faults are as before then.
   *
   * @example
   * ```ts
   * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
   * import { gnr } from "@tdx/platform-gnr";
   * import { TdxModule } from "@tdx/seam";
   * import { assertEquals } from "@std/assert";
   *
   * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
   * const module = new TdxModule({ memory: new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds }) });
   * module.inject({ busyAfter: () => 1 }); // every second SEAMCALL
   * assertEquals(module.mng.create(0x1000, 33).status, 0n);
   * assertEquals(module.mng.create(0x2000, 34).status, 0x8000020000000001n); // OPERAND_BUSY|RCX
   * assertEquals(module.mng.create(0x2000, 34).status, 0n);
   * ```
   */
  inject(faults: Faults): void {
    this.#state.calls.inject(faults);
  }

  /**
   * Takes a lock, as another SEAMCALL in progress does.
   *
   * @param what The PAMT entry of a page by its address in bytes, a multiple of 4 KiB (a TDR to lock
   * the TD), the key ownership table, or a part of a TD.
   * @param mode Alone, or together with others; a page is always locked alone. Default `exclusive`.
   * @throws {RangeError} If it is not the address of a page in memory, or the lock is held.
   */
  lock(what: number | LockedPart, mode: LockMode = "exclusive"): void {
    if (typeof what === "number") this.#state.locks.lock(this.#frame(what));
    else this.#state.parts.lock(what, mode);
  }

  /**
   * Releases a lock that {@link TdxModule.lock} took.
   *
   * @param what What was locked.
   * @throws {RangeError} If it is not locked so.
   */
  unlock(what: number | LockedPart): void {
    if (typeof what === "number") this.#state.locks.unlock(this.#frame(what));
    else this.#state.parts.unlock(what);
  }

  /**
   * Marks a TD fatal, as a machine check in one of its vCPUs does (M9): it can no longer be entered,
   * changed or taken down page by page, only as a whole.
   *
   * @param tdr Address of the TDR in bytes.
   * @throws {RangeError} If it is not the address of a TDR.
   */
  markFatal(tdr: number): void {
    const td = this.#state.tds.get(tdr);
    if (td === undefined) throw outOfRange("tdr", "the address of a TDR", tdr);
    td.fatal = true;
  }

  /**
   * Takes down all that the module remembers: PAMT, keys, TDs, write-backs that were interrupted.
   * Lines of memory, locks that {@link TdxModule.lock} took and injected faults are not of it.
   *
   * @returns Plain data; equal as JSON where the module will answer alike.
   *
   * @example
   * ```ts
   * import { GiB, KeyIdSpace, PhysicalMemory } from "@tdx/core";
   * import { gnr } from "@tdx/platform-gnr";
   * import { TdxModule } from "@tdx/seam";
   * import { assertEquals } from "@std/assert";
   *
   * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
   * const module = new TdxModule({ memory: new PhysicalMemory({ bytes: GiB, platform: gnr, keyIds }) });
   * const before = module.snapshot();
   * module.mng.create(0x1000, 33);
   * module.restore(before);
   * assertEquals(module.tds(), []);
   * ```
   */
  snapshot(): ModuleSnapshot {
    return takeSnapshot(this.#state);
  }

  /**
   * Makes the module remember what it did at an earlier time; memory stays as it is.
   *
   * @param snapshot What {@link TdxModule.snapshot} gave, of this module or of one with the same
   * options.
   */
  restore(snapshot: ModuleSnapshot): void {
    restoreSnapshot(this.#state, snapshot);
  }

  /**
   * Sends an IPI to every processor that is inside a TD: its vCPUs exit, their TDH.VP.ENTER
   * returns. They stay associated.
   *
   * @param tdr Address of the TDR in bytes.
   * @param tdvpr Address of the TDVPR of the only vCPU that is to exit; default all of them.
   */
  kick(tdr: number, tdvpr?: number): void {
    for (const vcpu of this.#state.running) {
      if (vcpu.td.tdr === tdr && vcpu.tdvpr === (tdvpr ?? vcpu.tdvpr)) this.#state.leave(vcpu);
    }
  }

  /**
   * The guest accepts pages (TDG.MEM.PAGE.ACCEPT, no SEAMCALL): the module zeroes them with
   * MOVDIR64B under the TD's key and maps them.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa First guest physical address, a multiple of the page size.
   * @param level Size of the pages: 0 for 4 KiB, 1 for 2 MiB.
   * @param pages How many consecutive pages; default 1.
   * @returns Whether all were accepted; an injected interrupt ends the first of 2 MiB early, which
   * stays pending with its first lines zeroed (M11).
   * @throws {RangeError} If the TD is not live, or not all of the pages are there at that size and
   * pending: the guest would exit to the host instead. Nothing is accepted then.
   */
  accept(tdr: number, gpa: number, level: number, pages: number = 1): boolean {
    return acceptPages(this.#state, tdr, gpa, level, pages);
  }

  /**
   * The guest loads a line. Poison that it consumes makes the TD fatal (M9), and its
   * TDH.VP.ENTER returns NON_RECOVERABLE_TD_NON_ACCESSIBLE.
   *
   * @param tdr Address of the TDR in bytes.
   * @param gpa Guest physical address in bytes.
   * @returns What happened to the line.
   * @throws {RangeError} If no page of a live TD is mapped there: the guest would exit to the host.
   */
  load(tdr: number, gpa: number): Transition {
    const td = this.#state.tds.get(tdr);
    const pa = td === undefined ? undefined : this.#state.translate(td, gpa);
    if (td === undefined || pa === undefined) {
      throw outOfRange("gpa", "the address of a mapped page of a live TD", gpa);
    }
    const outcome = this.memory.step({ kind: "load", by: "td", key: td.key! }, pa);
    if (outcome.machineCheck) td.fatal = true;
    return outcome;
  }

  /**
   * What the module knows of a TD.
   *
   * @param tdr Address of the TDR in bytes.
   * @returns A snapshot, or `undefined` if no TD has its TDR there.
   */
  td(tdr: number): TdInfo | undefined {
    return this.#state.tds.get(tdr)?.info();
  }

  /**
   * All TDs.
   *
   * @returns A snapshot, in the order of their creation.
   */
  tds(): TdInfo[] {
    return [...this.#state.tds.values()].map((td) => td.info());
  }

  /**
   * The key ownership table.
   *
   * @returns A snapshot: one entry for each private KeyID, ascending.
   */
  keys(): KeyInfo[] {
    return this.#state.keys.list();
  }

  /**
   * The pairs of Dynamic PAMT.
   *
   * @returns A snapshot, ascending by region; empty without Dynamic PAMT.
   */
  pamtPairs(): PamtPair[] {
    const pairs = this.#state.pamt.pairs?.list() ?? [];
    return pairs.map(([region, { pages: [first, second], used }]) => ({
      region: region * pageBytes(1),
      pages: [first * PAGE_BYTES, second * PAGE_BYTES],
      used,
    }));
  }

  /**
   * What the PAMT says of a page, as TDH.PHYMEM.PAGE.RDMD tells a host. A reclaim clears no more than
   * the type, so a free page still shows the TD that it was reclaimed from (M12).
   *
   * @param pa Any address in the page, in bytes.
   * @returns The entry, or `undefined` outside every TDMR.
   */
  page(pa: number): PamtEntry | undefined {
    return this.#state.pamt.entry(Math.floor(pa / PAGE_BYTES));
  }

  /**
   * The pages of a TD that are of one type, a bounded part of memory at a time, ascending by 2 MiB
   * blocks. Pages may be reclaimed while the walk goes on.
   *
   * @param tdr Address of the TDR in bytes.
   * @param type The type.
   * @returns Chunks of frames; each is valid until the next is asked for.
   * @throws {RangeError} If `type` is not a page type.
   */
  pagesOf(tdr: number, type: PageType): Iterable<FrameChunk> {
    requireOneOf("type", type, Object.keys(PAGE_TYPES));
    return ownedPages(this.#state.pamt, (entry) => entry.owner === tdr && entry.type === type);
  }

  /**
   * Visits all pages of the TDMRs, grouped by what the PAMT says of them.
   *
   * @param visit Called with an entry and how many pages of 4 KiB have it; more than once for an
   * entry whose pages do not lie together.
   */
  forEachPages(visit: (entry: PamtEntry, count: number) => void): void {
    const { pamt } = this.#state;
    pamt.forEach(0, pamt.frames, (entry, { count }) => visit(entry, count));
  }

  #frame(pa: number): number {
    const frame = pa / PAGE_BYTES;
    if (Number.isInteger(frame) && frame >= 0 && frame < this.#state.pamt.frames) return frame;
    throw new RangeError(`Expected the address of a page in memory, got ${hex(pa)}`);
  }
}

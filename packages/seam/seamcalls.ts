import {
  outOfRange,
  requireFunction,
  requireNumber,
  requireOptions,
  requireWhole,
} from "@tdx/core/arguments";

/**
 * The SEAMCALL leaves this package knows.
 *
 * @example Which SEAMCALLs a TD of one page takes
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, type LeafName, runOf, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * buildTd(module, { hkid: 33, vcpus: 0, control: 0, memory: [runOf(2 ** 18, 1)] });
 *
 * const leaves: LeafName[] = ["TDH.MNG.ADDCX", "TDH.MEM.SEPT.ADD", "TDH.MEM.PAGE.AUG"];
 * assertEquals(leaves.map((leaf) => module.calls.get(leaf)), [6, 3, 1]);
 * ```
 */
export type LeafName =
  | "TDH.MNG.CREATE"
  | "TDH.MNG.KEY.CONFIG"
  | "TDH.MNG.ADDCX"
  | "TDH.MNG.INIT"
  | "TDH.MNG.VPFLUSHDONE"
  | "TDH.MNG.KEY.FREEID"
  | "TDH.MR.FINALIZE"
  | "TDH.VP.CREATE"
  | "TDH.VP.ADDCX"
  | "TDH.VP.INIT"
  | "TDH.VP.ENTER"
  | "TDH.VP.FLUSH"
  | "TDH.MEM.SEPT.ADD"
  | "TDH.MEM.PAGE.ADD"
  | "TDH.MEM.PAGE.AUG"
  | "TDH.MEM.RANGE.BLOCK"
  | "TDH.MEM.TRACK"
  | "TDH.MEM.PAGE.REMOVE"
  | "TDH.PHYMEM.CACHE.WB"
  | "TDH.PHYMEM.PAGE.RECLAIM"
  | "TDH.PHYMEM.PAGE.WBINVD";

/**
 * What can go wrong by no fault of the caller.
 *
 * @example A write-back of the caches is interrupted once
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { type Faults, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * const faults: Faults = { interrupts: 1 };
 * module.inject(faults);
 * module.mng.create(0x1000, 33);
 * module.mng.vpflushdone(0x1000);
 *
 * assertEquals(module.phymem.cacheWb(0, 0).status, 0x8000000300000000n); // INTERRUPTED_RESUMABLE
 * assertEquals(module.phymem.cacheWb(0, 1).status, 0n);
 * ```
 */
export interface Faults {
  /**
   * How many SEAMCALLs go well before the next one finds its first operand busy; asked again after
   * every such one. A whole number from 0, or `Infinity` for never. Default: never.
   */
  readonly busyAfter?: () => number;
  /** How often TDH.PHYMEM.CACHE.WB is interrupted on a package before it completes; default 0. */
  readonly interrupts?: number;
}

const FAULTS: readonly (keyof Faults)[] = ["busyAfter", "interrupts"];

/**
 * What a SEAMCALL gives back.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { decodeStatus, type SeamcallResult, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 *
 * // A TD needs a private KeyID, and 5 is a shared one.
 * const result: SeamcallResult = module.mng.create(0x1000, 5);
 * const { name, operand } = decodeStatus(result.status);
 * assertEquals([name, operand], ["OPERAND_INVALID", "RDX"]);
 * ```
 */
export interface SeamcallResult {
  /** The completion status; see {@link decodeStatus}. */
  readonly status: bigint;
}

/** Counts SEAMCALLs and says which of them meets an injected fault. */
export class Seamcalls {
  readonly counts: Map<LeafName, number> = new Map();
  #busyAfter: () => number = () => Infinity;
  #interrupts = 0;
  #quiet = Infinity;

  /** How often TDH.PHYMEM.CACHE.WB is interrupted. */
  get interrupts(): number {
    return this.#interrupts;
  }

  /** SEAMCALLs before the one that meets an injected busy operand. */
  get quiet(): number {
    return this.#quiet;
  }

  inject(faults: Faults): void {
    requireOptions("faults", faults, FAULTS);
    const { busyAfter: sampler = () => Infinity, interrupts = 0 } = faults;
    requireFunction("busyAfter", sampler);
    requireWhole("interrupts", interrupts, 0);
    this.#quiet = sample(sampler);
    this.#busyAfter = sampler;
    this.#interrupts = interrupts;
  }

  /** Counts a SEAMCALL. It meets the injected busy if none is left before it: see {@link meetsBusy}. */
  begin(leaf: LeafName): void {
    this.#meets = this.#quiet === 0;
    if (!this.#meets) this.#quiet--;
    this.#count(leaf, 1);
  }

  /** Counts SEAMCALLs that go like the one before, which are no more than {@link quiet}. */
  repeat(leaf: LeafName, times: number): void {
    if (times === 0) return;
    this.#quiet -= times;
    this.#count(leaf, times);
  }

  /** Asked at the first lock a SEAMCALL takes: whether the injected busy strikes. */
  meetsBusy(): boolean {
    if (!this.#meets) return false;
    this.#meets = false;
    this.#quiet = sample(this.#busyAfter);
    return true;
  }

  #meets = false;

  #count(leaf: LeafName, times: number): void {
    this.counts.set(leaf, (this.counts.get(leaf) ?? 0) + times);
  }
}

function sample(busyAfter: () => number): number {
  const calls = busyAfter();
  if (calls === Infinity || (Number.isSafeInteger(calls) && calls >= 0)) return calls;
  requireNumber("busyAfter()", calls);
  throw outOfRange("busyAfter()", "a whole number from 0 or Infinity", calls);
}

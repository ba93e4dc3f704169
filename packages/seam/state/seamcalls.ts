import {
  outOfRange,
  requireFunction,
  requireNumber,
  requireOptions,
  requireWhole,
} from "@tdx/core/arguments";

/** The SEAMCALL leaves this package knows. */
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

/** What can go wrong by no fault of the caller. */
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

/** What a SEAMCALL gives back. */
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

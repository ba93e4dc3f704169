import { outOfRange, requireOptions, requireWhole } from "@tdx/core/arguments";

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
  | "TDH.MEM.SEPT.REMOVE"
  | "TDH.MEM.RANGE.UNBLOCK"
  | "TDH.MEM.PAGE.DEMOTE"
  | "TDH.MEM.PAGE.PROMOTE"
  | "TDH.PHYMEM.CACHE.WB"
  | "TDH.PHYMEM.PAGE.RECLAIM"
  | "TDH.PHYMEM.PAGE.WBINVD"
  | "TDH.PHYMEM.PAMT.ADD"
  | "TDH.PHYMEM.PAMT.REMOVE";

/** How often each leaf was called; one that was not is absent. */
export type LeafCounts = Readonly<Partial<Record<LeafName, number>>>;

/** What can go wrong by no fault of the caller; see {@link TdxModule.inject}. */
export interface Faults {
  /**
   * How many SEAMCALLs go well before the next one finds its first operand busy; asked again after
   * every such one. A whole number from 0, or `Infinity` for never. Default: never.
   */
  readonly busyAfter?: () => number;
  /** How often TDH.PHYMEM.CACHE.WB is interrupted on a package before it completes; default 0. */
  readonly interrupts?: number;
  /** Whether TDH.MNG.CREATE finds no entropy for the TD; default `false`. */
  readonly noEntropy?: boolean;
  /**
   * How many frames of a 2 MiB page the next TDG.MEM.PAGE.ACCEPT zeroes before an interrupt ends it,
   * 1 to 511. Default: none ends it.
   */
  readonly acceptInterrupt?: number;
}

const FAULTS: readonly (keyof Faults)[] = [
  "busyAfter",
  "interrupts",
  "noEntropy",
  "acceptInterrupt",
];

/** Counts SEAMCALLs and says which of them meets an injected fault. */
export class Seamcalls {
  readonly counts: Partial<Record<LeafName, number>> = {};
  #busyAfter: () => number = () => Infinity;
  #interrupts = 0;
  #acceptInterrupt: number | undefined;
  /** Whether TDH.MNG.CREATE finds no entropy. */
  noEntropy = false;
  #quiet = Infinity;
  /** Whether the SEAMCALL in progress met the injected busy operand. */
  #struck = false;

  /** How often TDH.PHYMEM.CACHE.WB is interrupted. */
  get interrupts(): number {
    return this.#interrupts;
  }

  /** SEAMCALLs before the one that meets an injected busy operand, the one in progress included. */
  get quiet(): number {
    return this.#quiet;
  }

  inject(faults: Faults): void {
    requireOptions("faults", faults, FAULTS);
    const { busyAfter = () => Infinity, interrupts = 0, noEntropy = false } = faults;
    const { acceptInterrupt } = faults;
    requireWhole("interrupts", interrupts, 0);
    if (acceptInterrupt !== undefined) requireWhole("acceptInterrupt", acceptInterrupt, 1, 511);
    this.#quiet = sample(busyAfter);
    this.#busyAfter = busyAfter;
    this.#interrupts = interrupts;
    this.noEntropy = noEntropy;
    this.#acceptInterrupt = acceptInterrupt;
  }

  /** Frames after which the accept in progress is interrupted; once for each injection. */
  takeAcceptInterrupt(): number | undefined {
    const frames = this.#acceptInterrupt;
    this.#acceptInterrupt = undefined;
    return frames;
  }

  begin(): void {
    this.#struck = false;
  }

  /**
   * Whether the injected busy strikes. Asked at every lock, it strikes at the first one; a SEAMCALL
   * that takes no lock leaves it to the next.
   */
  meetsBusy(): boolean {
    if (this.#struck || this.#quiet > 0) return false;
    this.#struck = true;
    this.#quiet = sample(this.#busyAfter);
    return true;
  }

  /** Counts the SEAMCALL that began, and those that went like it: at most {@link quiet} together. */
  end(leaf: LeafName, times: number): void {
    this.counts[leaf] = (this.counts[leaf] ?? 0) + times;
    if (!this.#struck && this.#quiet > 0) this.#quiet -= times;
  }
}

function sample(busyAfter: () => number): number {
  const calls = busyAfter();
  if (calls === Infinity || (Number.isSafeInteger(calls) && calls >= 0)) return calls;
  throw outOfRange("busyAfter()", "a whole number from 0 or Infinity", calls);
}

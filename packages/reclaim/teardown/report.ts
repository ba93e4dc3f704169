import type { LeafCounts, PageType } from "@tdx/seam";
import type { Policy } from "../decide.ts";
import type { TeardownPath } from "./options.ts";

/** Pages that came back, and what clearing them took. */
export interface PageWork {
  /** Pages of 4 KiB. */
  readonly pagesReclaimed: number;
  /** Lines cleared with MOVDIR64B. */
  readonly linesCleared: number;
  /** Full fences. */
  readonly fences: number;
}

/** What a teardown did; the figures of the guest's pages stand at the top. */
export interface TeardownReport extends PageWork {
  /** Name of the platform. */
  readonly platform: string;
  /** The kernel's version or name. */
  readonly kernel: string;
  /** The clearing policy: the kernel's, unless another was asked for. */
  readonly policy: Policy;
  /** The path it took. */
  readonly path: TeardownPath;
  /** The same for control pages: TDR, TDCS, vCPUs and Secure EPT. */
  readonly control: PageWork;
  /** The same for the pairs of Dynamic PAMT, which come back uncleared (X6); absent without it. */
  readonly pamt?: PageWork;
  /** Pages that came back, by their type in the PAMT. */
  readonly pagesByType: Readonly<Partial<Record<PageType, number>>>;
  /** SEAMCALLs by leaf. */
  readonly seamcalls: LeafCounts;
  /** SEAMCALLs that were issued again after OPERAND_BUSY or INTERRUPTED_RESUMABLE. */
  readonly retries: number;
  /** Pages that were given up on purpose after a refusal, those of an aborted teardown included. */
  readonly leakedPages: number;
  /** Guest pages that went back to the host after a refusal, without the reset (X2). */
  readonly unclearedPages: number;
  /** Of these, pages that the Secure EPT still maps. */
  readonly mappedPages: number;
  /** Whether the HKID could not be freed, so that no page could be taken back. */
  readonly leakedHkid: boolean;
  /**
   * Machine checks when the host used the pages: one a page, which is retired by it. That is what
   * loads in user mode give; a load in the kernel panics at the first.
   */
  readonly machineChecks: number;
  /** Pages that were retired because of them. */
  readonly retiredPages: number;
  /** What it would have come to on each of the other hosts; absent where none was asked for. */
  readonly others?: readonly TeardownReport[];
}

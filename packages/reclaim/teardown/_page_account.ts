import { type FrameChunk, FrameMap, type Key } from "@tdx/core";
import type { TdInfo } from "@tdx/seam";

/** Whose a page is after a SEAMCALL: only the TD's, the TD's and the host's (X2), not the TD's. */
type Owner = "td" | "both" | "not td";

/**
 * What the host did with pages of a TD and the module cannot tell. It outlasts an aborted teardown,
 * so that the next one neither forgets a page nor counts one twice.
 */
export class PageAccount {
  /** Pages that the module let go of and the host leaked. */
  leaked = 0;
  /** Pages that are the host's, though the module counts them among the TD's (X2). */
  returned = 0;
  /** Regions with a page that did not come back: Linux counts it, so their pair stays. */
  readonly keptPairs: Set<number> = new Set();
  /** 1 for each page that is counted in {@link returned}. */
  #isReturned: FrameMap | undefined;

  constructor(readonly frames: number) {}

  /** Says whose pages are now, and visits those of them that were not the host's before. */
  settle(pages: FrameChunk, now: Owner, visit: (pages: FrameChunk) => void): void {
    if (this.#isReturned === undefined && now !== "both") return visit(pages);
    this.#isReturned ??= new FrameMap(this.frames, 0);
    this.#isReturned.updateChunk(pages, (was, piece) => {
      const is = { "td": was, "both": 1, "not td": 0 }[now];
      this.returned += (is - was) * piece.count;
      if (was === 0) visit(piece);
      return is;
    });
  }
}

/** By the key of the TD, which no other TD has. */
const accounts = new WeakMap<Key, PageAccount>();

/** The account of a TD. */
export function accountOf({ key }: TdInfo, frames: number): PageAccount {
  let account = key === null ? undefined : accounts.get(key);
  if (account === undefined) {
    account = new PageAccount(frames);
    // Without a key it has no page but its TDR.
    if (key !== null) accounts.set(key, account);
  }
  return account;
}

// What several tests share: a small TD, and a record of the SEAMCALLs a host issues.
import { KeyIdSpace, MiB, type Platform } from "@tdx/core";
import type { LeafName, PageType, SeamcallResult, TdxModule } from "@tdx/seam";
import { createTdHost, type TdHost } from "./td_host/td_host.ts";

export const keyIds: KeyIdSpace = new KeyIdSpace({
  maxPa: 52,
  keyIdBits: 6,
  shared: 31,
  private: 32,
});

/** 4 MiB of guest memory, in pages of 4 KiB. */
export const GUEST_PAGES = 1024;
/** 1 TDR + 6 TDCS + 2 vCPUs of 6 pages + Secure EPT of ceil(1024 / 512) = 2, then 1 and 1. */
export const CONTROL_PAGES = 23;

/** A host of 2 packages with a TD of 2 vCPUs and {@link GUEST_PAGES}. */
export function smallHost(platform: Platform, mode: "Li" | "Ci" = "Ci"): TdHost {
  return createTdHost({ platform, guestBytes: 4 * MiB, vcpus: 2, mode });
}

/** SEAMCALLs of one leaf with one outcome, as they were issued. */
export interface Issued {
  readonly leaf: LeafName;
  readonly count: number;
  readonly status: bigint;
  /** What the pages were, for a reclaim. */
  readonly type?: PageType | null;
}

/** Records what is issued from now on. */
export function record(module: TdxModule): Issued[] {
  type Leaves = Record<string, (...operands: unknown[]) => SeamcallResult>;
  const log: Issued[] = [];
  const groups = [module.mng, module.vp, module.mem, module.phymem] as unknown as Leaves[];
  for (const leaves of groups) {
    for (const [name, leaf] of Object.entries(leaves)) {
      leaves[name] = (...operands) => {
        const before = new Map(module.calls);
        const result: SeamcallResult & { type?: PageType | null } = leaf(...operands);
        for (const [issued, total] of module.calls) {
          const count = total - (before.get(issued) ?? 0);
          const { status, type } = result;
          if (count > 0) log.push({ leaf: issued, count, status, ...(type && { type }) });
        }
        return result;
      };
    }
  }
  return log;
}

/** Rows of equal SEAMCALLs as one text each: `1024 TDH.PHYMEM.PAGE.RECLAIM REG`. */
export function steps(log: readonly Issued[]): string[] {
  const rows: { name: string; count: number }[] = [];
  for (const { leaf, count, type } of log) {
    const name = type === undefined ? leaf : `${leaf} ${type}`;
    const last = rows.at(-1);
    if (last?.name === name) last.count += count;
    else rows.push({ name, count });
  }
  return rows.map(({ name, count }) => `${count} ${name}`);
}

/** The SEAMCALLs that go well before each busy one, as given; then all go well. */
export function busyAfterEach(...calls: number[]): () => number {
  return () => calls.shift() ?? Infinity;
}

import { type FrameChunk, FrameMap, PAGE_BYTES, runOf } from "@tdx/core";
import { outOfRange } from "@tdx/core/arguments";
import type { PageType } from "@tdx/seam";
import type { TdHost } from "./td_host.ts";

/**
 * What became of a page of the host when a TD was torn down.
 *
 * - `other`: it was not the TD's.
 * - `free`: it came back, and the host has not used it yet.
 * - `used`: it came back, and the host has used it without a machine check.
 * - `leaked`: it was the TD's and did not come back.
 * - `poisoned`: poison lies in it, no use has met it yet, and it is not leaked.
 * - `retired`: it came back, a load in user mode met a machine check in it, and the host takes it
 *   out of use.
 */
export type PageFate = "other" | "free" | "used" | "leaked" | "poisoned" | "retired";

/** All fates, each worse for the host than those before it. */
export const PAGE_FATES: readonly PageFate[] = [
  "other",
  "free",
  "used",
  "leaked",
  "poisoned",
  "retired",
];

const [OTHER, FREE, USED, LEAKED, POISONED, RETIRED] = PAGE_FATES.keys();

const TYPES: readonly PageType[] = ["REG", "EPT", "TDVPR", "TDCX"];

/** Follows the pages of a host while a TD is torn down. */
export interface PageFollower {
  /** To be given to the teardown as its `onBack`. */
  readonly onBack: (pages: FrameChunk, used: boolean) => void;
  /**
   * What has become of the pages until now.
   *
   * @returns A map of the host's pages of 4 KiB, whose values are indexes into {@link PAGE_FATES}.
   */
  fates(): FrameMap;
}

/**
 * Follows the pages of a host from before the teardown of its TD, chunk by chunk: what it costs is
 * what the variety in memory costs, not its size.
 *
 * A page counts as retired where poison still lies in it. One that came back uncleared (X2) counts as
 * used where a dirty line of the TD that was written back later has covered the poison.
 *
 * @param host The host with the TD, before its teardown.
 * @returns What to give to the teardown, and to ask afterwards.
 * @throws {RangeError} If no TD has its TDR there.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, followPages, PAGE_FATES } from "@tdx/reclaim";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const host = createTdHost({ platform: spr, guestBytes: 4 * MiB, vcpus: 1 });
 * const { onBack, fates } = followPages(host);
 * await createReclaimer({ memory: host.memory, policy: "never" })
 *   .teardown(host.module, host.tdr, { reuse: true, onBack });
 * const retired = PAGE_FATES.indexOf("retired");
 * assertEquals(fates().count((fate) => fate === retired), 1024);
 * ```
 */
export function followPages(host: TdHost): PageFollower {
  const { memory, module, tdr } = host;
  if (module.td(tdr) === undefined) throw outOfRange("host.tdr", "the address of a TDR", tdr);
  const map = new FrameMap(memory.bytes / PAGE_BYTES, OTHER!);
  const mark = (pages: FrameChunk, fate: number) => map.updateChunk(pages, () => fate);
  for (const type of TYPES) {
    for (const pages of module.pagesOf(tdr, type)) mark(pages, LEAKED!);
  }
  mark(runOf(tdr / PAGE_BYTES, 1), LEAKED!);
  return {
    onBack: (pages, used) => mark(pages, used ? USED! : FREE!),
    fates() {
      memory.forEachPagesWith((state) => state.memory.poison !== null, (pages) => {
        map.updateChunk(pages, (fate) => {
          if (fate === OTHER || fate === FREE) return POISONED!;
          // A page that was used had all its lines loaded, so whatever is poisoned was met.
          return fate === USED ? RETIRED! : fate;
        });
      });
      return map;
    },
  };
}

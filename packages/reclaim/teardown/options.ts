import type { FrameChunk } from "@tdx/core";

/**
 * How Linux takes the memory back: `dynamic` removes every page while the TD's key is live
 * (mainline through 2026); `terminate` frees the key first (proposed KVM_TDX_TERMINATE_VM).
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, type TeardownPath } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const removals = async (path: TeardownPath) => {
 *   const { memory, module, tdr } = createTdHost({ platform: gnr, guestBytes: 4 * MiB, vcpus: 1 });
 *   const { seamcalls } = await createReclaimer({ memory }).teardown(module, tdr, { path });
 *   return seamcalls["TDH.MEM.PAGE.REMOVE"];
 * };
 * assertEquals(await removals("dynamic"), 1024); // D3 for every guest page
 * assertEquals(await removals("terminate"), undefined);
 * ```
 */
export type TeardownPath = "terminate" | "dynamic";

/**
 * All paths.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { estimate, TEARDOWN_PATHS } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const td = { platform: gnr, guestBytes: 400 * GiB, vcpus: 64 };
 * const totals = TEARDOWN_PATHS.map((path) => estimate({ ...td, path }).always.total);
 * assertEquals(totals.map(({ seconds }) => seconds?.low), [467, 5539]);
 * ```
 */
export const TEARDOWN_PATHS: readonly TeardownPath[] = ["terminate", "dynamic"];

/**
 * The phases of a teardown, each of which a path goes through once.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, type TeardownPhase } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const { memory, module, tdr } = createTdHost({ platform: gnr, guestBytes: MiB, vcpus: 1 });
 * const phases = new Set<TeardownPhase>();
 * await createReclaimer({ memory }).teardown(module, tdr, {
 *   onProgress: ({ phase }) => phases.add(phase),
 * });
 * assertEquals([...phases], ["free the key", "reclaim pages", "reclaim TDR"]);
 * ```
 */
export type TeardownPhase = "remove guest pages" | "free the key" | "reclaim pages" | "reclaim TDR";

/**
 * How far a teardown is.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, type TeardownProgress } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const { memory, module, tdr } = createTdHost({ platform: gnr, guestBytes: MiB, vcpus: 1 });
 * const seen: TeardownProgress[] = [];
 * await createReclaimer({ memory }).teardown(module, tdr, {
 *   onProgress: (progress) => seen.push(progress),
 * });
 * assertEquals(seen[0]?.pagesDone, 0);
 * assertEquals(seen.at(-1)?.pagesDone, seen.at(-1)?.pagesTotal);
 * ```
 */
export interface TeardownProgress {
  /** What is being done. */
  readonly phase: TeardownPhase;
  /** Pages of the TD that are done, leaked ones included. */
  readonly pagesDone: number;
  /** Pages of the TD when the teardown began. */
  readonly pagesTotal: number;
}

/**
 * How a teardown goes about it.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, type TeardownOptions } from "@tdx/reclaim";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const options: TeardownOptions = { path: "dynamic", reuse: true };
 * const { memory, module, tdr } = createTdHost({ platform: spr, guestBytes: 4 * MiB, vcpus: 1 });
 * const careless = createReclaimer({ memory, policy: "never" });
 * const { machineChecks } = await careless.teardown(module, tdr, options);
 * assertEquals(machineChecks, 1024); // a partial write poisons (W5), the load consumes (R0)
 * ```
 */
export interface TeardownOptions {
  /** The path; default `terminate`. */
  readonly path?: TeardownPath;
  /** Called when a phase begins, now and then within it, and at the end. */
  readonly onProgress?: (progress: TeardownProgress) => void;
  /**
   * Called with the pages that came back, when they are reset and, with `reuse`, used by the host.
   * The chunk is valid during the call only. What never comes back is leaked.
   */
  readonly onBack?: (pages: FrameChunk, used: boolean) => void;
  /** Stops it between two pages; a second teardown finishes the work. */
  readonly signal?: AbortSignal;
  /**
   * Whether the host uses every guest page as soon as it has it: a process writes a part of each
   * line past the cache, then loads it. That is when a skipped clear shows; default `false`.
   */
  readonly reuse?: boolean;
}

import type { FrameChunk, Platform } from "@tdx/core";
import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import type { Policy } from "../decide.ts";

/**
 * How Linux takes the memory back: `dynamic` removes every page while the TD's key is live
 * (mainline through 2026); `terminate` frees the key first (proposed KVM_TDX_TERMINATE_VM).
 */
export type TeardownPath = "dynamic" | "terminate";

/** The path that Linux takes. */
export const MAINLINE_PATH: TeardownPath = "dynamic";

/** All paths, the one that Linux takes first. */
export const TEARDOWN_PATHS: readonly [TeardownPath, ...TeardownPath[]] = [
  MAINLINE_PATH,
  "terminate",
];

/** The phases of a teardown, each of which a path goes through once. */
export type TeardownPhase = "remove guest pages" | "free the key" | "reclaim pages" | "reclaim TDR";

/** How far a teardown is. */
export interface TeardownProgress {
  /** What is being done. */
  readonly phase: TeardownPhase;
  /** Pages of the TD that are done, leaked ones included. */
  readonly pagesDone: number;
  /** Pages of the TD when the teardown began. */
  readonly pagesTotal: number;
}

/** A host that is like the one of a teardown but for its platform and its clearing policy. */
export interface OtherHost {
  /** Its platform. */
  readonly platform: Platform;
  /** When it clears. */
  readonly policy: Policy;
}

/** How a teardown goes about it. */
export interface TeardownOptions {
  /** The path; default {@link MAINLINE_PATH}. */
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
  /**
   * Other hosts, for each of which there is a report too: what the same teardown would have come to
   * there, at a fraction of what it would cost to simulate it. Default none.
   */
  readonly others?: readonly OtherHost[];
}

const TEARDOWN_OPTIONS: readonly (keyof TeardownOptions)[] = [
  "path",
  "onProgress",
  "onBack",
  "signal",
  "reuse",
  "others",
];

/** Throws if an option is misspelt, or the path not known. */
export function requireTeardownOptions(options: TeardownOptions): void {
  requireOptions("options", options, TEARDOWN_OPTIONS);
  if (options.path !== undefined) requireOneOf("path", options.path, TEARDOWN_PATHS);
}

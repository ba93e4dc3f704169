import { requireOneOf, requireWhole } from "@tdx/core/arguments";
import { StateLimitError } from "../model/explore.ts";
import { type Leaf, LEAVES } from "./_program.ts";
import type { TeardownSystem } from "./_system.ts";

/** A SEAMCALL that a teardown can make. */
export type SeamcallName = Leaf;

/** All SEAMCALLs that a teardown can make. */
export const SEAMCALL_NAMES: readonly SeamcallName[] = Object.keys(LEAVES) as Leaf[];

/** How large the machine is that is explored, and how much can go wrong. */
export interface TeardownBound {
  /** Guest pages, 1 to 16; default 2. The last of two or more is still to be accepted. */
  readonly pages?: number;
  /** vCPUs, 1 to 8; default 2. */
  readonly vcpus?: number;
  /** Packages, 1 to 8; default 2. */
  readonly packages?: number;
  /** How many SEAMCALLs may fail, or TDs turn fatal, where Linux does not expect it; default 1. */
  readonly faults?: number;
  /** The only SEAMCALL that may fail; default any. */
  readonly fail?: SeamcallName;
  /** How many answers BUSY and INTERRUPTED_RESUMABLE there may be besides; default 1. */
  readonly busy?: number;
}

/** The names of what {@link TeardownBound} has. */
export const BOUND_OPTIONS: readonly (keyof TeardownBound)[] = [
  "pages",
  "vcpus",
  "packages",
  "faults",
  "fail",
  "busy",
];

/** How long an exploration may go on, and who is told. */
export interface TeardownLimits {
  /** The most states to visit; default 2^24. */
  readonly stateLimit?: number;
  /** Stops the exploration. */
  readonly signal?: AbortSignal;
  /** Called now and then with the number of states so far. */
  readonly onProgress?: (states: number) => void;
}

/** The names of what {@link TeardownLimits} has. */
export const LIMIT_OPTIONS: readonly (keyof TeardownLimits)[] = [
  "stateLimit",
  "signal",
  "onProgress",
];

/** The most states that are visited where no limit is given. */
export const DEFAULT_STATE_LIMIT: number = 2 ** 24;
/** States between two looks at the event loop. */
const SLICE = 2 ** 13;

/** The bound with its defaults; throws if a number is out of range, or the SEAMCALL none. */
export function requireBound(options: TeardownBound): Required<Omit<TeardownBound, "fail">> {
  const { pages = 2, vcpus = 2, packages = 2, faults = 1, busy = 1 } = options;
  requireWhole("pages", pages, 1, 16);
  requireWhole("vcpus", vcpus, 1, 8);
  requireWhole("packages", packages, 1, 8);
  requireWhole("faults", faults, 0, 8);
  requireWhole("busy", busy, 0, 8);
  if (options.fail !== undefined) requireOneOf("fail", options.fail, SEAMCALL_NAMES);
  return { pages, vcpus, packages, faults, busy };
}

/** Runs an exploration to its end, some states at a time; `run` says if it is there. */
export async function runWithin(
  system: TeardownSystem,
  { stateLimit = DEFAULT_STATE_LIMIT, onProgress, signal }: TeardownLimits,
  run: (count: number) => boolean,
): Promise<void> {
  requireWhole("stateLimit", stateLimit, 1);
  while (true) {
    signal?.throwIfAborted();
    const isDone = run(SLICE);
    if (system.size > stateLimit) {
      throw new StateLimitError(
        `Expected at most ${stateLimit} states, got more: nothing is known about the rest`,
      );
    }
    onProgress?.(system.size);
    if (isDone) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

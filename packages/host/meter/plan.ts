import { GiB, KiB, MiB, PAGE_BYTES } from "@tdx/core";
import {
  requireArray,
  requireFunction,
  requireInstance,
  requireNumber,
  requireOneOf,
  requireOptions,
} from "@tdx/core/arguments";
import { METER_METHODS, type MeterMethodName } from "./methods.ts";
import type { MeterOptions, MeterPages } from "./meter_options.ts";

const OPTIONS: readonly (keyof MeterOptions)[] = [
  "methods",
  "steps",
  "pages",
  "bytesPerThread",
  "threads",
  "seconds",
  "signal",
  "onProgress",
];

/** Steps that are measured unless others are asked for: the sizes of x86-64's pages. */
const STEPS: readonly number[] = [4 * KiB, 2 * MiB, GiB];
const SECONDS = 20;

/** What to measure; the size is settled when the cache is known. */
export interface MeterPlan {
  readonly methods: readonly MeterMethodName[];
  readonly pages: readonly MeterPages[];
  /** Numbers of threads, one after the other. */
  readonly threads: readonly number[];
  readonly seconds: number;
}

/** How much memory, and how much of it at a time. */
export interface MeterSizes {
  readonly bytesPerThread: number;
  readonly steps: readonly number[];
  /** Steps that were not asked for by name and do not fit. */
  readonly tooLarge: readonly number[];
}

/**
 * Reads the options that need no machine.
 *
 * @param options The options.
 * @param processors How many this process may use.
 * @throws {TypeError} Where one is of a wrong type.
 * @throws {RangeError} Where one is out of range.
 */
export function planMeter(options: MeterOptions, processors: number): MeterPlan {
  requireOptions("options", options, OPTIONS);
  const { threads = 1, seconds = SECONDS, signal, onProgress } = options;
  requireNumber("threads", threads);
  requireNumber("seconds", seconds);
  if (signal !== undefined) requireInstance("signal", signal, AbortSignal);
  if (onProgress !== undefined) requireFunction("onProgress", onProgress);
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > processors) {
    throw new RangeError(
      `Expected threads from 1 to ${processors}, the processors this process may use, got ${threads}`,
    );
  }
  if (!(Number.isFinite(seconds) && seconds > 0)) {
    throw new RangeError(`Expected seconds as a number above 0, got ${seconds}`);
  }
  return {
    methods: chosen("methods", options.methods, Object.keys(METER_METHODS) as MeterMethodName[]),
    pages: chosen("pages", options.pages, ["4KiB", "huge"]),
    threads: threads === 1 ? [1] : [1, threads],
    seconds,
  };
}

/**
 * Settles size and steps.
 *
 * @param options The options.
 * @param cacheBytes Size of the last-level cache, `null` where it is not known.
 * @throws {TypeError} Where one is of a wrong type.
 * @throws {RangeError} Where the size is 0, or no multiple of 4 KiB or of a step.
 */
export function planSizes(options: MeterOptions, cacheBytes: number | null): MeterSizes {
  // A buffer that fits in the cache would time the cache.
  const enough = Math.ceil(2 * (cacheBytes ?? 0) / GiB) * GiB;
  const { bytesPerThread = Math.max(GiB, enough), steps: asked = [] } = options;
  requireNumber("bytesPerThread", bytesPerThread);
  requireArray("steps", asked, requireNumber);
  requireMultiple("the size of a thread's memory", bytesPerThread, PAGE_BYTES);
  const fitting = STEPS.filter((step) => step <= bytesPerThread);
  const steps = asked.length === 0 ? fitting : [...new Set(asked)];
  for (const step of steps) {
    requireMultiple("a step", step, PAGE_BYTES);
    requireMultiple("the size of a thread's memory", bytesPerThread, step);
  }
  const tooLarge = asked.length === 0 ? STEPS.slice(fitting.length) : [];
  return { bytesPerThread, steps, tooLarge };
}

function requireMultiple(what: string, bytes: number, of: number): void {
  if (Number.isSafeInteger(bytes) && bytes > 0 && bytes % of === 0) return;
  throw new RangeError(`Expected ${what} as a multiple of ${of} bytes above 0, got ${bytes}`);
}

function chosen<T extends string>(
  what: string,
  names: readonly T[] = [],
  known: readonly T[],
): readonly T[] {
  requireArray(what, names, (name, value) => requireOneOf(name, value, known));
  return names.length === 0 ? known : [...new Set(names)];
}

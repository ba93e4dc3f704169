import { GiB, KiB, MiB, PAGE_BYTES, showSize } from "@tdx/core";
import {
  outOfRange,
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
const DAY_SECONDS = 86_400;

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
    const expected = `a whole number from 1 to ${processors}, the processors this process may use`;
    throw outOfRange("threads", expected, threads);
  }
  if (!(seconds > 0 && seconds <= DAY_SECONDS)) {
    throw outOfRange("seconds", `above 0 and at most ${DAY_SECONDS}, one day`, seconds);
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
  requireArray("steps", asked, (name, step) => requireMultiple(name, step, PAGE_BYTES));
  requireMultiple("bytesPerThread", bytesPerThread, PAGE_BYTES);
  const fitting = STEPS.filter((step) => step <= bytesPerThread);
  const steps = asked.length === 0 ? fitting : [...new Set(asked)];
  for (const step of steps) requireMultiple("bytesPerThread", bytesPerThread, step);
  const tooLarge = asked.length === 0 ? STEPS.slice(fitting.length) : [];
  return { bytesPerThread, steps, tooLarge };
}

function requireMultiple(name: string, value: unknown, of: number): void {
  requireNumber(name, value);
  const bytes = value as number;
  if (Number.isSafeInteger(bytes) && bytes > 0 && bytes % of === 0) return;
  // What is short of a multiple by a few bytes is a multiple when rounded.
  const size = Number.isSafeInteger(bytes) && bytes >= KiB ? `${showSize(bytes)}, ` : "";
  throw new RangeError(
    `Expected ${name} to be a multiple of ${showSize(of)} above 0, got ${size}${bytes} bytes`,
  );
}

function chosen<T extends string>(
  what: string,
  names: readonly T[] = [],
  known: readonly T[],
): readonly T[] {
  requireArray(what, names, (name, value) => requireOneOf(name, value, known));
  return names.length === 0 ? known : [...new Set(names)];
}

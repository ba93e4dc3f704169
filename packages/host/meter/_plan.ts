import { GiB, KiB, MiB, PAGE_BYTES, showSize } from "@tdx/core";
import { outOfRange, requireOneOf, requireOptions } from "@tdx/core/arguments";
import type { MeterCpu } from "./cpu.ts";
import type { MeterOptions, MeterPages } from "./meter_options.ts";
import type { NotMeasured } from "./meter_report.ts";
import { METER_METHODS, type MeterMethodName, obstacleTo } from "./methods.ts";

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
/** Share of the last-level cache to fill; the rest is left to others, so that none of it is evicted. */
const SHARE_OF_CACHE = 0.25;

/** What to measure; the size is settled when the cache is known. */
export interface MeterPlan {
  readonly methods: readonly MeterMethodName[];
  readonly pages: readonly MeterPages[];
  /** Numbers of threads, one after the other. */
  readonly threads: readonly number[];
  readonly seconds: number;
}

/** A method on a step, by all threads at once. */
export interface Sweep {
  readonly method: MeterMethodName;
  readonly threads: number;
  readonly stepBytes: number;
  /** How much of its buffer each thread sweeps: all of it, but for a flush. */
  readonly bytes: number;
}

/**
 * Reads the options that need no machine.
 *
 * @param options The options.
 * @param processors How many this process may use.
 * @throws {TypeError} If one is not known.
 * @throws {RangeError} If one is out of range.
 */
export function planMeter(options: MeterOptions, processors: number): MeterPlan {
  requireOptions("options", options, OPTIONS);
  const { threads = 1, seconds = SECONDS } = options;
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > processors) {
    const expected = `a whole number from 1 to ${processors}, the processors this process may use`;
    throw outOfRange("threads", expected, threads);
  }
  if (!(seconds > 0 && seconds <= DAY_SECONDS)) {
    throw outOfRange("seconds", `above 0 and at most ${DAY_SECONDS}, one day`, seconds);
  }
  // Sizes that fit no machine are refused before this one is asked for anything.
  planSizes(options, null);
  return {
    methods: chosen("methods", options.methods, Object.keys(METER_METHODS) as MeterMethodName[]),
    pages: chosen("pages", options.pages, ["4KiB", "huge"]),
    threads: threads === 1 ? [1] : [1, threads],
    seconds,
  };
}

function chosen<T extends string>(
  what: string,
  names: readonly T[] = [],
  known: readonly T[],
): readonly T[] {
  names.forEach((name, i) => requireOneOf(`${what}[${i}]`, name, known));
  return names.length === 0 ? known : [...new Set(names)];
}

/** How much memory, and how much of it at a time. */
export interface MeterSizes {
  readonly bytesPerThread: number;
  readonly steps: readonly number[];
  /** Steps that were not asked for by name and do not fit. */
  readonly tooLarge: readonly number[];
}

/**
 * Settles size and steps.
 *
 * @param options The options.
 * @param cacheBytes Size of the last-level cache, `null` where it is not known.
 * @throws {RangeError} If the size is 0, or no multiple of 4 KiB or of a step.
 */
export function planSizes(options: MeterOptions, cacheBytes: number | null): MeterSizes {
  // A buffer that fits in the cache would time the cache.
  const enough = Math.ceil(2 * (cacheBytes ?? 0) / GiB) * GiB;
  const { bytesPerThread = Math.max(GiB, enough), steps: asked = [] } = options;
  asked.forEach((step, i) => requireMultiple(`steps[${i}]`, step, PAGE_BYTES));
  requireMultiple("bytesPerThread", bytesPerThread, PAGE_BYTES);
  const fitting = STEPS.filter((step) => step <= bytesPerThread);
  const steps = asked.length === 0 ? fitting : [...new Set(asked)];
  for (const step of steps) requireMultiple("bytesPerThread", bytesPerThread, step);
  return { bytesPerThread, steps, tooLarge: asked.length === 0 ? STEPS.slice(fitting.length) : [] };
}

function requireMultiple(name: string, bytes: number, of: number): void {
  if (Number.isSafeInteger(bytes) && bytes > 0 && bytes % of === 0) return;
  // What is short of a multiple by a few bytes is a multiple when rounded.
  const size = Number.isSafeInteger(bytes) && bytes >= KiB ? `${showSize(bytes)}, ` : "";
  throw new RangeError(
    `Expected ${name} to be a multiple of ${showSize(of)} above 0, got ${size}${bytes} bytes`,
  );
}

/**
 * Settles what is swept, and what is not and why.
 *
 * A flush sweeps only what a cache can hold dirty: a share of the last-level cache.
 */
export function planSweeps(
  { methods, threads }: MeterPlan,
  { bytesPerThread, steps, tooLarge }: MeterSizes,
  cpu: MeterCpu,
): { readonly sweeps: readonly Sweep[]; readonly notMeasured: readonly NotMeasured[] } {
  const lacking = methods.flatMap((method) => {
    const reason = obstacleTo(METER_METHODS[method], cpu);
    return reason === undefined ? [] : [{ method, reason }];
  });
  const sweeps = methods.filter((method) => !lacking.some((one) => one.method === method))
    .flatMap((method) =>
      threads.flatMap((count) =>
        steps.map((stepBytes): Sweep => {
          const each = (cpu.lastLevelCacheBytes ?? 0) * SHARE_OF_CACHE / count;
          const dirty = Math.min(bytesPerThread, Math.floor(each / stepBytes) * stepBytes);
          const bytes = METER_METHODS[method].keepsData ? dirty : bytesPerThread;
          return { method, threads: count, stepBytes, bytes };
        })
      )
    );
  return {
    sweeps: sweeps.filter(({ bytes }) => bytes > 0),
    notMeasured: [
      ...lacking,
      ...tooLarge.map((stepBytes) => ({ stepBytes, reason: "larger than the memory of a thread" })),
      ...sweeps.filter(({ bytes }) => bytes === 0).map(({ method, stepBytes, threads }) => ({
        method,
        stepBytes,
        reason: `larger than the part of the cache that each of ${threads} may fill`,
      })),
    ],
  };
}

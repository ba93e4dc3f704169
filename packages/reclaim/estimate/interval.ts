/**
 * A range, both ends included; a single figure has both ends alike.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { estimate, type Interval } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assert } from "@std/assert";
 *
 * // Between two points of the published table two straight lines part.
 * const { always } = estimate({ platform: gnr, guestBytes: 64 * GiB, vcpus: 16 });
 * const seconds: Interval = always.total.seconds!;
 * assert(24 < seconds.low && seconds.low < seconds.high && seconds.high < 134);
 * ```
 */
export interface Interval {
  /** The lowest figure. */
  readonly low: number;
  /** The highest figure. */
  readonly high: number;
}

/**
 * A figure that may be unknown, which is `null`.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { estimate, type Known } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const seconds = (guestGiB: number): Known =>
 *   estimate({ platform: gnr, guestBytes: guestGiB * GiB, vcpus: 4 }).always.total.seconds;
 * assertEquals(seconds(18), { low: 24, high: 24 });
 * assertEquals(seconds(4), null); // smaller than anything published
 * ```
 */
export type Known = Interval | null;

/** The range of one figure. */
export function exactly(figure: number): Interval {
  return { low: figure, high: figure };
}

/**
 * The range of a sum of factors times figures that vary independently of one another; unknown where
 * it takes an unknown figure. Nothing of an unknown figure is nothing.
 */
export function weighted(...terms: readonly (readonly [number, Known])[]): Known {
  let [low, high] = [0, 0];
  for (const [factor, figure] of terms) {
    if (factor === 0) continue;
    if (figure === null) return null;
    low += factor * (factor < 0 ? figure.high : figure.low);
    high += factor * (factor < 0 ? figure.low : figure.high);
  }
  return { low, high };
}

/** The range over several cases; unknown where it is in one of them. */
export function hull(cases: readonly Known[]): Known {
  const known = cases.filter((figure) => figure !== null);
  if (known.length < cases.length) return null;
  return {
    low: Math.min(...known.map(({ low }) => low)),
    high: Math.max(...known.map(({ high }) => high)),
  };
}

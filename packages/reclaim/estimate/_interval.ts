import type { Interval, Known } from "@tdx/core";

/** The range of one figure. */
export function exactly(figure: number): Interval {
  return { low: figure, high: figure };
}

/**
 * The range of a sum of factors times figures that vary independently of one another; unknown if it
 * takes an unknown figure. A figure with the factor 0 is not taken.
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

/** The range over several cases; unknown if it is in one of them. */
export function hull(cases: readonly Known[]): Known {
  const known = cases.filter((figure) => figure !== null);
  if (known.length < cases.length) return null;
  return {
    low: Math.min(...known.map(({ low }) => low)),
    high: Math.max(...known.map(({ high }) => high)),
  };
}

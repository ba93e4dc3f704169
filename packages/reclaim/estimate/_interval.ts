import type { Interval } from "@tdx/core";

/** The range of one figure. */
export function exactly(figure: number): Interval {
  return { low: figure, high: figure };
}

/** The range of a sum of factors times figures that vary independently of one another. */
export function weighted(...terms: readonly (readonly [number, Interval])[]): Interval {
  let [low, high] = [0, 0];
  for (const [factor, figure] of terms) {
    low += factor * (factor < 0 ? figure.high : figure.low);
    high += factor * (factor < 0 ? figure.low : figure.high);
  }
  return { low, high };
}

/** The range over several cases. */
export function hull(cases: readonly Interval[]): Interval {
  return {
    low: Math.min(...cases.map(({ low }) => low)),
    high: Math.max(...cases.map(({ high }) => high)),
  };
}

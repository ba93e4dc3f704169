/** What is measured, and what beside it in turn. */
export interface Comparison {
  /** What is measured. */
  readonly name: string;
  /** Unit of both samples. */
  readonly unit: string;
  /** How often both are measured, after one time that is not counted. */
  readonly repeats: number;
  /** Gives one value. */
  readonly measure: () => number | Promise<number>;
  /** The yardstick, which gives one value in the same unit. */
  readonly beside: { readonly name: string; readonly measure: () => number | Promise<number> };
  /** The goal, as a sentence; and whether the median meets it. */
  readonly goal?: Goal;
}

/** What a figure is to reach. */
export interface Goal {
  readonly text: string;
  readonly met: (median: number, ratio: number) => boolean;
}

/** A figure: what was measured, beside what it is to be compared with, in the same run. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** One value per repeat. */
  readonly samples: readonly number[];
  readonly beside: { readonly name: string; readonly samples: readonly number[] };
  /** The most memory that its process held, in MiB, where that was measured. */
  readonly mebibytes?: number;
  readonly goal?: Goal;
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Measures two things in turn, so that a machine that gets slower gets slower for both. */
export async function inTurn({ repeats, measure, beside, ...rest }: Comparison): Promise<Figure> {
  const samples: number[] = [];
  const yard: number[] = [];
  for (let i = 0; i <= repeats; i++) {
    const [value, yardstick] = [await measure(), await beside.measure()];
    if (i === 0) continue;
    samples.push(value);
    yard.push(yardstick);
  }
  return { ...rest, samples, beside: { name: beside.name, samples: yard } };
}

/** Time something takes, in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Times how long it takes to fill some bytes that are there already, in milliseconds. */
export function fillOf(bytes: number): () => Promise<number> {
  const filled = new Uint8Array(bytes).fill(1);
  return () => timed(() => filled.fill(2));
}

/** A figure: what was measured, beside what it is to be compared with, in the same run. */
export interface Figure {
  /** What was measured. */
  readonly name: string;
  /** Unit of both samples. */
  readonly unit: string;
  /** One value per repeat. */
  readonly samples: readonly number[];
  /** The yardstick, measured in turn with it. */
  readonly beside: { readonly name: string; readonly samples: readonly number[] };
  /** The goal, as a sentence; and whether the median meets it. */
  readonly goal?: {
    readonly text: string;
    readonly met: (median: number, ratio: number) => boolean;
  };
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * Measures two things in turn, so that a machine that gets slower gets slower for both.
 *
 * @param repeats How often each is measured, after one run that is not counted.
 * @param subject Gives one value.
 * @param yardstick Gives one value in the same unit.
 */
export async function inTurn(
  repeats: number,
  subject: () => number | Promise<number>,
  yardstick: () => number | Promise<number>,
): Promise<{ samples: number[]; yard: number[] }> {
  const samples: number[] = [];
  const yard: number[] = [];
  for (let i = 0; i <= repeats; i++) {
    const [value, beside] = [await subject(), await yardstick()];
    if (i === 0) continue;
    samples.push(value);
    yard.push(beside);
  }
  return { samples, yard };
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

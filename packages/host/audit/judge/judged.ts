import { type Evidence, FILES, type Told } from "../readers/evidence.ts";

/** A conclusion, with what it was drawn from. */
export interface Judged<T> {
  readonly value: T;
  /** What was seen. */
  readonly seen: string;
  /** Where. */
  readonly source: string;
}

/** What a file may show: the conclusion, what was seen, and in which file. */
export type Sign<T> = (
  told: Told,
  evidence: Evidence,
) => readonly [value: T, seen: string, item: keyof Evidence] | false | undefined;

/** Looks for signs, in order; the first that is there decides. */
export function judgeBy<T>(
  signs: readonly Sign<T>[],
  told: Told,
  evidence: Evidence,
): Judged<T> | undefined {
  for (const sign of signs) {
    const shown = sign(told, evidence);
    if (shown) return { value: shown[0], seen: shown[1], source: FILES[shown[2]].name };
  }
  return undefined;
}

import { type Evidence, FILES, type Told } from "../readers/evidence.ts";

/** A conclusion, with what it was drawn from. */
export interface Judged<T> {
  readonly value: T;
  /** What was seen. */
  readonly seen: string;
  /** Where. */
  readonly source: string;
}

/** What a file shows, if it does: the conclusion, what was seen, and in which file. */
export type Rule<T> = (
  told: Told,
  evidence: Evidence,
) => readonly [value: T, seen: string, item: keyof Evidence] | false | undefined;

/** Applies the rules in order; the first that shows something decides. */
export function judgeBy<T>(
  rules: readonly Rule<T>[],
  told: Told,
  evidence: Evidence,
): Judged<T> | undefined {
  for (const rule of rules) {
    const shown = rule(told, evidence);
    if (shown) return { value: shown[0], seen: shown[1], source: FILES[shown[2]].name };
  }
  return undefined;
}

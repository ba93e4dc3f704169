import { type Evidence, FILES } from "../readers/evidence.ts";

/** A conclusion, with what it was drawn from. */
export interface Judged<T> {
  readonly value: T;
  /** What was seen. */
  readonly seen: string;
  /** Where. */
  readonly source: string;
}

/** What a file tells, if it does: the conclusion, what was seen, and in which file. */
export type Rule<T> = (
  evidence: Evidence,
) => readonly [value: T, seen: string, item: keyof Evidence] | undefined;

/** Applies the rules in order; the first that tells decides. */
export function firstToTell<T>(
  rules: readonly Rule<T>[],
  evidence: Evidence,
): Judged<T> | undefined {
  for (const rule of rules) {
    const told = rule(evidence);
    if (told !== undefined) return { value: told[0], seen: told[1], source: FILES[told[2]].name };
  }
  return undefined;
}

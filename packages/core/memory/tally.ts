import type { Transition } from "../line/line_automaton.ts";
import type { RuleId } from "../line/rules.ts";

/** Counts of what operations did to lines. */
export interface Counts {
  /** Lines that were operated on. */
  readonly lines: number;
  /** Lines at which executing software consumed poison. */
  readonly machineChecks: number;
  /** 4 KiB pages with at least one such line. */
  readonly machineCheckPages: number;
  /** Lines that a failed check poisoned, each logged as UCNA. */
  readonly logged: number;
  /** Lines whose poison was cleared. */
  readonly cleared: number;
  /** Lines whose access was refused (W6, F1). */
  readonly refused: number;
  /** How often each rule fired. */
  readonly rules: Readonly<Partial<Record<RuleId, number>>>;
}

/** One operation on its way over lines: gives their transitions and counts what they bring. */
export class Tally {
  /** See {@link Counts.machineCheckPages}; lines alone do not tell it. */
  machineCheckPages = 0;
  /** The step that a line of a state takes; to be counted by {@link step}. */
  readonly transition: (state: number) => Transition;
  /** Lines met so far, by their state. */
  readonly #lines = new Map<number, number>();
  /** The state of the last step, its lines that are not in the map yet, and its transition. */
  #state = -1;
  #pending = 0;
  #last: Transition | undefined;

  constructor(transition: (state: number) => Transition) {
    this.transition = transition;
  }

  /** Takes the step for a number of lines of one state; neighbours are mostly alike. */
  step(state: number, lines: number): Transition {
    if (state !== this.#state || this.#last === undefined) {
      this.#settle();
      this.#last = this.transition(state);
      this.#state = state;
    }
    this.#pending += lines;
    return this.#last;
  }

  /** Adds what another tally of the same operation has met. */
  add(other: Tally): void {
    this.machineCheckPages += other.machineCheckPages;
    other.#settle();
    for (const [state, lines] of other.#lines) this.step(state, lines);
  }

  #settle(): void {
    if (this.#pending === 0) return;
    this.#lines.set(this.#state, (this.#lines.get(this.#state) ?? 0) + this.#pending);
    this.#pending = 0;
  }

  /** What has been counted so far. */
  counts(): Counts {
    return countsOf([this]);
  }

  /** Adds what has been counted so far to other counts. */
  addTo(sum: Sum): void {
    sum.machineCheckPages += this.machineCheckPages;
    this.#settle();
    for (const [state, lines] of this.#lines) {
      const outcome = this.transition(state);
      sum.lines += lines;
      if (outcome.machineCheck) sum.machineChecks += lines;
      if (outcome.logged) sum.logged += lines;
      if (outcome.cleared) sum.cleared += lines;
      if (outcome.refused) sum.refused += lines;
      for (const id of outcome.rules) sum.rules[id] = (sum.rules[id] ?? 0) + lines;
    }
  }
}

type Sum = { -readonly [Name in Exclude<keyof Counts, "rules">]: number } & {
  rules: Partial<Record<RuleId, number>>;
};

/** The counts of several operations together. */
export function countsOf(tallies: Iterable<Tally>): Counts {
  const sum: Sum = {
    lines: 0,
    machineChecks: 0,
    machineCheckPages: 0,
    logged: 0,
    cleared: 0,
    refused: 0,
    rules: {},
  };
  for (const tally of tallies) tally.addTo(sum);
  return sum;
}

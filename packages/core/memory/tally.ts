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

/** The counts before anything happened. */
const NO_COUNTS: Counts = {
  lines: 0,
  machineChecks: 0,
  machineCheckPages: 0,
  logged: 0,
  cleared: 0,
  refused: 0,
  rules: {},
};

/** One operation on its way over lines: gives their transitions and counts what they bring. */
export class Tally {
  /** See {@link Counts.machineCheckPages}; lines alone do not tell it. */
  machineCheckPages = 0;
  readonly #transition: (state: number) => Transition;
  /** Lines met so far, by their state. */
  readonly #lines = new Map<number, number>();

  constructor(transition: (state: number) => Transition) {
    this.#transition = transition;
  }

  /** Takes the step for a number of lines of one state. */
  step(state: number, lines: number): Transition {
    this.#lines.set(state, (this.#lines.get(state) ?? 0) + lines);
    return this.#transition(state);
  }

  /** Adds what another tally of the same operation has met. */
  add(other: Tally): void {
    this.machineCheckPages += other.machineCheckPages;
    for (const [state, lines] of other.#lines) this.step(state, lines);
  }

  /** What has been counted so far. */
  counts(): Counts {
    const { machineCheckPages } = this;
    const rules: Partial<Record<RuleId, number>> = {};
    let [all, machineChecks, logged, cleared, refused] = [0, 0, 0, 0, 0];
    this.#lines.forEach((lines, state) => {
      const outcome = this.#transition(state);
      all += lines;
      if (outcome.machineCheck) machineChecks += lines;
      if (outcome.logged) logged += lines;
      if (outcome.cleared) cleared += lines;
      if (outcome.refused) refused += lines;
      for (const id of outcome.rules) rules[id] = (rules[id] ?? 0) + lines;
    });
    return { lines: all, machineChecks, machineCheckPages, logged, cleared, refused, rules };
  }
}

/** Adds up the counts of several operations. */
export function sumOfTallies(tallies: readonly Tally[]): Counts {
  return tallies.reduce((sum, tally) => addCounts(sum, tally.counts()), NO_COUNTS);
}

function addCounts(a: Counts, b: Counts): Counts {
  const rules = { ...a.rules };
  for (const id in b.rules) {
    rules[id as RuleId] = (rules[id as RuleId] ?? 0) + b.rules[id as RuleId]!;
  }
  return {
    lines: a.lines + b.lines,
    machineChecks: a.machineChecks + b.machineChecks,
    machineCheckPages: a.machineCheckPages + b.machineCheckPages,
    logged: a.logged + b.logged,
    cleared: a.cleared + b.cleared,
    refused: a.refused + b.refused,
    rules,
  };
}

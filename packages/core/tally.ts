import type { LineOutcome } from "./line_step.ts";
import type { RuleId } from "./rules.ts";

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

/** Counts that grow. */
export class Tally implements Counts {
  lines = 0;
  machineChecks = 0;
  machineCheckPages = 0;
  logged = 0;
  cleared = 0;
  refused = 0;
  readonly rules: Partial<Record<RuleId, number>> = {};

  /** Counts one outcome for a number of lines. */
  addOutcome(outcome: LineOutcome, lines: number): void {
    this.lines += lines;
    if (outcome.machineCheck) this.machineChecks += lines;
    if (outcome.logged) this.logged += lines;
    if (outcome.cleared) this.cleared += lines;
    if (outcome.refused) this.refused += lines;
    for (const id of outcome.rules) this.rules[id] = (this.rules[id] ?? 0) + lines;
  }

  /** Adds other counts to these. */
  addCounts(other: Counts): void {
    this.lines += other.lines;
    this.machineChecks += other.machineChecks;
    this.machineCheckPages += other.machineCheckPages;
    this.logged += other.logged;
    this.cleared += other.cleared;
    this.refused += other.refused;
    for (const [id, lines] of Object.entries(other.rules) as [RuleId, number][]) {
      this.rules[id] = (this.rules[id] ?? 0) + lines;
    }
  }
}

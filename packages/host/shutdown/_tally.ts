import type { Interval } from "@tdx/core";
import type { Refuse } from "../_text_lines.ts";
import { plainName, SHUTDOWN_FUNCTIONS } from "./functions.ts";
import type { MeasuredFunction } from "./shutdown_trace.ts";

/** What a reader adds of a function. */
interface Added {
  readonly calls?: number;
  readonly unfinished?: number;
  readonly ns?: Interval | number;
  readonly status?: bigint;
  /** How many of the calls returned it; default all of them. */
  readonly statusCalls?: number;
  readonly bytes?: number;
}

interface Sum {
  calls: number;
  unfinished: number;
  ns: { low: number; high: number } | null;
  statuses: Map<bigint, number> | null;
  bytes: number | null;
}

/** Sums up what the lines of a measurement say, function by function. */
export class Tally {
  readonly functions: Map<string, MeasuredFunction & Sum> = new Map();
  /** Makes the errors for what is wrong in the text. */
  readonly refuse: Refuse;
  /** Lost events. */
  lost = 0;
  /** The first and the last time that a line tells, in seconds. */
  readonly #times = { first: Infinity, last: -Infinity };

  constructor(refuse: Refuse) {
    this.refuse = refuse;
  }

  /**
   * Adds to a function that belongs to a shutdown what a line says of it; others are passed over.
   *
   * @throws {SyntaxError} If the sum is no figure.
   */
  add(line: number, symbol: string, added: Added): void {
    const { calls = 0, unfinished = 0, ns, status, statusCalls = calls, bytes } = added;
    const name = plainName(symbol);
    const isSeamcall = name.startsWith("tdh_");
    if (!isOfShutdown(name) && !isSeamcall) return;
    let sum = this.functions.get(name);
    if (sum === undefined) {
      sum = { calls: 0, unfinished: 0, ns: null, statuses: null, bytes: null };
      this.functions.set(name, sum);
    }
    sum.calls += calls;
    sum.unfinished += unfinished;
    if (bytes !== undefined) sum.bytes = (sum.bytes ?? 0) + bytes;
    if (ns !== undefined) {
      const { low, high } = typeof ns === "number" ? { low: ns, high: ns } : ns;
      sum.ns = { low: (sum.ns?.low ?? 0) + low, high: (sum.ns?.high ?? 0) + high };
    }
    this.#figures(line, sum.calls, sum.unfinished, sum.bytes ?? 0, sum.ns?.low ?? 0);
    // What else there is returns nothing, and leaves anything in the register.
    if (status === undefined || !isSeamcall) return;
    sum.statuses ??= new Map();
    sum.statuses.set(status, (sum.statuses.get(status) ?? 0) + statusCalls);
  }

  /**
   * Takes note of a time in seconds at which a function of a shutdown, if one is named, was entered or
   * returned; those of others are passed over.
   *
   * @throws {SyntaxError} If it is no figure.
   */
  at(line: number, symbol: string | undefined, seconds: number): void {
    if (symbol !== undefined && !isOfShutdown(plainName(symbol))) return;
    this.#figures(line, seconds);
    this.#times.first = Math.min(this.#times.first, seconds);
    this.#times.last = Math.max(this.#times.last, seconds);
  }

  /** Nanoseconds between the first time and the last. */
  get spanNs(): number | null {
    const { first, last } = this.#times;
    return last > first ? Math.round((last - first) * 1e9) : null;
  }

  #figures(line: number, ...values: readonly number[]): void {
    const wrong = values.find((value) => !isFigure(value));
    if (wrong === undefined) return;
    const got = wrong > 0 ? "more" : wrong < 0 ? "less" : "no number";
    throw this.refuse(line, `Expected counts and times from 0 to 2^53, got ${got}`);
  }
}

function isOfShutdown(name: string): boolean {
  return Object.hasOwn(SHUTDOWN_FUNCTIONS, name);
}

/** Whether a number is one that a kernel counts: not below 0, nor too large to be exact. */
export function isFigure(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

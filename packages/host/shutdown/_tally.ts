import type { Interval } from "@tdx/core";
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
  /** Lost events. */
  lost = 0;
  /** The first and the last time that a line tells, in seconds. */
  readonly #times = { first: Infinity, last: -Infinity };

  /** Adds to a function that belongs to a shutdown; others are passed over. */
  add(symbol: string, added: Added): void {
    const { calls = 0, unfinished = 0, ns, status, statusCalls = calls, bytes } = added;
    const name = plainName(symbol);
    if (!Object.hasOwn(SHUTDOWN_FUNCTIONS, name) && !name.startsWith("tdh_")) return;
    let sum = this.functions.get(name);
    if (sum === undefined) {
      sum = { calls: 0, unfinished: 0, ns: null, statuses: null, bytes: null };
      this.functions.set(name, sum);
    }
    const least = typeof ns === "object" ? ns.low : ns ?? 0;
    if (![calls, least, bytes ?? 0].every((figure) => figure <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`Expected calls, nanoseconds and bytes of ${name} below 2^53, got more`);
    }
    sum.calls += calls;
    sum.unfinished += unfinished;
    if (bytes !== undefined) sum.bytes = (sum.bytes ?? 0) + bytes;
    if (ns !== undefined) {
      const { low, high } = typeof ns === "number" ? { low: ns, high: ns } : ns;
      sum.ns = { low: (sum.ns?.low ?? 0) + low, high: (sum.ns?.high ?? 0) + high };
    }
    if (status === undefined) return;
    sum.statuses ??= new Map();
    sum.statuses.set(status, (sum.statuses.get(status) ?? 0) + statusCalls);
  }

  /** Takes note of a time, in seconds. */
  at(seconds: number): void {
    this.#times.first = Math.min(this.#times.first, seconds);
    this.#times.last = Math.max(this.#times.last, seconds);
  }

  /** Nanoseconds between the first time and the last. */
  get spanNs(): number | null {
    const { first, last } = this.#times;
    return last > first ? Math.round((last - first) * 1e9) : null;
  }
}

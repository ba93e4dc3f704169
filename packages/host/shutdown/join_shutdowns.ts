import type { Interval } from "@tdx/core";
import type { MeasuredFunction, ShutdownTrace } from "./shutdown_trace.ts";

/**
 * Puts together what several files say of one shutdown: one for each CPU, or one for each function.
 *
 * @param traces At least one.
 * @returns One measurement.
 *
 * @example
 * ```ts
 * import { joinShutdowns, readShutdown } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const cpu = "Function Hit Time Avg\n--- --- --- ---\n tdh_mem_track 3 12.500 us 4.166 us\n";
 * const { functions } = joinShutdowns([readShutdown(cpu), readShutdown(cpu)]);
 * assertEquals(functions.get("tdh_mem_track")?.calls, 6);
 * ```
 */
export function joinShutdowns(traces: readonly ShutdownTrace[]): ShutdownTrace {
  return traces.reduce((all, trace) => {
    const functions = new Map(all.functions);
    for (const [name, measured] of trace.functions) {
      const before = functions.get(name);
      functions.set(name, before === undefined ? measured : joined(before, measured));
    }
    // Clocks of different files have nothing in common.
    return { ...all, functions, lost: all.lost + trace.lost, spanNs: null };
  });
}

function joined(a: MeasuredFunction, b: MeasuredFunction): MeasuredFunction {
  return {
    calls: a.calls + b.calls,
    unfinished: a.unfinished + b.unfinished,
    ns: both(a.ns, b.ns, ({ low, high }: Interval, other) => ({
      low: low + other.low,
      high: high + other.high,
    })),
    statuses: both(a.statuses, b.statuses, (statuses, others) => {
      const sum = new Map(statuses);
      for (const [status, count] of others) sum.set(status, (sum.get(status) ?? 0) + count);
      return sum;
    }),
    bytes: both(a.bytes, b.bytes, (bytes, more) => bytes + more),
  };
}

/** One of two, or what both make together. */
function both<T>(a: T | null, b: T | null, join: (a: T, b: T) => T): T | null {
  if (a === null || b === null) return a ?? b;
  return join(a, b);
}

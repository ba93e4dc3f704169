import type { Interval } from "@tdx/core";

/** What a measurement says of one kernel function. */
export interface MeasuredFunction {
  /** How often it returned. */
  readonly calls: number;
  /** How often it was entered and had not returned at the end. */
  readonly unfinished: number;
  /** All its calls together, in nanoseconds; a range where only classes were counted. */
  readonly ns: Interval | null;
  /** Its return values with how often each came; `null` where they were not taken. */
  readonly statuses: ReadonlyMap<bigint, number> | null;
  /** Bytes it was asked to clear; `null` where its argument was not taken. */
  readonly bytes: number | null;
}

/** What measuring cost. */
export interface MeasuringCost {
  /** Nanoseconds that a probed call takes longer. */
  readonly nsPerCall: number;
  /** How many of them are measured as the function's own. */
  readonly nsSeen: number;
  /** Over how many calls both were measured. */
  readonly calls: number;
}

/** A text about a shutdown, read. */
export interface ShutdownTrace {
  /** What made it. */
  readonly form: ShutdownForm;
  /** What `uname -r` said, where it is told. */
  readonly kernel: string | null;
  /** The functions that were seen, by their plain names. */
  readonly functions: ReadonlyMap<string, MeasuredFunction>;
  /** Functions that this kernel has not, or not apart from others: inlined. */
  readonly missing: readonly string[];
  /** Functions that could not be probed. */
  readonly refused: readonly string[];
  /** Events that were lost, of all functions; above 0 the counts are too low. */
  readonly lost: number;
  /** Nanoseconds from the first call to the last return; `null` where no times were taken. */
  readonly spanNs: number | null;
  /** What measuring cost; `null` where nobody measured it. */
  readonly cost: MeasuringCost | null;
}

/** What can be read; see `readShutdown`. */
export type ShutdownForm =
  | "shutdown.sh hist"
  | "shutdown.sh profile"
  | "shutdown.sh bpftrace"
  | "shutdown.sh graph"
  | "shutdown.sh calls"
  | ForeignForm;

/** What other tools make. */
export type ForeignForm =
  | "bpftrace"
  | "funclatency"
  | "perf ftrace latency"
  | "perf ftrace profile"
  | "function_graph"
  | "trace-cmd"
  | "trace_stat"
  | "kprobe events";

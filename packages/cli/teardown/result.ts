import type { TeardownReport } from "@tdx/reclaim";
import type { SimulatedTime } from "./simulated_times.ts";

/** One run, as it is printed. */
export interface TeardownRunResult extends TeardownReport {
  /** Guest memory, in bytes. */
  readonly memoryBytes: number;
  /** Virtual CPUs. */
  readonly vcpus: number;
  /** How long it would take on a real host, by each cost of a clear. */
  readonly simulatedTimes: readonly SimulatedTime[];
  /** Time it took to build host and TD, in milliseconds. */
  readonly setUpMs: number;
  /** Time it took to tear the TD down and to use its pages, in milliseconds. */
  readonly computeMs: number;
}

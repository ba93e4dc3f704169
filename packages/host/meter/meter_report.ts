import type { MeterCpu } from "./cpu.ts";
import type { MeterPages } from "./meter_options.ts";
import type { MeterMethodName } from "./methods.ts";
import type { Spread } from "./spread.ts";

/** What stood behind the memory that was measured. */
export interface MeterBacking {
  /** What was asked for. */
  readonly pages: MeterPages;
  /**
   * How: `pool` is the kernel's pool of 2 MiB pages (`MAP_HUGETLB`), `transparent` is `madvise`,
   * for huge pages or against them.
   */
  readonly from: "pool" | "transparent";
  /** Share of it on huge pages as `/proc/self/smaps` says, 0 to 1; `null` where it does not say. */
  readonly hugeShare: number | null;
}

/** One method on one step, kind of pages and number of threads. */
export interface Measurement {
  /** The method. */
  readonly method: MeterMethodName;
  /** Bytes cleared at a time. */
  readonly stepBytes: number;
  /**
   * Bytes that each thread swept: all that the report says, but for a flush only what a cache can
   * hold dirty.
   */
  readonly bytesPerThread: number;
  /** What memory it cleared. */
  readonly backing: MeterBacking;
  /** Threads that cleared at once, each its own buffer. */
  readonly threads: number;
  /**
   * Nanoseconds for each 4 KiB of all that was cleared, by the time of the slowest thread: with more
   * threads it falls as long as memory keeps up.
   */
  readonly nsPerPage: Spread;
  /** GiB (2^30 bytes) a second of all threads together, at the median time. */
  readonly gibPerSecond: number;
  /** Sweeps over the buffers that were timed; each was verified. */
  readonly repeats: number;
}

/** What was not measured, and why. */
export interface NotMeasured {
  /** The method; all where it is left out. */
  readonly method?: MeterMethodName;
  /** The step, in bytes; all where it is left out. */
  readonly stepBytes?: number;
  /** Why, for people. */
  readonly reason: string;
}

/** What {@link meter} measured. */
export interface MeterReport {
  /** The CPU. */
  readonly cpu: MeterCpu;
  /** Size of each thread's buffer in bytes. */
  readonly bytesPerThread: number;
  /** By number of threads, pages, method and step, in the order they were asked for. */
  readonly measurements: readonly Measurement[];
  /** What is not among them. */
  readonly notMeasured: readonly NotMeasured[];
}

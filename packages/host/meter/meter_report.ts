import type { CpuIdentity } from "../cpu_identity.ts";
import type { MeterPages } from "./meter_options.ts";
import type { MeterMethodName } from "./methods.ts";
import type { Spread } from "./spread.ts";

/**
 * The CPU that measured, as its CPUID says; a hypervisor may hide features.
 *
 * @example What decides which methods run
 * ```ts
 * import type { MeterCpu } from "@tdx/host/meter";
 * import { assertEquals } from "@std/assert";
 *
 * const cpu: Pick<MeterCpu, "movdir64b" | "clflushopt"> = { movdir64b: false, clflushopt: true };
 *
 * assertEquals(cpu.movdir64b, false);
 * ```
 */
export interface MeterCpu extends CpuIdentity {
  /** Whether it has MOVDIR64B (CPUID.7.0 ECX[28]). */
  readonly movdir64b: boolean;
  /** Whether it has CLFLUSHOPT (CPUID.7.0 EBX[23]). */
  readonly clflushopt: boolean;
  /** Size of its largest cache in bytes (CPUID.4 or CPUID.8000001D), `null` where it says none. */
  readonly lastLevelCacheBytes: number | null;
}

/**
 * What stood behind the memory that was measured.
 *
 * @example Asked for and got
 * ```ts
 * import type { MeterBacking } from "@tdx/host/meter";
 * import { assertEquals } from "@std/assert";
 *
 * const backing: MeterBacking = { pages: "huge", from: "transparent", hugeShare: 1 };
 *
 * assertEquals(backing.hugeShare, 1);
 * ```
 */
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

/**
 * One method on one step, kind of pages and number of threads.
 *
 * @example How long 400 GiB take at this rate
 * ```ts
 * import type { Measurement } from "@tdx/host/meter";
 * import { assertEquals } from "@std/assert";
 *
 * const seconds = ({ nsPerPage }: Pick<Measurement, "nsPerPage">) =>
 *   400 * 2 ** 18 * nsPerPage.median / 1e9;
 *
 * assertEquals(seconds({ nsPerPage: { median: 410, low: 402, high: 433 } }), 42.991616);
 * ```
 */
export interface Measurement {
  /** The method. */
  readonly method: MeterMethodName;
  /** Bytes cleared at a time. */
  readonly stepBytes: number;
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

/**
 * What was not measured, and why.
 *
 * @example A CPU without MOVDIR64B
 * ```ts
 * import type { NotMeasured } from "@tdx/host/meter";
 * import { assertEquals } from "@std/assert";
 *
 * const missing: NotMeasured = { method: "movdir64b", reason: "CPUID.7.0 ECX[28] is 0" };
 *
 * assertEquals(missing.stepBytes, undefined);
 * ```
 */
export interface NotMeasured {
  /** A method that the CPU lacks. */
  readonly method?: MeterMethodName;
  /** A step that is larger than a buffer. */
  readonly stepBytes?: number;
  /** Why, for people. */
  readonly reason: string;
}

/**
 * What {@link meter} measured.
 *
 * @example The one figure that Linux's reset compares with
 * ```ts
 * import type { MeterReport } from "@tdx/host/meter";
 * import { assertEquals } from "@std/assert";
 *
 * const asLinux = ({ measurements }: Pick<MeterReport, "measurements">) =>
 *   measurements.find(({ method, stepBytes }) => method === "movdir64b" && stepBytes === 4096);
 *
 * assertEquals(asLinux({ measurements: [] }), undefined);
 * ```
 */
export interface MeterReport {
  /** The CPU. */
  readonly cpu: MeterCpu;
  /** Bytes that each thread cleared. */
  readonly bytesPerThread: number;
  /** By number of threads, pages, method and step, in the order they were asked for. */
  readonly measurements: readonly Measurement[];
  /** What is not among them. */
  readonly notMeasured: readonly NotMeasured[];
}

import type { MeterMethodName } from "./methods.ts";

/**
 * The pages that memory is asked for in: 4 KiB ones only, or huge ones where the kernel has them.
 */
export type MeterPages = "4KiB" | "huge";

/** What {@link meter} measures; each has a default. */
export interface MeterOptions {
  /** Methods; default all. One that the CPU lacks is not measured, and the report says so. */
  readonly methods?: readonly MeterMethodName[];
  /**
   * How much is cleared at a time, in bytes, multiples of 4096; default 4 KiB, 2 MiB and 1 GiB, those
   * that fit in a buffer.
   */
  readonly steps?: readonly number[];
  /** Kinds of pages; default both. */
  readonly pages?: readonly MeterPages[];
  /**
   * Bytes that each thread clears, a multiple of every step. Default 1 GiB, or the whole GiB from
   * twice the last-level cache where that is more.
   */
  readonly bytesPerThread?: number;
  /** Threads; above 1, one thread alone is measured first. Default 1. */
  readonly threads?: number;
  /** How long to measure, at most a day; it takes longer where three repeats do. Default 20. */
  readonly seconds?: number;
  /** Stops between two sweeps over a buffer; all memory is given back. */
  readonly signal?: AbortSignal;
  /** Is told how far it is after each sweep. */
  readonly onProgress?: (progress: MeterProgress) => void;
}

/** How far a measurement is. */
export interface MeterProgress {
  /** 0 to 1; of the whole. */
  readonly share: number;
  /** What is being measured. */
  readonly threads: number;
  /** On these pages. */
  readonly pages: MeterPages;
  /** With this method. */
  readonly method: MeterMethodName;
}

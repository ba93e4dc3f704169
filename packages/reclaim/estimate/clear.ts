import type { Interval } from "@tdx/core";
import { outOfRange } from "@tdx/core/arguments";
import { exactly } from "./_interval.ts";
import { MEASURED_CLEAR, PUBLISHED_SAVING } from "./figures.ts";

/** What a meter measured of clearing on the machine in question. */
export interface MeteredClear {
  /** Nanoseconds a page of 4 KiB, above 0. */
  readonly nsPerPage: Interval;
  /** Machine, method and spread, in words. */
  readonly source: string;
}

/**
 * Which cost of a clear an estimate reckons with: the published bound, the figure that was measured
 * for this project on an Emerald Rapids core, what a meter measured on the machine in question, or
 * nanoseconds a page of 4 KiB that the caller takes for granted.
 */
export type ClearReading = "published" | "measured" | MeteredClear | number;

/** The costs that the project knows; they do not agree. */
export const KNOWN_CLEARS: readonly ["published", "measured"] = ["published", "measured"];

/**
 * Whose figure: read in a publication, measured for this project, measured by the caller's meter
 * (`measured here`), taken for granted, derived from such figures, so that nobody said it, or
 * extrapolated beyond what was published (E8).
 */
export type Provenance =
  | "published"
  | "measured"
  | "measured here"
  | "assumed"
  | "derived"
  | "extrapolated";

/** Which cost of a clear it is, and whose figure. */
export interface ClearOrigin {
  /** The reading; `given` for a number, `metered` for what a meter measured. */
  readonly name: "published" | "measured" | "given" | "metered";
  /** Whose figure it is. */
  readonly provenance: Provenance;
  /** Where it was read. */
  readonly source: string;
}

/**
 * Says which cost of a clear a reading is, and where it was read.
 *
 * @param reading Which cost.
 * @returns Its name, whose figure it is, and the source.
 * @throws {RangeError} If there is no such reading, or its nanoseconds are not above 0.
 *
 * @example
 * ```ts
 * import { clearOrigin } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(clearOrigin("published"), {
 *   name: "published",
 *   provenance: "published",
 *   source: "Linux commit 01fb93a363e0, commit message, up to 40%",
 * });
 * ```
 */
export function clearOrigin(reading: ClearReading): ClearOrigin {
  requireReading(reading);
  if (typeof reading === "number") {
    return { name: "given", provenance: "assumed", source: "given by the caller" };
  }
  if (typeof reading === "object") {
    return { name: "metered", provenance: "measured here", source: reading.source };
  }
  const { document, at } = reading === "published" ? PUBLISHED_SAVING : MEASURED_CLEAR;
  return { name: reading, provenance: reading, source: `${document}, ${at}` };
}

/** Nanoseconds a page by a reading that the caller brings; `null` for those the project knows. */
export function givenNsPerPage(reading: ClearReading): Interval | null {
  if (typeof reading === "number") return exactly(reading);
  return typeof reading === "object" ? reading.nsPerPage : null;
}

function requireReading(reading: ClearReading): void {
  if (reading === "published" || reading === "measured") return;
  const given = givenNsPerPage(reading);
  if (given !== null && given.low > 0 && given.low <= given.high && given.high < Infinity) return;
  throw outOfRange(
    "clear",
    "published, measured, what a meter measured or a positive number of nanoseconds a page",
    reading,
  );
}

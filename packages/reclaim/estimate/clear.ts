import type { Interval } from "@tdx/core";
import {
  outOfRange,
  requireNumber,
  requireObject,
  requireString,
  wrongType,
} from "@tdx/core/arguments";

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

const EXPECTED =
  "published, measured, what a meter measured or a positive number of nanoseconds a page";

/**
 * Refuses what is no cost of a clear.
 *
 * @throws {TypeError} Where it is of a wrong type.
 * @throws {RangeError} Where it is out of range.
 */
export function requireReading(reading: ClearReading): void {
  if (reading === "published" || reading === "measured") return;
  if (typeof reading === "object" && reading !== null) return requireMetered(reading);
  if (typeof reading === "number" && reading > 0 && reading < Infinity) return;
  const error = typeof reading === "string" || typeof reading === "number" ? outOfRange : wrongType;
  throw error("clear", EXPECTED, reading);
}

function requireMetered({ nsPerPage, source }: MeteredClear): void {
  requireObject("clear.nsPerPage", nsPerPage);
  const { low, high } = nsPerPage;
  requireNumber("clear.nsPerPage.low", low);
  requireNumber("clear.nsPerPage.high", high);
  requireString("clear.source", source);
  if (low > 0 && low <= high && high < Infinity) return;
  throw outOfRange("clear.nsPerPage", "a range above 0", nsPerPage);
}

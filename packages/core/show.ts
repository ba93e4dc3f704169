import { requireWhole } from "./arguments.ts";
import { GiB, KiB, MiB, TiB } from "./units.ts";

/** A range of figures, both ends included; a single figure has both ends alike. */
export interface Interval {
  /** The lowest figure. */
  readonly low: number;
  /** The highest figure. */
  readonly high: number;
}

/** A figure that may be unknown, which is `null`. */
export type Known = Interval | null;

const UNITS: readonly (readonly [string, number])[] = [
  ["TiB", TiB],
  ["GiB", GiB],
  ["MiB", MiB],
  ["KiB", KiB],
];

/**
 * Writes a size in the largest unit that it reaches, to two places.
 *
 * @param bytes The size in bytes.
 * @returns For example `400 GiB`.
 * @throws {RangeError} If it is negative or a fraction.
 *
 * @example
 * ```ts
 * import { showSize, TiB } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([showSize(1.5 * TiB), showSize(512)], ["1.5 TiB", "512 B"]);
 * ```
 */
export function showSize(bytes: number): string {
  requireWhole("bytes", bytes, 0);
  const [unit, factor] = UNITS.find(([, size]) => bytes >= size) ?? ["B", 1];
  return `${Number((bytes / factor).toFixed(2))} ${unit}`;
}

/**
 * Writes a count with its thousands set apart.
 *
 * @param count The count.
 * @param noun What is counted, in the singular; it takes an s unless there is one of it.
 * @returns For example `262,144`, or `2 pages` where a noun is given.
 *
 * @example
 * ```ts
 * import { showCount } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([showCount(262144), showCount(1, "page")], ["262,144", "1 page"]);
 * ```
 */
export function showCount(count: number, noun?: string): string {
  // Not toLocaleString, whose first call takes a sixth of the time that Deno takes to start.
  const digits = String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  return noun === undefined ? digits : `${digits} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Writes a range with three figures.
 *
 * @param range The range; two ends that look alike are one figure.
 * @returns For example `467`, `0–187`, or `unknown`.
 *
 * @example
 * ```ts
 * import { showRange } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showRange({ low: 0, high: 186.8 }), "0–187");
 * assertEquals(showRange(null), "unknown");
 * ```
 */
export function showRange(range: Known): string {
  return range === null ? "unknown" : showEnds(range, 3);
}

/**
 * Writes a share as percents with two figures.
 *
 * @param share The share, from 0 to 1.
 * @returns For example `9.2%`, or `an unknown share`.
 *
 * @example
 * ```ts
 * import { showShare } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showShare({ low: 0, high: 0.4 }), "0–40%");
 * ```
 */
export function showShare(share: Known): string {
  if (share === null) return "an unknown share";
  return `${showEnds({ low: share.low * 100, high: share.high * 100 }, 2)}%`;
}

function showEnds(range: Interval, digits: number): string {
  const [low, high] = [showFigure(range.low, digits), showFigure(range.high, digits)];
  return low === high ? low : `${low}–${high}`;
}

/** Whole numbers are never rounded, so that a published figure stays what it is. */
function showFigure(value: number, digits: number): string {
  return value >= 10 ** (digits - 1) ? value.toFixed(0) : String(Number(value.toPrecision(digits)));
}

import { requireNumber, requireObject } from "@tdx/core/arguments";
import type { Known } from "./interval.ts";

/**
 * Writes a range with three figures.
 *
 * @param range The range; both ends alike are one figure.
 * @returns For example `467`, `0–187`, or `unknown`.
 * @throws {TypeError} Where it is no range, nor `null`.
 *
 * @example
 * ```ts
 * import { showRange } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showRange({ low: 0, high: 186.8 }), "0–187");
 * assertEquals(showRange(null), "unknown");
 * ```
 */
export function showRange(range: Known): string {
  requireKnown("range", range);
  return show(range, 3);
}

/**
 * Writes a share as percents with two figures.
 *
 * @param share The share, from 0 to 1.
 * @returns For example `9.2%`, or `an unknown share`.
 * @throws {TypeError} Where it is no range, nor `null`.
 *
 * @example
 * ```ts
 * import { showShare } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showShare({ low: 0, high: 0.4 }), "0–40%");
 * ```
 */
export function showShare(share: Known): string {
  requireKnown("share", share);
  if (share === null) return "an unknown share";
  return `${show({ low: share.low * 100, high: share.high * 100 }, 2)}%`;
}

function requireKnown(name: string, value: Known): void {
  if (value === null) return;
  requireObject(name, value);
  requireNumber(`${name}.low`, value.low);
  requireNumber(`${name}.high`, value.high);
}

function show(range: Known, digits: number): string {
  if (range === null) return "unknown";
  const [low, high] = [figure(range.low, digits), figure(range.high, digits)];
  return low === high ? low : `${low}–${high}`;
}

/** Whole numbers are never rounded, so that a published figure stays what it is. */
function figure(value: number, digits: number): string {
  return value >= 10 ** (digits - 1) ? value.toFixed(0) : String(Number(value.toPrecision(digits)));
}

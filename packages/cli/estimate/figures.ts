import type { Known } from "@tdx/reclaim";

/** Writes a range with three figures: `467`, `0–187`, or `unknown`. */
export function showRange(range: Known): string {
  return show(range, 3);
}

/** Writes a share as percents with two figures: `9.2%`. */
export function showShare(share: Known): string {
  if (share === null) return "an unknown share";
  return `${show({ low: share.low * 100, high: share.high * 100 }, 2)}%`;
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

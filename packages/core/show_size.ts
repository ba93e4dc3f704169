import { requireWhole } from "./arguments.ts";
import { GiB, KiB, MiB, TiB } from "./units.ts";

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
 * @throws {TypeError} Where it is no number.
 * @throws {RangeError} Where it is negative or not whole.
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

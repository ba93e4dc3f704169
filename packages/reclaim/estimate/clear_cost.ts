import type { Known } from "@tdx/core";
import { MEASURED_CLEAR, PUBLISHED_SAVING } from "./clear_figures.ts";
import { type ClearReading, requireReading } from "./clear.ts";
import { exactly } from "./_interval.ts";
import type { Totals } from "./published_totals.ts";

/**
 * Nanoseconds that clearing a page takes.
 *
 * The published bound is a share of the terminate path's time: on the dynamic path the same pages
 * are cleared the same way (E6), in a shutdown that takes longer.
 *
 * @param reading Which cost.
 * @param totals What the published table says, `null` outside it.
 * @param pages Pages of the whole TD, over which the published share is spread.
 * @throws {TypeError} Where the reading is of a wrong type.
 * @throws {RangeError} Where the reading is none.
 */
export function clearNsPerPage(reading: ClearReading, totals: Totals | null, pages: number): Known {
  requireReading(reading);
  if (typeof reading === "number") return exactly(reading);
  if (typeof reading === "object") return reading.nsPerPage;
  if (reading === "measured") return exactly(MEASURED_CLEAR.value);
  if (totals === null) return null;
  return { low: 0, high: PUBLISHED_SAVING.value * totals.terminate * 1e9 / pages };
}

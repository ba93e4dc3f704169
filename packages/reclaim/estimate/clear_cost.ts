import { outOfRange, wrongType } from "@tdx/core/arguments";
import { MEASURED_CLEAR, PUBLISHED_SAVING } from "./clear_figures.ts";
import { exactly, type Known } from "./interval.ts";
import type { Totals } from "./published_totals.ts";

/**
 * Whose figure: read in a publication, measured on a machine, taken for granted, or derived from
 * such figures, so that nobody said it; or there is none.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { estimate, type Provenance } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const td = { platform: gnr, guestBytes: 400 * GiB, vcpus: 64 };
 * const { always, quirk } = estimate({ ...td, clear: "measured" });
 * const whose: Provenance[] = always.terms.map(({ provenance }) => provenance);
 * assertEquals(whose, ["assumed", "assumed", "derived", "measured"]);
 * assertEquals([always, quirk].map(({ total }) => total.provenance), ["published", "derived"]);
 * ```
 */
export type Provenance = "published" | "measured" | "assumed" | "derived" | "unknown";

/**
 * Which cost of a clear an estimate reckons with: the published bound, the measured figure, or
 * nanoseconds a page of 4 KiB, for example what a meter found on the machine in question.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { type ClearReading, estimate } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const td = { platform: gnr, guestBytes: 400 * GiB, vcpus: 64 };
 * const share = (clear: ClearReading) => estimate({ ...td, clear }).saved.share?.high.toFixed(2);
 * assertEquals(share("published"), "0.40");
 * assertEquals(share("measured"), "0.09");
 * assertEquals(share(240), "0.05"); // one fence at the end of all pages
 * ```
 */
export type ClearReading = "published" | "measured" | number;

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
  if (reading === "measured") return exactly(MEASURED_CLEAR.value);
  if (totals === null) return null;
  return { low: 0, high: PUBLISHED_SAVING.value * totals.terminate * 1e9 / pages };
}

/**
 * Which cost of a clear it is, and whose figure.
 *
 * @example
 * ```ts
 * import { clearOrigin, type ClearOrigin } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * const given: ClearOrigin = clearOrigin(300);
 * assertEquals(given, { name: "given", provenance: "assumed", source: "given by the caller" });
 * ```
 */
export interface ClearOrigin {
  /** The reading; `given` for a number. */
  readonly name: "published" | "measured" | "given";
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
 * @throws {TypeError} Where the reading is of a wrong type.
 * @throws {RangeError} Where the reading is none.
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
  const { document, at } = reading === "published" ? PUBLISHED_SAVING : MEASURED_CLEAR;
  return { name: reading, provenance: reading, source: `${document}, ${at}` };
}

function requireReading(reading: ClearReading): void {
  if (reading === "published" || reading === "measured") return;
  if (typeof reading === "number" && reading > 0 && reading < Infinity) return;
  const error = typeof reading === "string" || typeof reading === "number" ? outOfRange : wrongType;
  throw error("clear", "published, measured or a positive number of nanoseconds a page", reading);
}

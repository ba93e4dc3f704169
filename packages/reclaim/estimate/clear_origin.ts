import { MEASURED_CLEAR, PUBLISHED_SAVING } from "./clear_figures.ts";
import { type ClearReading, requireReading } from "./clear.ts";

/**
 * Whose figure: read in a publication, measured for this project, measured by the caller's meter
 * (`measured here`), taken for granted, or derived from such figures, so that nobody said it; or
 * there is none.
 */
export type Provenance =
  | "published"
  | "measured"
  | "measured here"
  | "assumed"
  | "derived"
  | "unknown";

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
  if (typeof reading === "object") {
    return { name: "metered", provenance: "measured here", source: reading.source };
  }
  const { document, at } = reading === "published" ? PUBLISHED_SAVING : MEASURED_CLEAR;
  return { name: reading, provenance: reading, source: `${document}, ${at}` };
}

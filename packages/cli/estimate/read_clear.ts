import type { ClearReading } from "@tdx/reclaim";
import { UsageError } from "../usage_error.ts";

/** What `--clear` says: the reading to put first, and all that are shown. */
export interface ClearChoice {
  /** `undefined` where none was asked for, so that none is chosen. */
  readonly headline: ClearReading | undefined;
  /** The headline first; the published bound and the measured figure are always among them. */
  readonly readings: readonly ClearReading[];
}

/** Both figures that the project knows; they do not agree. */
const BOTH: readonly ClearReading[] = ["published", "measured"];

/** Reads `--clear`. */
export function readClear(text: string | undefined): ClearChoice {
  if (text === undefined) return { headline: undefined, readings: BOTH };
  const headline = clearOf(text);
  return { headline, readings: [headline, ...BOTH.filter((reading) => reading !== headline)] };
}

function clearOf(text: string): ClearReading {
  if (text === "published" || text === "measured") return text;
  const ns = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (ns > 0 && ns < Infinity) return ns;
  throw new UsageError(
    `Expected --clear as measured, published or nanoseconds a page like 410, got ${text}`,
  );
}

import type { ClearReading } from "@tdx/reclaim";
import { readInput } from "../read_input.ts";
import { UsageError } from "../usage_error.ts";
import { meteredClear } from "./metered_clear.ts";

/** What `--clear` says: the reading to put first, and all that are shown. */
export interface ClearChoice {
  /** `undefined` where none was asked for, so that none is chosen. */
  readonly headline: ClearReading | undefined;
  /** The headline first; the published bound and the measured figure are always among them. */
  readonly readings: readonly ClearReading[];
}

/** Both figures that the project knows; they do not agree. */
export const KNOWN_CLEARS: readonly ClearReading[] = ["published", "measured"];

/** Whose figure `measured` is: not this machine's. */
export const MEASURED_WHERE = "for this project on an Emerald Rapids core";

const EXPECTED =
  "--clear as measured, published, nanoseconds a page like 410, or a readable file " +
  "that tdx meter --json wrote";

/**
 * Reads `--clear`.
 *
 * @throws {UsageError} Where it is no cost, or its file is not what a meter wrote.
 */
export async function readClear(text: string | undefined): Promise<ClearChoice> {
  if (text === undefined) return { headline: undefined, readings: KNOWN_CLEARS };
  const headline = await clearOf(text);
  return { headline, readings: [headline, ...KNOWN_CLEARS.filter((known) => known !== headline)] };
}

async function clearOf(text: string): Promise<ClearReading> {
  if (text === "published" || text === "measured") return text;
  // What looks like a number is none of a file's names: ./410 is.
  if (!Number.isNaN(Number(text))) return nanoseconds(text);
  return meteredClear(await readInput(text, EXPECTED), text === "-" ? "standard input" : text);
}

function nanoseconds(text: string): number {
  const ns = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (ns > 0 && ns < Infinity) return ns;
  throw new UsageError(`Expected ${EXPECTED}, got ${text}`);
}

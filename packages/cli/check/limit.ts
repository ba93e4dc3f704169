import type { Options } from "../options.ts";
import { UsageError } from "../usage_error.ts";

const DEFAULT_LIMIT = 2 ** 28;

/** The most states an exploration may visit. */
export function readLimit(options: Options): number {
  const text = options.text("limit");
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new UsageError(`Expected --limit as a whole number of states from 1, got ${text}`);
  }
  return limit;
}

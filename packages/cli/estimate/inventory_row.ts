import type { Platform } from "@tdx/core";
import { readCount } from "../count.ts";
import { nearest } from "../nearest.ts";
import { PLATFORMS } from "../platforms.ts";
import { readSize } from "../size.ts";
import { UsageError } from "../usage_error.ts";

/** TDs of one kind, and how many of them are shut down. */
export interface InventoryRow {
  readonly platform: Platform;
  readonly guestBytes: number;
  readonly vcpus: number;
  readonly shutdownsPerDay: number;
}

/** The columns by {@link columnKey}, with the words for messages. */
export const COLUMNS = {
  platform: "platform",
  memory: "memory",
  vcpus: "vcpus",
  shutdownsperday: "shutdowns per day",
} as const;

/** A row's values by {@link columnKey}. */
export type RowValues = ReadonlyMap<string, unknown>;

/** No fleet shuts more down; beyond it a figure is a slip. */
const MAX_SHUTDOWNS = 1e9;
/** Longer values are none that a row can hold. */
const MAX_VALUE = 64;

/** The name of a column without case, blanks, `_` and `-`: `shutdowns_per_day`, `shutdownsPerDay`. */
export function columnKey(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, "");
}

/** Which columns are missing, in words. */
export function missingColumns(keys: Iterable<string>): string[] {
  const present = new Set(keys);
  return Object.entries(COLUMNS).filter(([key]) => !present.has(key)).map(([, words]) => words);
}

/**
 * Reads one row.
 *
 * @throws {UsageError} Where a value is missing or wrong.
 */
export function readRow(values: RowValues): InventoryRow {
  const name = textOf(values, "platform");
  const platform = PLATFORMS.find((known) => known.name === name);
  if (platform === undefined) {
    const names = PLATFORMS.map((known) => known.name);
    throw new UsageError(
      `Expected platform to be one of ${names.join(", ")}, got ${name}${nearest(name, names)}`,
    );
  }
  return {
    platform,
    guestBytes: readSize(COLUMNS.memory, textOf(values, "memory")),
    vcpus: readCount(COLUMNS.vcpus, textOf(values, "vcpus")),
    shutdownsPerDay: readShutdowns(textOf(values, "shutdownsperday")),
  };
}

function readShutdowns(text: string): number {
  const shutdowns = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (shutdowns <= MAX_SHUTDOWNS) return shutdowns;
  throw new UsageError(
    `Expected ${COLUMNS.shutdownsperday} as a number from 0 to ${MAX_SHUTDOWNS}, got ${text}`,
  );
}

/** A value as text; what a message could not show is refused here. */
function textOf(values: RowValues, key: keyof typeof COLUMNS): string {
  const value = values.get(key);
  if (value === undefined || value === null || value === "") {
    throw new UsageError(`Expected ${COLUMNS[key]}, got none`);
  }
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && text.length <= MAX_VALUE && !/\p{C}/u.test(text)) return text;
  throw new UsageError(`Expected ${COLUMNS[key]} as a short text or a number, got something else`);
}

import { parse } from "@std/csv";
import type { Platform } from "@tdx/core";
import { PLATFORMS } from "../platforms.ts";
import { pick, readNumber, readSize, UnknownNameError, UsageError } from "../shell/values.ts";

/** TDs of one kind, and how many of them are shut down. */
export interface InventoryRow {
  readonly platform: Platform;
  readonly guestBytes: number;
  readonly vcpus: number;
  readonly shutdownsPerDay: number;
}

/** What is wrong with a row. */
export interface RowTrouble {
  /** Number of its line, from 1; the header of a CSV file has one too. */
  readonly row: number;
  /** Where it is, from 1; 1 too where it is about a value or the row as a whole. */
  readonly column: number;
  readonly trouble: string;
}

/** A row with the number of its line, or what is wrong with it. */
export type InventoryEntry = { readonly row: number; readonly found: InventoryRow } | RowTrouble;

/** What is not CSV, and where. */
class CsvError extends UsageError {
  constructor(message: string, readonly column: number) {
    super(message);
  }
}

/** The columns by {@link columnKey}, with the words for messages. */
const COLUMNS = {
  platform: "platform",
  memory: "memory",
  vcpus: "vcpus",
  shutdownsperday: "shutdowns per day",
} as const;
const PLATFORM_BY_NAME = Object.fromEntries(PLATFORMS.map((one) => [one.name, one]));
/** More in a day is a slip. */
const SHUTDOWNS = { from: 0, to: 1e9, fractions: true };
/** The longest line, in UTF-16 units: garbage without a line end must not fill the memory. */
const MAX_LINE = 64 * 1024;
/** Longer values are not what a row can hold. */
const MAX_VALUE = 64;

/** A row's values by {@link columnKey}. */
type RowValues = ReadonlyMap<string, unknown>;

/**
 * Reads an inventory line by line: JSON lines where the first one begins with `{`, else CSV with a
 * header. A row is one line. Empty lines are passed over, and so are other columns.
 *
 * @param name The file, for messages.
 * @throws {SyntaxError} If the header of a CSV file lacks a column, has one twice or is too long.
 */
export async function* readInventory(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<InventoryEntry> {
  let readValues: ((line: string) => RowValues) | undefined;
  let row = 0;
  for await (const line of linesOf(bytes)) {
    row++;
    const tooLong = line.length > MAX_LINE;
    if (!tooLong && line.trim() === "") continue;
    const isHeader = readValues === undefined && !line.trimStart().startsWith("{");
    try {
      if (tooLong) throw new UsageError("Expected a line of at most 64 KiB, got a longer one");
      if (isHeader) readValues = readHeader(line);
      else yield { row, found: readRow((readValues ??= jsonValues)(line)) };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const column = error instanceof CsvError ? error.column : 1;
      if (isHeader) throw new SyntaxError(`${name}:${row}:${column}: ${error.message}`);
      const hint = error instanceof UnknownNameError ? await error.hint() : "";
      yield { row, column, trouble: error.message + hint };
    }
  }
}

/** Splits bytes into lines; of one that is too long the beginning is kept, one unit too many. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!.slice(0, MAX_LINE + 1);
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

function readHeader(header: string): (line: string) => RowValues {
  const keys = csvFields(header).map(columnKey);
  const columns = Object.entries(COLUMNS);
  const missing = columns.filter(([key]) => !keys.includes(key)).map(([, words]) => words);
  if (missing.length > 0) {
    const all = Object.values(COLUMNS).join(", ");
    throw new UsageError(`Expected the columns ${all}, got no ${missing.join(", no ")}`);
  }
  const twice = columns.find(([key]) => keys.indexOf(key) !== keys.lastIndexOf(key));
  if (twice !== undefined) {
    throw new UsageError(`Expected the column ${twice[1]} once, got it again`);
  }
  return (line) => {
    const fields = csvFields(line);
    if (fields.length === keys.length) return new Map(keys.map((key, i) => [key, fields[i]]));
    throw new UsageError(`Expected ${keys.length} fields as in the header, got ${fields.length}`);
  };
}

function csvFields(line: string): string[] {
  try {
    const [fields = []] = parse(line.trimEnd(), { trimLeadingSpace: true });
    return fields.map((field) => field.trim());
  } catch (error) {
    const [, column, got] = /column (\d+): (.*)$/.exec((error as Error).message) ?? [];
    throw new CsvError(`Expected fields of CSV, got ${got}`, Number(column ?? 1));
  }
}

function jsonValues(line: string): RowValues {
  try {
    const value = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return new Map(Object.entries(value).map(([name, item]) => [columnKey(name), item]));
    }
  } catch { /* Not JSON: the same mistake. */ }
  throw new UsageError("Expected a row as one JSON object, got something else");
}

/** The name of a column without case, blanks, `_` and `-`: `shutdowns_per_day`, `shutdownsPerDay`. */
function columnKey(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, "");
}

function readRow(values: RowValues): InventoryRow {
  const read = <T>(key: keyof typeof COLUMNS, of: (name: string, text: string) => T) =>
    of(COLUMNS[key], textOf(values, key));
  return {
    platform: read("platform", (name, text) => pick(name, text, PLATFORM_BY_NAME)),
    guestBytes: read("memory", readSize),
    vcpus: read("vcpus", (name, text) => readNumber(name, text, { from: 1 })),
    shutdownsPerDay: read("shutdownsperday", (name, text) => readNumber(name, text, SHUTDOWNS)),
  };
}

/** A value as text; what a message could not show is refused here. */
function textOf(values: RowValues, key: keyof typeof COLUMNS): string {
  const value = values.get(key) ?? "";
  if (value === "") throw new UsageError(`Expected ${COLUMNS[key]}, got none`);
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && text.length <= MAX_VALUE && !/\p{C}/u.test(text)) return text;
  throw new UsageError(`Expected ${COLUMNS[key]} as a short text or a number, got something else`);
}

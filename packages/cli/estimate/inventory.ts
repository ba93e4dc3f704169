import { UsageError } from "../usage_error.ts";
import { csvFields } from "./csv_fields.ts";
import {
  columnKey,
  COLUMNS,
  type InventoryRow,
  missingColumns,
  readRow,
  type RowValues,
} from "./inventory_row.ts";
import type { InventoryLine } from "./inventory_lines.ts";

/** A row of an inventory, or what is wrong with it. */
export interface InventoryEntry {
  /** Number of its line, from 1; the header of a CSV file has one too. */
  readonly row: number;
  readonly found: InventoryRow | string;
}

const TOO_LONG = "Expected a row, got a line longer than 64 KiB";

/** Turns a line into a row's values. */
type ReadLine = (line: string) => RowValues;

/**
 * Reads an inventory line by line: JSON lines where the first one begins with `{`, else CSV with a
 * header. Empty lines are passed over, columns that are not asked for are let be.
 *
 * @param lines The lines.
 * @param name The file, for messages.
 * @throws {SyntaxError} Where the header of a CSV file lacks a column, has one twice or is too long.
 */
export async function* readInventory(
  lines: AsyncIterable<InventoryLine>,
  name: string,
): AsyncGenerator<InventoryEntry> {
  let readLine: ReadLine | undefined;
  let row = 0;
  for await (const { text, tooLong } of lines) {
    row++;
    if (!tooLong && text.trim() === "") continue;
    if (readLine === undefined) {
      if (text.trimStart().startsWith("{")) readLine = readJsonLine;
      else {
        const place = `${name}:${row}:1`;
        if (tooLong) {
          throw new SyntaxError(`${place}: Expected a header, got a line longer than 64 KiB`);
        }
        readLine = csvReader(text, place);
        continue;
      }
    }
    yield { row, found: tooLong ? TOO_LONG : rowOrTrouble(text, readLine) };
  }
}

function rowOrTrouble(line: string, readLine: ReadLine): InventoryRow | string {
  try {
    return readRow(readLine(line));
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

function csvReader(header: string, place: string): ReadLine {
  const keys = headerFields(header, place).map(columnKey);
  const missing = missingColumns(keys);
  if (missing.length > 0) {
    throw new SyntaxError(
      `${place}: Expected the columns ${Object.values(COLUMNS).join(", ")}, got no ` +
        missing.join(", no "),
    );
  }
  const twice = Object.entries(COLUMNS).find(([key]) =>
    keys.indexOf(key) !== keys.lastIndexOf(key)
  );
  if (twice !== undefined) {
    throw new SyntaxError(`${place}: Expected the column ${twice[1]} once, got it again`);
  }
  return (line) => {
    const fields = csvFields(line);
    if (fields.length !== keys.length) {
      throw new UsageError(
        `Expected ${keys.length} fields as in the header, got ${fields.length}`,
      );
    }
    return new Map(keys.map((key, i) => [key, fields[i]]));
  };
}

function headerFields(header: string, place: string): string[] {
  try {
    return csvFields(header);
  } catch (error) {
    if (error instanceof UsageError) throw new SyntaxError(`${place}: ${error.message}`);
    throw error;
  }
}

function readJsonLine(line: string): RowValues {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError("Expected a row as one JSON object, got something else");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError("Expected a row as one JSON object, got something else");
  }
  return new Map(Object.entries(value).map(([name, item]) => [columnKey(name), item]));
}

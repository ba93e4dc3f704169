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

/** A row of an inventory, or what is wrong with it. */
export interface InventoryEntry {
  /** Number of its line, from 1; the header of a CSV file has one too. */
  readonly row: number;
  readonly found: InventoryRow | string;
}

/** Turns a line into a row's values. */
type ReadLine = (line: string) => RowValues;

/**
 * Reads an inventory line by line: JSON lines where the first one begins with `{`, else CSV with a
 * header. Empty lines are passed over, columns that are not asked for are let be.
 *
 * @param lines The lines.
 * @param name The file, for messages.
 * @throws {SyntaxError} Where the header of a CSV file lacks a column or has one twice.
 */
export async function* readInventory(
  lines: AsyncIterable<string>,
  name: string,
): AsyncGenerator<InventoryEntry> {
  let readLine: ReadLine | undefined;
  let row = 0;
  for await (const line of lines) {
    row++;
    if (line.trim() === "") continue;
    if (readLine === undefined) {
      if (line.trimStart().startsWith("{")) readLine = readJsonLine;
      else {
        readLine = csvReader(line, `${name}:${row}:1`);
        continue;
      }
    }
    yield { row, found: rowOrTrouble(line, readLine) };
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

/**
 * Sets rows in columns.
 *
 * @param header The column names.
 * @param rows The cells; those that start with a digit are set to the right.
 * @returns Lines of text, without trailing blanks.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const right = header.map((_, column) => rows.every((row) => /^[0-9]/.test(row[column]!)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd();
  return all.map(line).join("\n");
}

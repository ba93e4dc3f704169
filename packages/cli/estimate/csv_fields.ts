import { UsageError } from "../usage_error.ts";

/**
 * Splits a line of CSV into its fields; blanks around them are dropped.
 *
 * A field in quotes may hold commas, and quotes as pairs, but no line end: so a quote that is never
 * closed costs its own row only.
 *
 * @throws {UsageError} Where a quote is not closed, or something stands between it and the comma.
 */
export function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0;; at++) {
    const start = skipBlanks(line, at);
    const { field, end } = line[start] === '"' ? quoted(line, start + 1) : bare(line, start);
    fields.push(field);
    if (end >= line.length) return fields;
    at = end;
  }
}

interface Field {
  readonly field: string;
  /** Where the comma behind it is, or the end. */
  readonly end: number;
}

function bare(line: string, start: number): Field {
  const comma = line.indexOf(",", start);
  const end = comma < 0 ? line.length : comma;
  return { field: line.slice(start, end).trimEnd(), end };
}

function quoted(line: string, start: number): Field {
  let field = "";
  for (let from = start;;) {
    const quote = line.indexOf('"', from);
    if (quote < 0) throw new UsageError("Expected a closing quote, got the end of the line");
    field += line.slice(from, quote);
    if (line[quote + 1] !== '"') {
      const end = skipBlanks(line, quote + 1);
      if (end < line.length && line[end] !== ",") {
        throw new UsageError("Expected a comma behind a closing quote, got something else");
      }
      return { field, end };
    }
    field += '"';
    from = quote + 2;
  }
}

function skipBlanks(line: string, at: number): number {
  while (line[at] === " " || line[at] === "\t") at++;
  return at;
}

import type { CpuIdentity } from "@tdx/host/cpu";
import { type Source, sourceUrl } from "@tdx/core/plugin";
import type { Output } from "./stdio.ts";

/** Version of every JSON answer's shape. */
export const FORMAT_VERSION = 1;

/** Prints an answer as one JSON object. */
export function printJson(output: Output, answer: object): void {
  output.print(jsonText({ formatVersion: FORMAT_VERSION, ...answer }, 2));
}

/** JSON in which bigints are hexadecimal texts, and a `source` has its `url` beside it. */
export function jsonText(value: object, indent = 0): string {
  return JSON.stringify(value, (_, item) => {
    if (typeof item === "bigint") return hex(item);
    const url = urlBeside(item);
    return url === undefined ? item : { ...item, url };
  }, indent);
}

/** The address of an answer's `source`, or of what is a source itself. */
function urlBeside(item?: { source?: unknown; document?: unknown } | null): string | undefined {
  if (typeof item?.source === "string") return sourceUrl(item.source);
  return typeof item?.document === "string" ? sourceUrl(item as Source) : undefined;
}

/** A number in hexadecimal, with 0x. */
export function hex(value: number | bigint, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** A word as a POSIX shell takes it, whatever is in it. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Draws a share, 0 to 1, as a bar; what is more than 0 has at least one character. */
export function bar(share: number, width: number): string {
  return "#".repeat(share <= 0 ? 0 : Math.max(1, Math.round(Math.min(share, 1) * width)));
}

const PROGRESS_WIDTH = 30;

/** Shows on a terminal how much is done, 0 to 1, and what is being done. */
export function showProgress(output: Output, share: number, doing: string): void {
  const drawn = bar(share, PROGRESS_WIDTH).padEnd(PROGRESS_WIDTH, ".");
  output.progress(`[${drawn}] ${Math.floor(share * 100)}% ${doing}`);
}

/** Sets rows in columns; those whose cells all start with a digit are set to the right. */
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

/** A CPU model in words: `family 6 model 0x8f`. */
export function cpuModel({ family, model }: CpuIdentity): string {
  return `family ${family} model 0x${model.toString(16)}`;
}

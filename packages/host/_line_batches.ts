import type { TextLine } from "./_text_lines.ts";

/** A text, whole or in pieces of any size. */
export type TextChunks = string | Iterable<string> | AsyncIterable<string>;

/** Longest line that is read, in UTF-16 units; the rest of a longer one is passed over. */
export const MAX_LINE = 65_536;

/**
 * Splits a text into lines, LF or CRLF, a batch per piece.
 *
 * Memory is bounded by one piece and one line. A line over {@link MAX_LINE} is cut there and counts
 * as not ended, as does a last line without a line end.
 */
export async function* lineBatches(chunks: TextChunks): AsyncGenerator<TextLine[]> {
  let number = 1;
  let carry = "";
  for await (const chunk of typeof chunks === "string" ? [chunks] : chunks) {
    const batch: TextLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", from)) {
      batch.push(endedLine(joined(carry, chunk, from, at), number++));
      carry = "";
      from = at + 1;
    }
    carry = joined(carry, chunk, from, chunk.length);
    if (batch.length > 0) yield batch;
  }
  if (carry !== "") yield [{ text: carry.slice(0, MAX_LINE), number, ended: false }];
}

/** What a line holds with one more piece, at most one unit too long so that a cut shows. */
function joined(carry: string, chunk: string, from: number, to: number): string {
  return carry + chunk.slice(from, Math.min(to, from + MAX_LINE + 1 - carry.length));
}

function endedLine(text: string, number: number): TextLine {
  if (text.length > MAX_LINE) return { text: text.slice(0, MAX_LINE), number, ended: false };
  return { text: text.endsWith("\r") ? text.slice(0, -1) : text, number, ended: true };
}

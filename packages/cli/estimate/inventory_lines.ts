/** The longest line, in UTF-16 units: garbage without a line end must not fill the memory. */
const MAX_LINE = 64 * 1024;

/** A line of an inventory. */
export interface InventoryLine {
  /** Its text; the beginning where it is too long. */
  readonly text: string;
  /** Whether it is longer than 64 KiB. */
  readonly tooLong: boolean;
}

/** Splits bytes into lines, LF or CRLF, as they come; what is no UTF-8 becomes U+FFFD. */
export async function* inventoryLines(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<InventoryLine> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    const last = pieces.pop()!;
    for (const piece of pieces) {
      yield lineOf(rest + piece);
      rest = "";
    }
    // One unit too many is kept, so that a line that was cut still counts as too long.
    rest = (rest + last).slice(0, MAX_LINE + 1);
  }
  rest += decoder.decode();
  if (rest !== "") yield lineOf(rest);
}

function lineOf(line: string): InventoryLine {
  if (line.length > MAX_LINE) return { text: line.slice(0, MAX_LINE), tooLong: true };
  return { text: line.endsWith("\r") ? line.slice(0, -1) : line, tooLong: false };
}

import { lineBatches } from "../../_line_batches.ts";
import { UnreadableError } from "./reading.ts";

const LF = 10;
/** The longest text that is used whole has some 30 lines for each logical processor. */
const MAX_LINES = 500_000;

/** Decodes bytes as they come; what is not UTF-8 becomes U+FFFD. */
export async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Splits bytes into lines; of a line over 64 Ki characters only the beginning is kept. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const batch of lineBatches(textOf(bytes))) {
    for (const { text } of batch) yield text;
  }
}

/**
 * Reads a text that is used whole.
 *
 * @throws {UnreadableError} If it is larger than `limitBytes`, or has more lines than a host has.
 */
export async function wholeText(
  bytes: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  let lines = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limitBytes) {
      throw new UnreadableError(`Expected at most ${limitBytes / 2 ** 20} MiB, got more`);
    }
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) lines++;
    if (lines > MAX_LINES) {
      throw new UnreadableError(`Expected ${MAX_LINES} lines at most, got more`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

import { requireInstance } from "@tdx/core/arguments";
import { UnreadableError } from "./reading.ts";

/** Longer lines are cut: garbage without a line end must not fill the memory. */
const MAX_LINE = 64 * 1024;

/**
 * Splits bytes into lines, one chunk at a time.
 *
 * Lines end with LF; bytes that are no UTF-8 become U+FFFD; of a line over 64 Ki characters only
 * the beginning is kept.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    requireInstance("a piece of bytes", chunk, Uint8Array);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!.slice(0, MAX_LINE);
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

/**
 * Reads a text that is used whole.
 *
 * @throws {UnreadableError} where it is larger than `limitBytes`
 */
export async function wholeText(
  bytes: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of bytes) {
    requireInstance("a piece of bytes", chunk, Uint8Array);
    size += chunk.length;
    if (size > limitBytes) {
      throw new UnreadableError(`Expected at most ${limitBytes / 2 ** 20} MiB, got more`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

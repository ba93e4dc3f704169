/** Longer lines are cut: garbage without a line end must not fill the memory. */
const MAX_LINE = 64 * 1024;

/** Splits bytes into lines, LF or CRLF, as they come; what is no UTF-8 becomes U+FFFD. */
export async function* inventoryLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!.slice(0, MAX_LINE);
    for (const line of lines) yield withoutReturn(line);
  }
  rest += decoder.decode();
  if (rest !== "") yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

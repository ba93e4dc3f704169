import { jsonMessages } from "./_json_messages.ts";
import { lineBatches } from "./_line_batches.ts";
import { type LogChunks, logText, type NoteDamage } from "./_log_text.ts";
import type { TextLine } from "./_text_lines.ts";

/**
 * Reads the lines of a log, whatever it is packed in.
 *
 * It may be packed with gzip or zstd, in UTF-16, or the messages of objects in JSON, as of
 * `dmesg --json` and `journalctl -o json`. Memory is bounded by one piece and one line: of a line over
 * 64 Ki characters only the beginning is kept.
 *
 * @param chunks The text, whole or in pieces, or its bytes.
 * @param name What messages call it.
 * @param damaged Is told what is wrong with the log as a whole, as `name: Expected …`.
 * @returns The lines, a batch for each piece.
 * @throws {SyntaxError} `name: …` if the bytes are no text, or packed in a way that another program
 * has to unpack.
 *
 * @example
 * ```ts
 * import { logLines } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const [[first] = []] = await Array.fromAsync(logLines('{"msg":"mce: a"}\n', "log", () => {}));
 * assertEquals(first, { text: "mce: a", number: 1, ended: true });
 * ```
 */
export async function* logLines(
  chunks: LogChunks,
  name: string,
  damaged: NoteDamage,
): AsyncGenerator<readonly TextLine[]> {
  yield* lineBatches(jsonMessages(logText(chunks, name, damaged), name, damaged));
}

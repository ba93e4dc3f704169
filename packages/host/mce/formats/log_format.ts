import type { TextLine } from "../../_text_lines.ts";
import type { LoggedMachineCheck } from "../logged_machine_check.ts";
import { lineBatches, type TextChunks } from "../../_line_batches.ts";
import { disableFailure, type UncleanedMemory } from "../../uncleaned_memory.ts";

/** A text form of machine-check records. */
export interface LogFormat {
  /** A line that only this form has. */
  readonly signature: RegExp;
  /**
   * Begins to read a text of this form.
   *
   * @param name The file's name, for messages.
   * @param found Is handed each record as soon as nothing further can belong to it.
   */
  readonly reader: (name: string, found: (record: LoggedMachineCheck) => void) => LogReader;
}

/** Reads a text line by line; what it remembers is bounded. */
export interface LogReader {
  /** Takes the next line. */
  line(line: TextLine): void;
  /** Ends the text, and with it the last record. */
  end(): void;
}

/**
 * Reads a text of a form, as a stream: it hands out each record as soon as that is over, and tells
 * `onUncleaned` of every line that says that memory was left uncleaned.
 */
export async function* readLog(
  chunks: TextChunks,
  format: Pick<LogFormat, "reader">,
  name: string,
  onUncleaned?: (uncleaned: UncleanedMemory) => void,
): AsyncGenerator<LoggedMachineCheck> {
  const found: LoggedMachineCheck[] = [];
  const reader = format.reader(name, (record) => found.push(record));
  for await (const batch of lineBatches(chunks)) {
    for (const line of batch) {
      reader.line(line);
      const words = onUncleaned && disableFailure(line.text);
      if (words !== undefined) onUncleaned!({ line: line.number, words });
      // Mostly there is nothing, and `yield*` would await all the same.
      if (found.length > 0) yield* found.splice(0);
    }
  }
  reader.end();
  yield* found;
}

import { wrongType } from "@tdx/core/arguments";
import type { TextLine } from "../../_text_lines.ts";
import { lineBatches, type TextChunks } from "./line_batches.ts";
import type { LoggedMachineCheck } from "../logged_machine_check.ts";

/** Reads machine checks line by line; what it remembers is bounded. */
export interface LogParser {
  /** Takes the next line and hands out the records that are over. */
  line(line: TextLine): readonly LoggedMachineCheck[];
  /** Hands out the rest. */
  end(): readonly LoggedMachineCheck[];
}

/**
 * Feeds a text to a parser.
 *
 * @throws {TypeError} Where it is no text
 */
export function parseLog(
  chunks: TextChunks,
  parser: LogParser,
): AsyncGenerator<LoggedMachineCheck> {
  // Not within the walk, which begins when the first record is asked for.
  if (!isText(chunks)) throw wrongType("chunks", "a text or an iterable of texts", chunks);
  return walk(chunks, parser);
}

function isText(chunks: unknown): boolean {
  if (typeof chunks === "string") return true;
  return typeof chunks === "object" && chunks !== null &&
    (Symbol.iterator in chunks || Symbol.asyncIterator in chunks);
}

async function* walk(chunks: TextChunks, parser: LogParser): AsyncGenerator<LoggedMachineCheck> {
  for await (const batch of lineBatches(chunks)) {
    for (const line of batch) {
      // `yield*` awaits even where there is nothing, and there mostly is nothing.
      for (const found of parser.line(line)) yield found;
    }
  }
  for (const found of parser.end()) yield found;
}

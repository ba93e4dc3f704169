import { showLines } from "@tdx/core/text";

/** The text of a file and the name it goes by in messages. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

const LINE_END = /\r\n?|\n/;
/** How much of a long line is shown on either side of the caret, in characters. */
const SHOWN = 60;

/**
 * Makes the error for trouble at a place of a text: `file:line:column: Message`, then the line and
 * a caret under the place. Line and column count from 1.
 */
export function syntaxError(source: SourceText, offset: number, message: string): SyntaxError {
  const { file, text } = source;
  const lines = text.slice(0, offset).split(LINE_END);
  const before = lines[lines.length - 1]!;
  const rest = text.slice(offset).split(LINE_END, 1)[0]!;
  const left = showLines(before.length > SHOWN ? `…${before.slice(-SHOWN)}` : before);
  const right = showLines(rest.length > SHOWN ? `${rest.slice(0, SHOWN)}…` : rest);
  const place = `${file}:${lines.length}:${before.length + 1}`;
  const caret = `${left.replace(/[^\t]/g, " ")}^`;
  return new SyntaxError(`${place}: ${showLines(message)}\n  ${left}${right}\n  ${caret}`);
}

import type { TextLine } from "../../_text_lines.ts";
import type { Tally } from "../_tally.ts";

/** A form in which a tool writes what it measured. */
export interface MeasurementFormat {
  /** A line that only this form has. */
  readonly signature: RegExp;
  /**
   * Reads a text of this form.
   *
   * @throws {SyntaxError} If it is damaged.
   */
  read(lines: readonly TextLine[], tally: Tally): void;
}

import { requireOneOf, requireOptions, requireString } from "@tdx/core/arguments";
import { textError, type TextLine } from "../_text_lines.ts";
import { KernelLogParser } from "./formats/kernel_log.ts";
import type { TextChunks } from "./formats/line_batches.ts";
import { type LogParser, parseLog } from "./formats/log_format.ts";
import type { LoggedMachineCheck } from "./logged_machine_check.ts";
import { MceInjectParser } from "./formats/mce_inject.ts";
import { McelogParser } from "./formats/mcelog.ts";

/** A text form of machine-check records. */
export type MachineCheckFormat = "kernel" | "mcelog" | "mce-inject";

interface Format {
  /** A line that only this form has. */
  readonly signature: RegExp;
  readonly parser: (name: string) => LogParser;
}

/** First match wins. */
const FORMATS: Readonly<Record<MachineCheckFormat, Format>> = {
  kernel: {
    signature: /\[Hardware Error\]:|EDAC \S{1,99} MC\d+:|virt\/tdx: BIOS enabled/,
    parser: (name) => new KernelLogParser(name),
  },
  mcelog: {
    signature:
      /Hardware event\. This is not a software error|^HARDWARE ERROR|^MCE \d+$|^MC[Gi] status:/,
    parser: (name) => new McelogParser(name),
  },
  "mce-inject": {
    signature:
      /^\s*(?:CPU\s+(?:0x[0-9a-f]+|\d+)(?:\s+(?:BANK\s+)?(?:0x[0-9a-f]+|\d+))?|MCE)\s*(?:#.*|[A-Z].*)?$/i,
    parser: (name) => new MceInjectParser(name),
  },
};

/** All text forms. */
export const MACHINE_CHECK_FORMATS: readonly MachineCheckFormat[] = Object.keys(
  FORMATS,
) as MachineCheckFormat[];

/** Waits for a line that tells the form, and passes it and the rest on. */
class DetectingParser implements LogParser {
  readonly #name: string;
  #found: LogParser | undefined;
  #lines = 0;

  constructor(name: string) {
    this.#name = name;
  }

  line(line: TextLine): readonly LoggedMachineCheck[] {
    this.#found ??= this.#detect(line);
    return this.#found?.line(line) ?? [];
  }

  end(): readonly LoggedMachineCheck[] {
    if (this.#lines > 0) return this.#found?.end() ?? [];
    throw textError(
      { name: this.#name, line: 1, column: 1 },
      "Expected machine-check records, got an empty text",
    );
  }

  #detect({ text }: TextLine): LogParser | undefined {
    if (text.trim() !== "") this.#lines++;
    return Object.values(FORMATS).find(({ signature }) => signature.test(text))?.parser(this.#name);
  }
}

/**
 * Reads the machine checks out of a text, whatever its form.
 *
 * Without `format` the first line that only one form has decides; a text without any such line has
 * no records. See {@link readKernelLog}, {@link readMcelog} and {@link readMceInject} for what each
 * form takes and refuses.
 *
 * @param chunks The text, whole or in pieces.
 * @param options `name`: the file's name, for messages. `format`: the form.
 * @returns The records.
 * @throws {TypeError} Where text or an option is of a wrong type, or an option not known.
 * @throws {RangeError} Where the form is not known.
 * @throws {SyntaxError} `name:line:column: …` where an mce-inject text is not one, or the text is
 * empty and its form is to be found.
 *
 * @example
 * ```ts
 * import { readMachineChecks } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const found = await Array.fromAsync(readMachineChecks("CPU 0 BANK 1\nSTATUS 0x8000000000000001\n"));
 * assertEquals(found.map(({ record }) => record.bank), [1]);
 * assertEquals(await Array.fromAsync(readMachineChecks("nothing of interest\n")), []);
 * ```
 */
export function readMachineChecks(
  chunks: TextChunks,
  options: { readonly name?: string; readonly format?: MachineCheckFormat } = {},
): AsyncGenerator<LoggedMachineCheck> {
  requireOptions("options", options, ["name", "format"]);
  const { name = "log", format } = options;
  requireString("name", name);
  if (format !== undefined) requireOneOf("format", format, MACHINE_CHECK_FORMATS);
  return parseLog(
    chunks,
    format === undefined ? new DetectingParser(name) : FORMATS[format].parser(name),
  );
}

import type { LoggedMachineCheck } from "../logged_machine_check.ts";
import type { LogChunks } from "../../_log_text.ts";
import { logLines } from "../../log_lines.ts";
import type { TextLine } from "../../_text_lines.ts";
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
  readonly reader: (name: string, found: FoundRecord) => LogReader;
}

/** Takes a record. */
export type FoundRecord = (record: LoggedMachineCheck) => void;

/** Reads a text line by line; what it remembers is bounded. */
export interface LogReader {
  /** Takes the next line. */
  line(line: TextLine): void;
  /** Ends the text, and with it the last record. */
  end(): void;
}

/** What was read, besides the records. */
export interface LogSummary {
  /** How many lines, the empty ones left out. */
  readonly lines: number;
  /** Whether there is a line of a log in which machine checks are told, or of a record. */
  readonly log: boolean;
  /** What is wrong with the text as a whole, each as `name: Expected …`. */
  readonly damage: readonly string[];
}

/** What is told of a log while it is read. */
export interface LogListener {
  /** Called with each line that says that memory of TDs was left uncleaned. */
  readonly onUncleaned?: ((uncleaned: UncleanedMemory) => void) | undefined;
  /** Called once, when all has been read. */
  readonly onEnd?: ((summary: LogSummary) => void) | undefined;
}

/**
 * Lines of a kernel log, of a program that reports machine checks, and of a log that one would be in.
 *
 * In this order: time stamps of dmesg, /dev/kmsg and syslog's name of the kernel; what is told at
 * boot; rasdaemon, mcelog and ras-mc-ctl; ESXi.
 */
const LOG_LINE = new RegExp(
  [
    /^(?:<\d+>)?\[ *\d+\.\d+\]|^\d+,\d+,\d+,|\bkernel(?:\[\d+\])?: |^\[\w{3} \w{3} +\d+ [\d:]{8} \d{4}\]/,
    /^(?:Linux version |Command line: |BIOS-e820: |mce: |x86\/|virt\/tdx: |EDAC |ACPI: |microcode: )/,
    /\b(?:rasdaemon|mcelog)\b|^No (?:MCE|Memory) errors|events(?: summary)?:$|^# tracer: /,
    /\bcpu\d+:\d+\)|\bvmkernel\b/,
  ].map(({ source }) => source).join("|"),
);

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[\d;]*[A-Za-z]|\r+$/g;

/** Without what a terminal or a serial console put around the words. */
function withoutColours(line: TextLine): TextLine {
  const { text } = line;
  if (!text.includes("\x1b") && !text.endsWith("\r")) return line;
  return { ...line, text: text.replace(COLOURS, "") };
}

/**
 * Reads a log of a form, as a stream: it hands out each record as soon as that is over.
 *
 * @throws {SyntaxError} If it is no text.
 */
export async function* readLog(
  chunks: LogChunks,
  format: Pick<LogFormat, "reader">,
  name: string,
  { onUncleaned, onEnd }: LogListener = {},
): AsyncGenerator<LoggedMachineCheck> {
  const found: LoggedMachineCheck[] = [];
  const damage: string[] = [];
  const damaged = (message: string) => void damage.push(message);
  let lines = 0;
  let log = false;
  const reader = format.reader(name, (record) => found.push(record));
  for await (const batch of logLines(chunks, name, damaged)) {
    for (const raw of batch) {
      const line = withoutColours(raw);
      if (line.text.trim() !== "") lines++;
      log ||= LOG_LINE.test(line.text);
      reader.line(line);
      const words = onUncleaned && disableFailure(line.text);
      if (words !== undefined) onUncleaned!({ line: line.number, words });
      // Mostly there is nothing, and `yield*` would await all the same.
      if (found.length > 0) {
        log = true;
        yield* found.splice(0);
      }
    }
  }
  reader.end();
  log ||= found.length > 0;
  yield* found;
  onEnd?.({ lines, log, damage });
}

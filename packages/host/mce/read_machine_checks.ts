import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import { textError } from "../_text_lines.ts";
import type { TextChunks } from "../_line_batches.ts";
import type { UncleanedMemory } from "../uncleaned_memory.ts";
import { kernelLog } from "./formats/kernel_log.ts";
import { type LogFormat, type LogReader, readLog } from "./formats/log_format.ts";
import { mceInject } from "./formats/mce_inject.ts";
import { mcelog } from "./formats/mcelog.ts";
import type { LoggedMachineCheck } from "./logged_machine_check.ts";

/** A text form of machine-check records. */
export type MachineCheckFormat = "kernel" | "mcelog" | "mce-inject";

/** Told apart by their signatures; the first match wins. */
const LOG_FORMATS: Readonly<Record<MachineCheckFormat, LogFormat>> = {
  kernel: kernelLog,
  mcelog,
  "mce-inject": mceInject,
};

/** All text forms. */
export const MACHINE_CHECK_FORMATS: readonly MachineCheckFormat[] = Object.keys(
  LOG_FORMATS,
) as MachineCheckFormat[];

/** Waits for a line that tells the form, and reads from there on. */
const anyFormat: Pick<LogFormat, "reader"> = {
  reader(name, found): LogReader {
    let reader: LogReader | undefined;
    let empty = true;
    return {
      line(line) {
        if (reader === undefined) {
          const { text } = line;
          empty &&= text.trim() === "";
          reader = Object.values(LOG_FORMATS).find(({ signature }) => signature.test(text))
            ?.reader(name, found);
        }
        reader?.line(line);
      },
      end() {
        const place = { name, line: 1, column: 1 };
        if (empty) throw textError(place, "Expected machine-check records, got an empty text");
        reader?.end();
      },
    };
  },
};

/**
 * Reads the machine checks out of a text, whatever its form.
 *
 * - `kernel`: a kernel log, whatever dmesg, journal or syslog put before each line, with what the
 *   kernel says of a record besides: its reason, its panic, the private KeyIDs.
 * - `mcelog`: what mcelog prints, with `--ascii` or as a daemon.
 * - `mce-inject`: the input language of mce-inject, which `mcelog --ascii --raw` prints too.
 *
 * Without `format` the first line that only one form has decides; a text without any such line has
 * no records. Damage is told per record; only an mce-inject text is refused as a whole. The text is
 * read as a stream: a kernel's record comes once the next one or 256 further lines have been read,
 * because the kernel gives its reason after it.
 *
 * @param chunks The text, whole or in pieces.
 * @param options `name`: the file's name, for messages. `format`: the form. `onUncleaned`: called
 * with each line that says that memory of TDs was left uncleaned; {@link UNCLEANED_MEMORY} says what
 * that means.
 * @returns The records, in the order in which they end.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If the form is not known.
 * @throws {SyntaxError} `name:line:column: …` if an mce-inject text is not one, or the text is empty
 * and its form is to be found.
 *
 * @example
 * ```ts
 * import { readMachineChecks } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const log = `
 * [  896.1] mce: [Hardware Error]: CPU 147: Machine Check Exception: f Bank 1: bd80000000100134
 * [  896.1] mce: [Hardware Error]: RIP 10:<ffffffffadb69870> {__tlb_remove_page_size+0x10/0xa0}
 * [  896.1] mce: [Hardware Error]: TSC 411a93533ed ADDR 80a5669600 MISC 86
 * [  896.1] mce: [Hardware Error]: PROCESSOR 0:806f8 TIME 1706000767 SOCKET 1 APIC 93 microcode 1
 * [  896.1] mce: [Hardware Error]: Machine check: Data load in unrecoverable area of kernel
 * `;
 * const [found] = await Array.fromAsync(readMachineChecks(log));
 * assertEquals([found?.record.bank, found?.record.address], [1, 0x80a5669600n]);
 * assertEquals(found?.said, ["Data load in unrecoverable area of kernel"]);
 * ```
 */
export function readMachineChecks(
  chunks: TextChunks,
  options: {
    readonly name?: string;
    readonly format?: MachineCheckFormat;
    readonly onUncleaned?: (uncleaned: UncleanedMemory) => void;
  } = {},
): AsyncGenerator<LoggedMachineCheck> {
  requireOptions("options", options, ["name", "format", "onUncleaned"]);
  const { name = "log", format, onUncleaned } = options;
  if (format !== undefined) requireOneOf("format", format, MACHINE_CHECK_FORMATS);
  const reader = format === undefined ? anyFormat : LOG_FORMATS[format];
  return readLog(chunks, reader, name, onUncleaned);
}

import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import type { LogChunks } from "../_log_text.ts";
import { amd } from "./formats/amd.ts";
import { apei } from "./formats/apei.ts";
import { esxi } from "./formats/esxi.ts";
import { kernelLog } from "./formats/kernel_log.ts";
import {
  type FoundRecord,
  type LogFormat,
  type LogListener,
  type LogReader,
  readLog,
} from "./formats/log_format.ts";
import { mceInject } from "./formats/mce_inject.ts";
import { mcelog } from "./formats/mcelog.ts";
import { rasdaemonText } from "./formats/rasdaemon_text.ts";
import { registerList } from "./formats/register_list.ts";
import { traceEvent } from "./formats/trace_event.ts";
import { Traces } from "./formats/traces.ts";
import type { LoggedMachineCheck } from "./logged_machine_check.ts";

/** A text form of machine-check records. */
export type MachineCheckFormat =
  | "kernel"
  | "apei"
  | "amd"
  | "trace-event"
  | "rasdaemon-text"
  | "esxi"
  | "registers"
  | "mcelog"
  | "mce-inject";

/** Each is read from its first signature on; only the last one must be all of a text. */
const LOG_FORMATS: Readonly<Record<MachineCheckFormat, LogFormat>> = {
  kernel: kernelLog,
  apei,
  amd,
  "trace-event": traceEvent,
  "rasdaemon-text": rasdaemonText,
  esxi,
  registers: registerList,
  mcelog,
  "mce-inject": mceInject,
};

/** All text forms. */
export const MACHINE_CHECK_FORMATS: readonly MachineCheckFormat[] = Object.keys(
  LOG_FORMATS,
) as MachineCheckFormat[];

/** What some signature holds: mostly there is nothing. */
const MAYBE =
  /hardware e|machine c|incident|mce|edac |kernel panic|virt\/tdx|MC[A:G]|MC\w+[_ ]status|status=|FMS=|bank\b.*status|^\s*(?:CPU|bank)\b/i;

/**
 * Reads every form in a text, each from the first line on that only it has, and what is said of
 * machine checks besides.
 */
export function anyFormat(name: string, found: FoundRecord): LogReader {
  const traces = new Traces(name, found);
  const record = (logged: LoggedMachineCheck) => traces.record(logged);
  const waiting = new Set(MACHINE_CHECK_FORMATS);
  const readers: LogReader[] = [];
  return {
    line(line) {
      if (waiting.size > 0 && MAYBE.test(line.text)) {
        for (const format of waiting) {
          const { signature, reader } = LOG_FORMATS[format];
          if (!signature.test(line.text)) continue;
          readers.push(reader(name, record));
          waiting.delete(format);
          // Its words are no other form's, and the other forms' are not its; a kernel log that
          // somebody put behind it has words of its own.
          waiting.delete("mce-inject");
          if (format === "mce-inject") {
            for (const other of waiting) if (other !== "kernel") waiting.delete(other);
          }
        }
      }
      for (const reader of readers) reader.line(line);
      traces.line(line);
    },
    end() {
      for (const reader of readers) reader.end();
      traces.end();
    },
  };
}

/**
 * Reads the machine checks out of a text, whatever its form.
 *
 * - `kernel`: a kernel log, whatever dmesg, journal or syslog put before each line, with what the
 *   kernel says of a record besides: its reason, its panic, the private KeyIDs.
 * - `apei`: the firmware's records in a kernel log; `amd`: what Linux decodes on a CPU of AMD.
 * - `trace-event`: the trace event `mce_record`.
 * - `rasdaemon-text`: rasdaemon's lines in the journal, and what ras-mc-ctl prints.
 * - `esxi`: `MCA:` lines of ESXi; `registers`: lists of registers by name.
 * - `mcelog`: what mcelog prints, with `--ascii` or as a daemon.
 * - `mce-inject`: the input language of mce-inject, which `mcelog --ascii --raw` prints too.
 *
 * They may be packed with gzip or zstd, in UTF-16, or the messages of objects in JSON, as of
 * `dmesg --json` and `journalctl -o json`. Without `format` each form is read from the first line on
 * that only it has, several in one text too. Then what a log says of machine checks without their
 * records is a record as well, whose `told` says how it ended. Damage is told per record; only a text
 * that is to be mce-inject's and does not begin so is refused. The text is read as a stream: a
 * kernel's record comes once 256 further lines have been read, because the kernel gives its reason
 * after it.
 *
 * @param chunks The text, whole or in pieces, or its bytes.
 * @param options `name`: the file's name, for messages. `format`: the form. `onUncleaned`: called
 * with each line that says that memory of TDs was left uncleaned; {@link UNCLEANED_MEMORY} says what
 * that means. `onEnd`: called when all has been read, with how many lines there were, whether they
 * are a log in which machine checks would be, and what is wrong with the text as a whole.
 * @returns The records, in the order in which they end.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If the form is not known.
 * @throws {SyntaxError} `name:line:column: …` if an mce-inject text does not begin as one, or
 * `name: …` if the bytes are no text, or packed in a way that another program has to unpack.
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
  chunks: LogChunks,
  options: LogListener & { readonly name?: string; readonly format?: MachineCheckFormat } = {},
): AsyncGenerator<LoggedMachineCheck> {
  requireOptions("options", options, ["name", "format", "onUncleaned", "onEnd"]);
  const { name = "log", format, ...listener } = options;
  if (format !== undefined) requireOneOf("format", format, MACHINE_CHECK_FORMATS);
  const reader = format === undefined ? anyFormat : LOG_FORMATS[format].reader;
  return readLog(chunks, { reader }, name, listener);
}

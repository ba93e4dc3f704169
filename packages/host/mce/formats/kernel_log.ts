import type { TextLine } from "../../_text_lines.ts";
import type { LoggedMachineCheck, PrivateKeyIds } from "../logged_machine_check.ts";
import { InterleavedRecords } from "./_interleaved_records.ts";
import { readKernelLine, type RecordPart } from "./_kernel_line.ts";
import type { LogFormat, LogReader } from "./log_format.ts";

/** A record that is not continued within so many lines is over. */
const REACH = 256;
/** So many hosts' KeyID ranges and reasons per record are kept, against endless logs. */
const MAX_HOSTS = 1000;
const MAX_REASONS = 8;

/**
 * Kernel log text.
 *
 * Known are the blocks of `mce: [Hardware Error]: …` and those that the EDAC drivers print instead
 * for errors they handle, after the prefixes of dmesg, journal and syslog, with records of several
 * CPUs or hosts in turn. Other lines are skipped, but for the kernel's reason, its panic, and the
 * private KeyIDs it logs at boot. Damage is told per record, never thrown. It takes time linear in
 * the length of the text, and bounded memory.
 */
export const kernelLog: LogFormat = {
  signature: /\[Hardware Error\]:|EDAC \S{1,99} MC\d+:|virt\/tdx: BIOS enabled/,
  reader: (name, found) => new KernelLogReader(name, found),
};

/** A record for which the kernel may still give its reason. */
interface Held {
  record: LoggedMachineCheck;
  readonly lastLine: number;
}

/**
 * Leads each record through three states:
 *
 * - open: its lines come. It is whole with its last line, and over with a line that begins another
 *   record of its CPU.
 * - held: the kernel gives its reason for a record after it. Each host holds one record, its last.
 * - found: the host's next record, or its panic, comes after the reason.
 *
 * A reason or a panic is about the last record before it, whole or not. A record that no line
 * concerns for {@link REACH} lines is over, as all are with the end of the text.
 */
class KernelLogReader implements LogReader {
  readonly #name: string;
  readonly #found: (record: LoggedMachineCheck) => void;
  /** By the stream that their lines have in common; the one continued longest ago first. */
  readonly #open = new Map<string, InterleavedRecords>();
  /** By host. */
  readonly #held = new Map<string, Held>();
  /** By host. */
  readonly #keyIds = new Map<string, PrivateKeyIds>();

  constructor(name: string, found: (record: LoggedMachineCheck) => void) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    if (this.#open.size > 0 || this.#held.size > 0) this.#expire(line.number - REACH);
    const known = readKernelLine(line, this.#name);
    switch (known?.kind) {
      case "part":
        return this.#addPart(known.host, known.stream, known.part);
      case "reason":
        return this.#addReason(known.host, known.words);
      case "panic":
        return this.#addPanic(known.host, known.words);
      case "key-ids":
        if (this.#keyIds.size < MAX_HOSTS) this.#keyIds.set(known.host, known.range);
    }
  }

  end(): void {
    this.#expire(Infinity);
  }

  #addPart(host: string, stream: string, part: RecordPart): void {
    const begins = part.kind === "CPU";
    if (begins && this.#open.get(stream)?.endedBy(part)) this.#hold(stream);
    const records = this.#open.get(stream) ?? (begins ? new InterleavedRecords(host) : undefined);
    if (records === undefined) return;
    records.add(part);
    this.#open.delete(stream);
    this.#open.set(stream, records);
    if (records.whole) this.#hold(stream);
  }

  #addReason(host: string, words: string): void {
    const held = this.#lastOf(host);
    if (held === undefined) return;
    const { said = [] } = held.record;
    if (said.length < MAX_REASONS) held.record = { ...held.record, said: [...said, words] };
  }

  #addPanic(host: string, words: string): void {
    const held = this.#lastOf(host);
    if (held === undefined) return;
    held.record = { ...held.record, panic: words };
    this.#release(host);
  }

  /** The last record of a host, held from now on if it was open. */
  #lastOf(host: string): Held | undefined {
    for (const [stream, records] of this.#open) if (records.host === host) this.#hold(stream);
    return this.#held.get(host);
  }

  /** From open to held. */
  #hold(stream: string): void {
    const open = this.#open.get(stream)!;
    const { host, lastLine } = open;
    this.#open.delete(stream);
    const range = this.#keyIds.get(host);
    for (const found of open.records(this.#name)) {
      this.#release(host);
      const record = range === undefined ? found : { ...found, privateKeyIds: range };
      this.#held.set(host, { record, lastLine });
    }
  }

  /** From held to found. */
  #release(host: string): void {
    const held = this.#held.get(host);
    if (held === undefined) return;
    this.#held.delete(host);
    this.#found(held.record);
  }

  /** Ends what no line has concerned since `limit`. */
  #expire(limit: number): void {
    for (const [stream, { lastLine }] of this.#open) if (lastLine < limit) this.#hold(stream);
    for (const [host, { lastLine }] of this.#held) if (lastLine < limit) this.#release(host);
  }
}

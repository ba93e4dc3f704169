import type { TextLine } from "../../_text_lines.ts";
import { InterleavedRecords } from "./_interleaved_records.ts";
import { type KernelLine, readKernelLine, type RecordPart } from "./_kernel_line.ts";
import type { FoundRecord, LogFormat, LogReader } from "./log_format.ts";

/** A record that is not continued within so many lines is over. */
const REACH = 256;
/** So many hosts' KeyID ranges are kept, against endless logs. */
const MAX_HOSTS = 1000;

/**
 * Kernel log text.
 *
 * Known are the blocks of `mce: [Hardware Error]: …` and those that the EDAC drivers print instead
 * for errors they handle, after the prefixes of dmesg, journal and syslog, with records of several
 * CPUs or hosts in turn; those of kernels before 2.6.32; and blocks whose mark was stripped. Other
 * lines are skipped, but for the kernel's reason, its panic, and the private KeyIDs it logs at boot.
 * Damage is told per record, never thrown: lines that came shuffled, a record whose beginning or end
 * is lost, a panic without its record. It takes time linear in the length of the text, and bounded
 * memory.
 */
export const kernelLog: LogFormat = {
  signature:
    /\[Hardware Error\]:|EDAC \S{1,99} MC\d+:|virt\/tdx: BIOS enabled|: Machine Check|correctable incident|Kernel panic - not/,
  reader: (name, found) => new KernelLogReader(name, found),
};

/**
 * Leads each record through three states:
 *
 * - open: its lines come. It is over with a line that belongs to another record.
 * - whole: it has its last line, but the kernel gives its reason after it, and lines may be shuffled.
 * - found: no line concerned it for {@link REACH} lines, or another record of its stream began.
 *
 * A reason or a panic is about the last record of its host before it, whole or not.
 */
class KernelLogReader implements LogReader {
  readonly #name: string;
  readonly #found: FoundRecord;
  /** By the stream that their lines have in common; the one continued longest ago first. */
  readonly #open = new Map<string, InterleavedRecords>();
  /** By host. */
  readonly #keyIds = new Map<string, Extract<KernelLine, { kind: "key-ids" }>>();

  constructor(name: string, found: FoundRecord) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    if (this.#open.size > 0) this.#expire(line.number - REACH);
    const known = readKernelLine(line, this.#name, this.#open.size > 0);
    switch (known?.kind) {
      case "part":
        return this.#addPart(known.host, known.stream, known.part, known.marked);
      case "reason":
      case "panic":
        return this.#say(known.host, known.kind, known.words, known.line, known.time);
      case "key-ids":
        this.#keyIds.set(known.host, known);
        if (this.#keyIds.size > MAX_HOSTS) this.#keyIds.delete(this.#keyIds.keys().next().value!);
    }
  }

  end(): void {
    this.#expire(Infinity);
  }

  #addPart(host: string, own: string, part: RecordPart, marked: boolean): void {
    const begins = part.kind === "CPU";
    // A line without mark or host goes on with what came last.
    const stream = marked || begins || host !== "" ? own : this.#lastStream() ?? own;
    let records = this.#open.get(stream);
    if (records === undefined && !marked && !begins) return;
    const shared = records?.sharedBeginning(part);
    if (records !== undefined && (shared !== undefined || records.endedBy(part))) {
      if (!marked && !begins && shared === undefined) return;
      this.#release(stream);
      records = undefined;
    }
    records ??= new InterleavedRecords(host);
    if (shared !== undefined) records.add(shared);
    records.add(part);
    this.#touch(stream, records);
  }

  #say(
    host: string,
    kind: "reason" | "panic",
    words: string,
    line: number,
    time: number | undefined,
  ): void {
    let stream = `${host} `;
    for (const [key, open] of this.#open) if (open.host === host) stream = key;
    const records = this.#open.get(stream) ?? new InterleavedRecords(host);
    records.say(kind, words, line, time);
    this.#touch(stream, records);
  }

  #touch(stream: string, records: InterleavedRecords): void {
    this.#open.delete(stream);
    this.#open.set(stream, records);
  }

  #lastStream(): string | undefined {
    return [...this.#open.keys()].at(-1);
  }

  #release(stream: string): void {
    const open = this.#open.get(stream)!;
    this.#open.delete(stream);
    const { range, damage = [] } = this.#keyIds.get(open.host) ?? {};
    for (const record of open.records(this.#name)) {
      this.#found({
        ...record,
        ...(range !== undefined && { privateKeyIds: range }),
        damage: [...record.damage, ...damage],
      });
    }
  }

  /** Ends what no line has concerned since `limit`. */
  #expire(limit: number): void {
    for (const [stream, { lastLine }] of this.#open) {
      if (lastLine >= limit) return;
      this.#release(stream);
    }
  }
}

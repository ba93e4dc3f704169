import { requireString } from "@tdx/core/arguments";
import type { TextLine } from "../../_text_lines.ts";
import { KernelCluster } from "./kernel_cluster.ts";
import { type BlockLine, readBlockLine } from "./kernel_line.ts";
import { hostOf, kernelPrefix } from "./kernel_prefix.ts";
import type { TextChunks } from "./line_batches.ts";
import { type LogParser, parseLog } from "./log_format.ts";
import type { LoggedMachineCheck } from "../logged_machine_check.ts";
import { printable } from "./printable.ts";

/** A record that is not continued within so many lines is over. */
const REACH = 256;
/** So many hosts' KeyID ranges and reasons per record are kept, against endless logs. */
const MAX_HOSTS = 1000;
const MAX_REASONS = 8;

const REASON = "machine check: ";
const PANIC = "Kernel panic - not syncing: ";
const KEY_IDS = /virt\/tdx: BIOS enabled: private KeyID range:? *\[(\d+), (\d+)\)/;

interface Held {
  record: LoggedMachineCheck;
  readonly lastLine: number;
}

/** Reads kernel log lines one by one. */
export class KernelLogParser implements LogParser {
  readonly #name: string;
  /** Records that are not whole yet, by stream, the one touched longest ago first. */
  readonly #open = new Map<string, { host: string; cluster: KernelCluster }>();
  /** The last record of each host, kept back until the kernel's reason for it may have come. */
  readonly #held = new Map<string, Held>();
  readonly #keyIds = new Map<string, readonly [number, number]>();
  #done: LoggedMachineCheck[] = [];
  /** No record can be over before this line. */
  #nextExpiry = Infinity;

  constructor(name: string) {
    this.#name = name;
  }

  line(line: TextLine): readonly LoggedMachineCheck[] {
    if (line.number > this.#nextExpiry) this.#expire(line.number);
    const prefix = kernelPrefix(line.text);
    if (prefix === undefined) {
      this.#other(line);
    } else if (line.text.substr(prefix.at, REASON.length).toLowerCase() === REASON) {
      this.#reason(prefix.host, printable(line.text.slice(prefix.at + REASON.length)));
    } else {
      const part = readBlockLine(line, prefix.at, prefix.edac, this.#name);
      if (part !== undefined) this.#part(prefix.host, prefix.stream, part);
    }
    return this.#take();
  }

  end(): readonly LoggedMachineCheck[] {
    for (const stream of [...this.#open.keys()]) this.#close(stream);
    for (const host of [...this.#held.keys()]) this.#release(host);
    return this.#take();
  }

  #take(): readonly LoggedMachineCheck[] {
    if (this.#done.length === 0) return NONE;
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #part(host: string, stream: string, part: BlockLine): void {
    const open = this.#open.get(stream);
    if (part.kind !== "header") {
      if (open === undefined) return;
      open.cluster.add(part);
      this.#touch(stream, open);
      if (open.cluster.whole) this.#close(stream);
      return;
    }
    if (open?.cluster.closedBy(part)) this.#close(stream);
    const current = this.#open.get(stream) ?? { host, cluster: new KernelCluster() };
    current.cluster.add(part);
    this.#touch(stream, current);
  }

  #touch(stream: string, open: { host: string; cluster: KernelCluster }): void {
    this.#open.delete(stream);
    this.#open.set(stream, open);
    this.#nextExpiry = Math.min(this.#nextExpiry, open.cluster.lastLine + REACH);
  }

  /** Turns lines into records; the last one waits for the kernel's reason. */
  #close(stream: string): void {
    const { host, cluster } = this.#open.get(stream)!;
    this.#open.delete(stream);
    const range = this.#keyIds.get(host);
    for (const found of cluster.records(this.#name)) {
      const record = range === undefined ? found : { ...found, privateKeyIds: range };
      this.#release(host);
      this.#held.set(host, { record, lastLine: cluster.lastLine });
    }
    this.#nextExpiry = Math.min(this.#nextExpiry, cluster.lastLine + REACH);
  }

  #release(host: string): void {
    const held = this.#held.get(host);
    if (held === undefined) return;
    this.#held.delete(host);
    this.#done.push(held.record);
  }

  #reason(host: string, text: string): void {
    this.#closeAll(host);
    const held = this.#held.get(host);
    if (held === undefined || (held.record.said?.length ?? 0) >= MAX_REASONS) return;
    held.record = { ...held.record, said: [...held.record.said ?? [], text] };
  }

  /** A line that is part of no record: a panic ends the last one, the boot names the KeyIDs. */
  #other({ text }: TextLine): void {
    const panic = text.indexOf(PANIC);
    if (panic >= 0) {
      const host = hostOf(text, panic);
      this.#closeAll(host);
      const held = this.#held.get(host);
      if (held === undefined) return;
      held.record = { ...held.record, panic: printable(text.slice(panic + PANIC.length)) };
      this.#release(host);
      return;
    }
    const at = text.indexOf("virt/tdx: ");
    const range = at < 0 ? null : KEY_IDS.exec(text.slice(at, at + 100));
    if (range !== null && this.#keyIds.size < MAX_HOSTS) {
      this.#keyIds.set(hostOf(text, at), [Number(range[1]), Number(range[2])]);
    }
  }

  #closeAll(host: string): void {
    for (const [stream, open] of [...this.#open]) if (open.host === host) this.#close(stream);
  }

  #expire(line: number): void {
    const limit = line - REACH;
    for (const [stream, { cluster }] of [...this.#open]) {
      if (cluster.lastLine < limit) this.#close(stream);
    }
    for (const [host, { lastLine }] of [...this.#held]) {
      if (lastLine < limit) this.#release(host);
    }
    const lines = [...this.#open.values()].map(({ cluster }) => cluster.lastLine)
      .concat([...this.#held.values()].map(({ lastLine }) => lastLine));
    this.#nextExpiry = Math.min(Infinity, ...lines) + REACH;
  }
}

const NONE: readonly LoggedMachineCheck[] = [];

/**
 * Reads the machine checks out of kernel log text.
 *
 * Known are the blocks of `mce: [Hardware Error]: …` and those that the EDAC drivers print instead
 * for errors they handle, after the prefixes of dmesg, journal and syslog, with records of several
 * CPUs or hosts in turn. Other lines are skipped, but for the kernel's reason, its panic, and the
 * private KeyIDs it logs at boot. Damage is told per record, never thrown. The text is read as a
 * stream, in time linear in its length and with bounded memory; a record comes once the next one or
 * 256 further lines have been read, because the kernel gives its reason after it.
 *
 * @param chunks The text, whole or in pieces.
 * @param name The file's name, for messages.
 * @returns The records, in the order in which they end.
 *
 * @example
 * ```ts
 * import { readKernelLog } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const log = `
 * [  896.1] mce: [Hardware Error]: CPU 147: Machine Check Exception: f Bank 1: bd80000000100134
 * [  896.1] mce: [Hardware Error]: RIP 10:<ffffffffadb69870> {__tlb_remove_page_size+0x10/0xa0}
 * [  896.1] mce: [Hardware Error]: TSC 411a93533ed ADDR 80a5669600 MISC 86
 * [  896.1] mce: [Hardware Error]: PROCESSOR 0:806f8 TIME 1706000767 SOCKET 1 APIC 93 microcode 1
 * [  896.1] mce: [Hardware Error]: Machine check: Data load in unrecoverable area of kernel
 * `;
 * const [found] = await Array.fromAsync(readKernelLog(log));
 * assertEquals(found?.record, {
 *   cpu: 147,
 *   bank: 1,
 *   status: 0xbd80000000100134n,
 *   mcgStatus: 0xfn,
 *   address: 0x80a5669600n,
 *   misc: 0x86n,
 * });
 * assertEquals(found?.said, ["Data load in unrecoverable area of kernel"]);
 * assertEquals(found?.damage, []);
 * ```
 */
export function readKernelLog(
  chunks: TextChunks,
  name = "log",
): AsyncGenerator<LoggedMachineCheck> {
  requireString("name", name);
  return parseLog(chunks, new KernelLogParser(name));
}

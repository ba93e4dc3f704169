import { textError, type TextLine } from "../../_text_lines.ts";
import {
  loggedMachineCheck,
  type RecordFields,
  type ToldOutcome,
} from "../logged_machine_check.ts";
import { plainWords } from "./_field_reader.ts";
import { hostBefore } from "./_kernel_line.ts";
import { recordedCpu } from "./_recorded_cpu.ts";
import type { FoundRecord, LogFormat, LogReader } from "./log_format.ts";

const MARK = /(\{\d{1,10}\})?\[Hardware Error\]: */;
const EVENT = /^Hardware error from APEI|^event severity/;
/** A record that is not continued within so many lines is over. */
const REACH = 256;

/**
 * The firmware's records (APEI, CPER) as Linux prints them: `{1}[Hardware Error]: …`, and those of
 * the last boot (BERT), without a number (drivers/firmware/efi/cper.c).
 *
 * A record is one section about memory or the processor; sections about PCIe and the like are
 * skipped. It has the severity of its section, and an address; registers only where the section
 * holds them, as IA32/X64 ones may.
 */
export const apei: LogFormat = {
  signature: /\[Hardware Error\]: *(?:Hardware error from APEI|event severity|Error \d+, type:)/,
  reader: (name, found) => new ApeiReader(name, found),
};

/** What a severity of the firmware comes to: Linux panics over a fatal one. */
const SEVERITIES = new Map<string, ToldOutcome["severity"]>([
  ["fatal", "panic"],
  ["recoverable", "memory-failure"],
  ["corrected", "corrected"],
]);
/** Sections that are about machine checks, and whether they are about memory. */
const SECTIONS: readonly (readonly [RegExp, boolean])[] = [
  [/^memory error/i, true],
  [/processor error/i, false],
];

/** An event of the firmware that is not over. */
interface Event {
  readonly first: number;
  lastLine: number;
  severity?: string;
  section?: Section | undefined;
  /** Whether a section began, of whatever kind. */
  begun: boolean;
}

interface Section {
  readonly first: number;
  readonly severity: string;
  /** Absent for sections that are no machine checks. */
  memory?: boolean;
  fields: RecordFields;
  said: string[];
  /** First of the registers whose values follow. */
  msr?: number;
  /** Whether the words of CPUID follow. */
  cpuid?: boolean;
}

class ApeiReader implements LogReader {
  readonly #name: string;
  readonly #found: FoundRecord;
  /** By the number of the event, and what stands before it that names the host. */
  readonly #events = new Map<string, Event>();

  constructor(name: string, found: FoundRecord) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    if (this.#events.size > 0) this.#expire(line.number - REACH);
    const mark = line.text.includes("Hardware Error") ? MARK.exec(line.text) : null;
    if (mark === null) return;
    const text = line.text.slice(mark.index + mark[0].length);
    const key = `${hostBefore(line.text, mark.index)} ${mark[1] ?? ""}`;
    let event = this.#events.get(key);
    if (EVENT.test(text) && (event?.severity !== undefined || event?.begun)) {
      this.#end(key);
      event = undefined;
    }
    if (event === undefined) {
      if (!EVENT.test(text) && !/^Error \d+, type:/.test(text)) return;
      event = { first: line.number, lastLine: line.number, begun: false };
    }
    event.lastLine = line.number;
    // The one continued longest ago comes first.
    this.#events.delete(key);
    this.#events.set(key, event);
    this.#take(event, text, line);
  }

  end(): void {
    this.#expire(Infinity);
  }

  #take(event: Event, text: string, line: TextLine): void {
    const [, severity] = /^event severity:? *(\w+)/.exec(text) ?? [];
    if (severity !== undefined) event.severity = severity;
    const [, type] = /^Error \d+, type: *(\w+)/.exec(text) ?? [];
    if (type !== undefined) {
      this.#endSection(event);
      event.begun = true;
      event.section = { first: line.number, severity: type, fields: {}, said: [] };
    }
    const { section } = event;
    if (section === undefined) return;
    const [, name] = /^section[_ ]type: *(.*)/.exec(text) ?? [];
    if (name !== undefined) {
      const kind = SECTIONS.find(([pattern]) => pattern.test(name));
      if (kind !== undefined) section.memory = kind[1];
      if (kind !== undefined) section.said.push(plainWords(name));
    }
    const [, vendor] = /^(?:section_type: *|processor_type: *\d+, )(ARM|RISCV|IA64)/.exec(text) ??
      [];
    if (vendor !== undefined) section.fields = { ...section.fields, processor: { vendor } };
    readSection(section, text);
  }

  #endSection(event: Event): void {
    const { section, lastLine } = event;
    if (section === undefined) return;
    delete event.section;
    const { memory, first, said, fields } = section;
    if (memory === undefined) return;
    const severity = SEVERITIES.get(section.severity);
    const told = { by: "firmware", severity: severity ?? "logged", memory } as const;
    const where = { unit: "line", first, last: lastLine } as const;
    this.#found(loggedMachineCheck({ ...fields, said, told }, where, []));
  }

  #end(key: string): void {
    const event = this.#events.get(key)!;
    this.#events.delete(key);
    this.#endSection(event);
    const { first, begun, lastLine, severity = "" } = event;
    if (begun) return;
    const place = { name: this.#name, line: first, column: 1 };
    const cut = "Expected the sections of the firmware's record, got none: the record is cut";
    const told = {
      by: "firmware",
      severity: SEVERITIES.get(severity) ?? "logged",
      memory: true,
    } as const;
    const where = { unit: "line", first, last: lastLine } as const;
    this.#found(loggedMachineCheck({ told }, where, [textError(place, cut).message]));
  }

  #expire(limit: number): void {
    for (const [key, { lastLine }] of this.#events) {
      if (lastLine >= limit) return;
      this.#end(key);
    }
  }
}

/** MCi_CTL of bank 0, and how many registers a bank has. */
const BANKS = [{ from: 0x400, step: 4, amd: false }, { from: 0xc0002000, step: 16, amd: true }];

function readSection(section: Section, text: string): void {
  const [, address] = /^physical_address: *0x([0-9a-f]{1,16})$/.exec(text) ?? [];
  if (address !== undefined) {
    section.fields = { ...section.fields, address: BigInt(`0x${address}`) };
  }
  const [, error] = /^error_type: *\d+, (.*)/.exec(text) ?? [];
  if (error !== undefined && section.said.length < 4) section.said.push(plainWords(error));
  if (text.startsWith("CPUID Info:")) section.cpuid = true;
  const [, words] = /^00000000: ([0-9a-f]{8}) [0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8}/.exec(text) ?? [];
  if (words !== undefined && section.cpuid) {
    section.cpuid = false;
    const processor = recordedCpu(0, parseInt(words, 16));
    // Intel's newest families are 18 and 19; AMD's that have such records begin with 0x15.
    const amd = (processor?.family ?? 0) >= 0x15;
    section.fields = {
      ...section.fields,
      processor: amd ? { ...processor, vendor: "AuthenticAMD" } : processor,
    };
  }
  const [, msr] = /^MSR Address: *0x([0-9a-f]+)/.exec(text) ?? [];
  if (msr !== undefined) section.msr = parseInt(msr, 16);
  const [, offset, low, high] = /^000000([01]0): ([0-9a-f]{16}) ([0-9a-f]{16})/.exec(text) ?? [];
  if (offset === undefined || section.msr === undefined) return;
  section.fields = { ...section.fields, ...registers(section.msr, offset, low!, high!) };
}

/** The registers of a bank: MCi_CTL and MCi_STATUS, then MCi_ADDR and MCi_MISC. */
function registers(msr: number, offset: string, low: string, high: string): RecordFields {
  const bank = BANKS.find(({ from, step }) => msr >= from && msr < from + 64 * step);
  if (bank === undefined || (msr - bank.from) % bank.step !== 0) return {};
  if (offset === "10") return { address: BigInt(`0x${low}`), misc: BigInt(`0x${high}`) };
  return {
    bank: (msr - bank.from) / bank.step,
    status: BigInt(`0x${high}`),
    ...(bank.amd && { processor: { vendor: "AuthenticAMD" } }),
  };
}

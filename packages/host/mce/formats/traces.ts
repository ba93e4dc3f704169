import { MCI_STATUS } from "@tdx/core";
import { textError, type TextLine } from "../../_text_lines.ts";
import {
  type LoggedMachineCheck,
  loggedMachineCheck,
  type ToldOutcome,
} from "../logged_machine_check.ts";
import { plainWords } from "./_field_reader.ts";

/** A record and its traces are not further apart than so many lines. */
const REACH = 256;
/** So many traces and records are remembered, against endless logs. */
const MAX_HELD = 64;
const MAX_RECORDS = 1024;
const MAX_WORDS = 8;

/** What is said of a machine check outside of its record. */
interface Trace {
  first: number;
  last: number;
  /** Number of the 4 KiB page. */
  readonly page?: bigint | undefined;
  readonly address?: bigint | undefined;
  severity: ToldOutcome["severity"];
  retired?: boolean | undefined;
  readonly words: string[];
  panic?: string | undefined;
}

type Found = Partial<Pick<Trace, "address" | "severity" | "retired" | "panic">>;

/** What Linux and ESXi say besides or instead of a record. */
const PATTERNS: readonly (readonly [RegExp, (words: string[]) => Found])[] = [
  [
    // kill_me_maybe(), which then asks memory_failure() to retire the page.
    /Uncorrected hardware memory error in user-access at ([0-9a-f]{1,16})\b/,
    ([, address]) => ({ address: BigInt(`0x${address}`), severity: "recovered" }),
  ],
  [/(?:mce|MCE): Memory error not recovered/, () => ({ severity: "sigbus", retired: false })],
  [
    // action_result(), the trace event memory_failure_event, and ras-mc-ctl's table of these.
    /(?:Memory failure: |MCE |memory_failure_event: pfn |\bpfn=)0x([0-9a-f]{1,13})\b.*(?:recovery action for .*: |action_result=)(\w+)/,
    ([, page, result]) => ({
      address: BigInt(`0x${page}000`),
      severity: "memory-failure",
      retired: result === "Recovered" || result === "Delayed",
    }),
  ],
  [
    /(?:Memory failure: |MCE )0x([0-9a-f]{1,13}): (?!.*recovery action)/,
    ([, page]) => ({ address: BigInt(`0x${page}000`), severity: "memory-failure" }),
  ],
  [
    /MCE: Killing \S+ due to hardware memory corruption/,
    () => ({ severity: "sigbus" }),
  ],
  [
    // edac_mc_printk(): corrected and uncorrected errors; the page is there for most drivers.
    /EDAC MC\d+: \d+ (CE|UE) (?:.*\bpage:0x([0-9a-f]{1,13})\b)?/,
    ([, kind, page]) => ({
      ...(page !== undefined && BigInt(`0x${page}`) !== 0n && { address: BigInt(`0x${page}000`) }),
      severity: kind === "CE" ? "corrected" : "memory-failure",
    }),
  ],
  [
    // The trace event mc_event, rasdaemon's line of it, and the tables of ras-mc-ctl.
    /(?:mc_event: .*?\d+ |error: \d+ |^\s+)(Corrected|Uncorrected|Fatal) (?:error|on DIMM)(?:.*\baddress: ?0x([0-9a-f]{1,16}))?/,
    ([, kind, address]) => ({
      ...(address !== undefined && { address: BigInt(`0x${address}`) }),
      severity: kind === "Corrected" ? "corrected" : "memory-failure",
    }),
  ],
  [
    /MCAIntel: \d+: Force retiring MPN (?:0x)?([0-9a-f]{1,13})\b/,
    ([, page]) => ({ address: BigInt(`0x${page}000`), severity: "memory-failure", retired: true }),
  ],
  [
    /Machine Check Exception on PCPU ?\d+|Uncorrectable\/unrecoverable machine check error/,
    () => ({ severity: "panic" }),
  ],
  [
    /Machine check events logged|mce: \[Hardware Error\]:|\[Hardware Error\]: (?:\w+ ){1,2}error, /,
    () => ({ severity: "logged" }),
  ],
  // The kernel is tainted by one.
  [/\bTainted: [A-Z ]*M|\[M\]=MACHINE_CHECK/, () => ({ severity: "logged" })],
];
/** What any of them begins with: mostly there is nothing. */
const ANY =
  /memory |EDAC MC|MCE|mc_event|error: \d|on DIMM|pfn=|MCAIntel|achine check|Machine Check|Hardware Error|Tainted|MACHINE_CHECK/i;

/**
 * Keeps what is said of machine checks beside their records, and gives it as records of its own where
 * the log does not hold them.
 *
 * A trace near a record is about that one, unless it names another page or another outcome. Traces of
 * one page are one.
 */
export class Traces {
  readonly #name: string;
  readonly #found: (record: LoggedMachineCheck) => void;
  readonly #held: Trace[] = [];
  readonly #records: LoggedMachineCheck[] = [];

  constructor(name: string, found: (record: LoggedMachineCheck) => void) {
    this.#name = name;
    this.#found = found;
  }

  /** Takes the next line. */
  line({ text, number }: TextLine): void {
    const oldest = this.#held[0];
    if (oldest !== undefined && oldest.last < number - 2 * REACH) this.#release();
    if (!ANY.test(text)) return;
    for (const [pattern, read] of PATTERNS) {
      const words = pattern.exec(text);
      if (words === null) continue;
      const shown = plainWords(text.slice(words.index));
      return this.#hold({ severity: "logged", ...read(words) }, number, [shown]);
    }
  }

  /** Takes a record that a reader found; what the kernel says without one is held. */
  record(record: LoggedMachineCheck): void {
    const { told, where, said = [], panic } = record;
    if (told?.by === "kernel") {
      return this.#hold({ severity: told.severity, panic }, where.first, said);
    }
    this.#records.push(record);
    while (this.#records[0]!.where.last < where.first - 4 * REACH) this.#records.shift();
    if (this.#records.length > MAX_RECORDS) this.#records.shift();
    this.#found(record);
  }

  /** Ends the text, after all records have been found. */
  end(): void {
    while (this.#held.length > 0) this.#release();
  }

  #hold(found: Found & Pick<Trace, "severity">, line: number, words: readonly string[]): void {
    const { address, severity, retired, panic } = found;
    const page = address === undefined ? undefined : pageOf(address);
    const same = this.#held.findLast((trace) =>
      Math.abs(line - trace.last) <= REACH && goesWith(trace, page, severity)
    );
    if (same === undefined) {
      const trace = { first: line, last: line, page, address, severity, retired, panic };
      this.#held.push({ ...trace, words: [...words] });
      if (this.#held.length > MAX_HELD) this.#release();
      return;
    }
    same.first = Math.min(same.first, line);
    same.last = Math.max(same.last, line);
    // That it was logged adds nothing to what is said of it.
    if (severity === "logged" && same.severity !== "logged") return;
    if (severity !== "logged" && same.severity === "logged") same.words.length = 0;
    same.severity = [same.severity, severity].toSorted((a, b) =>
      RANK.indexOf(a) - RANK.indexOf(b)
    )[0]!;
    same.panic ??= panic;
    if (retired !== undefined) same.retired = same.retired !== false && retired;
    if (same.words.length < MAX_WORDS) same.words.push(...words);
  }

  #release(): void {
    const trace = this.#held.shift()!;
    if (this.#records.some((record) => covers(record, trace))) return;
    const { severity, first, last, words, address, retired, panic } = trace;
    // Whatever else was said stands for what was only logged.
    if (severity === "logged" && this.#held.some((other) => other.first - last <= REACH)) return;
    const place = { name: this.#name, line: first, column: 1 };
    const { message } = textError(
      place,
      "Expected the record of this machine check, got only what the log says of it",
    );
    const failed = severity === "recovered" && retired === false;
    const told: ToldOutcome = {
      by: "kernel",
      severity: failed ? "sigbus" : severity,
      memory: true,
      ...(retired !== undefined && { pageRetired: retired }),
    };
    const where = { unit: "line", first, last } as const;
    const record = loggedMachineCheck({ address, said: words, panic, told }, where, [message]);
    this.#found(record);
  }
}

/** Whether what is said, maybe without a page, is about the same error as a trace. */
function goesWith({ page, severity }: Trace, of: bigint | undefined, said: Trace["severity"]) {
  if (said === "logged") return true;
  if (of !== undefined) return page === of;
  return severity === said || (severity !== "corrected" && said !== "corrected");
}

/** The worst first, and the plainest last. */
const RANK: readonly ToldOutcome["severity"][] = [
  "panic",
  "sigbus",
  "recovered",
  "memory-failure",
  "corrected",
  "logged",
];

function pageOf(address: bigint): bigint {
  return address >> 12n;
}

/**
 * MCi_ADDR may hold KeyID bits, which the kernel takes off before it names a page: of 52 bits the
 * highest 7 are KeyID at most on the machines of which there are logs.
 */
const PAGE_MASK = (1n << 33n) - 1n;

/** Whether a trace is about a record near it. */
function covers({ where, record, told }: LoggedMachineCheck, trace: Trace): boolean {
  if (trace.first > where.last + REACH || trace.last < where.first - REACH) return false;
  if (trace.severity === "logged") return true;
  const uncorrected = record.status === undefined
    ? told?.severity !== "corrected"
    : MCI_STATUS.decode(record.status).uncorrected;
  if (trace.severity !== "corrected" && !uncorrected) return false;
  if (trace.retired === false) return false;
  return trace.page === undefined || record.address === undefined ||
    ((pageOf(record.address) ^ trace.page) & PAGE_MASK) === 0n;
}

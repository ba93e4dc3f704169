import { MCI_STATUS } from "@tdx/core";
import { textError } from "../../_text_lines.ts";
import { type LoggedMachineCheck, loggedMachineCheck } from "../logged_machine_check.ts";
import { PART_KINDS, type PartFields, type PartKind, type RecordPart } from "./_kernel_line.ts";

/** More records at once are not sorted out any more. */
const MAX_RECORDS = 16;
/** So many reasons are kept, against endless logs. */
const MAX_REASONS = 8;

/**
 * The lines of records that a kernel prints at the same time, and what it says of them.
 *
 * Mostly it is one record, its lines in order. A serial console may shuffle them: they are then put
 * in the order of their times, and the records are marked. Where a second record begins before the
 * first is whole, their lines are mixed and nothing in them says whose they are: where every record
 * has its line of a kind, they are dealt out in order, else each to the nearest beginning before it.
 * Either may be wrong, so what was dealt out is marked as doubtful, and what the mode turns on is left
 * out.
 */
export class InterleavedRecords {
  /** The host that logged them. */
  readonly host: string;
  readonly #parts: Record<PartKind, RecordPart[]> = {
    CPU: [],
    BANK: [],
    RIP: [],
    TSC: [],
    ADDR: [],
    MISC: [],
    PROCESSOR: [],
  };
  /** The last line that was added. */
  lastLine = 0;
  #count = 0;
  #first: { readonly line: number; readonly time?: number | undefined } | undefined;
  #last: RecordPart | undefined;
  #shuffled = false;
  #passedOver = false;
  readonly #said: string[] = [];
  #panic: string | undefined;

  constructor(host: string) {
    this.host = host;
  }

  /** Adds a line; one of a kind that no record here lacks is another's, and so may the others be. */
  add(part: RecordPart): void {
    const { kind, line, time } = part;
    const known = this.#parts[kind];
    if (kind !== "CPU" && known.length >= Math.max(1, this.#parts.CPU.length)) {
      this.#passedOver = true;
      return;
    }
    const backwards = time !== undefined && time < (this.#last?.time ?? 0);
    const late = this.#last !== undefined && this.#parts.CPU.length < 2 &&
      PART_KINDS.indexOf(kind) < PART_KINDS.indexOf(this.#last.kind) && kind !== "CPU";
    this.#shuffled ||= backwards || late || (this.#said.length > 0 && kind !== "CPU");
    known.push(part);
    this.#count++;
    this.#first ??= part;
    this.#last = part;
    this.lastLine = line;
  }

  /** Adds what the kernel says of the last record, whole or not. */
  say(kind: "reason" | "panic", words: string, line: number, time: number | undefined): void {
    if (kind === "panic") this.#panic ??= words;
    else if (this.#said.length < MAX_REASONS) this.#said.push(words);
    this.#first ??= { line, time };
    this.lastLine = line;
  }

  /** The beginning of a record whose line for the bank came already; another bank follows. */
  sharedBeginning(part: RecordPart): RecordPart | undefined {
    return part.kind === "BANK" && this.#parts.BANK.length > 0 ? this.#parts.CPU.at(-1) : undefined;
  }

  /** Whether every record has its last line. */
  get whole(): boolean {
    const { CPU, BANK, PROCESSOR } = this.#parts;
    return CPU.length > 0 && Math.max(BANK.length, PROCESSOR.length) >= CPU.length;
  }

  /** Whether those in here are over with a line that belongs to another record. */
  endedBy({ kind, fields, time }: RecordPart): boolean {
    const { CPU } = this.#parts;
    if (CPU.length === 0) {
      // What came first was shuffled, or the rest of a record whose beginning is lost.
      if (this.#count === 0 || kind === "CPU") return !this.#notBefore(time);
      return this.#parts[kind].length > 0;
    }
    if (kind !== "CPU") return this.whole && this.#parts[kind].length >= CPU.length;
    return this.whole || CPU.length >= MAX_RECORDS ||
      CPU.some((beginning) => beginning.fields.cpu === fields.cpu);
  }

  /** Whether the first line here was printed after a time; without times, whether it seems so. */
  #notBefore(time: number | undefined): boolean {
    const first = this.#first?.time;
    if (first !== undefined && time !== undefined) return first >= time;
    return this.#count > 0 && this.#parts.PROCESSOR.length === 0;
  }

  /**
   * The records.
   *
   * @param name The file's name, for messages.
   */
  records(name: string): LoggedMachineCheck[] {
    const parts = this.#shuffled ? this.#inTime() : this.#parts;
    const records: RecordPart[][] = parts.CPU.map((beginning) => [beginning]);
    if (records.length === 0) records.push([]);
    for (const kind of PART_KINDS) {
      if (kind !== "CPU") deal(parts[kind], records);
    }
    const mixed = records.length > 1 || this.#passedOver;
    const unsureMode = mixed && this.#modesDiffer();
    const doubts = [mixed && MIXED, this.#shuffled && SHUFFLED].filter((doubt) => doubt !== false);
    return records.map((each, i) => {
      const last = i === records.length - 1;
      return recordOf(each, name, this.#first!.line, doubts, {
        ...(unsureMode && { interrupted: undefined }),
        said: last && this.#said.length > 0 ? this.#said : undefined,
        panic: last ? this.#panic : undefined,
      });
    });
  }

  #inTime(): Record<PartKind, RecordPart[]> {
    const sorted = PART_KINDS.map((kind) =>
      [
        kind,
        this.#parts[kind].toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0) || a.line - b.line),
      ] as const
    );
    return Object.fromEntries(sorted) as Record<PartKind, RecordPart[]>;
  }

  /** Whether the interrupted code is a matter of which line belongs to which record. */
  #modesDiffer(): boolean {
    const levels = this.#parts.RIP.map(({ fields }) => (fields.interrupted?.cs ?? -1) & 3);
    return this.#passedOver || levels.length !== this.#parts.CPU.length ||
      new Set(levels).size > 1;
  }
}

/** Gives the lines of a kind to the records whose beginnings are there. */
function deal(parts: readonly RecordPart[], records: readonly RecordPart[][]): void {
  if (parts.length >= records.length) {
    records.forEach((record, i) => record.push(parts[i]!));
    return;
  }
  const without = new Set(records);
  for (const part of parts) {
    const before = [...without].findLast(([beginning]) => beginning!.line < part.line);
    if (before === undefined) continue;
    before.push(part);
    without.delete(before);
  }
}

function recordOf(
  parts: readonly RecordPart[],
  name: string,
  start: number,
  doubts: readonly string[],
  others: PartFields,
): LoggedMachineCheck {
  const { omitsZero = false, ...fields }: PartFields = Object.assign(
    {},
    ...parts.map((part) => part.fields),
    others,
  );
  const { status, bank } = fields;
  const { addressValid = false, miscValid = false } = status === undefined
    ? {}
    : MCI_STATUS.decode(status);
  // Linux leaves ADDR and MISC out where they are 0.
  const { address = omitsZero && addressValid ? 0n : undefined } = fields;
  const { misc = omitsZero && miscValid ? 0n : undefined } = fields;
  const damage = parts.flatMap(({ damage }) => damage);
  const kinds = new Set(parts.map(({ kind }) => kind));
  const missing = [
    parts.length === 0 && RECORD,
    parts.length > 0 && damage.length === 0 && (status === undefined || bank === undefined) &&
    "a line with bank and MCi_STATUS",
    addressValid && address === undefined && "a line with ADDR",
    miscValid && misc === undefined && "a line with MISC",
    // A line of its own for the bank is the older form, which ends with it.
    parts.length > 0 && !kinds.has("PROCESSOR") && !kinds.has("BANK") &&
    "the PROCESSOR line that ends a record",
  ].filter((what) => what !== false);
  const lines = parts.map(({ line }) => line);
  const first = Math.min(...lines, parts.length === 0 ? start : Infinity);
  const trouble = [
    ...missing.map((what) => `Expected ${what}, got none: the record is cut`),
    ...doubts,
  ].map((message) => textError({ name, line: first, column: 1 }, message).message);
  return loggedMachineCheck(
    {
      ...fields,
      address,
      misc,
      ...(parts.length === 0 && { told: PANICKED }),
    },
    { unit: "line", first, last: Math.max(first, ...lines) },
    [...damage, ...trouble],
  );
}

const RECORD = "the record of this machine check";
/** The kernel gives a reason only where it panics (Linux `mce_panic`). */
const PANICKED = { by: "kernel", severity: "panic", memory: true } as const;
const MIXED = "Expected the lines of one record, got those of several mixed: RIP, ADDR, MISC and " +
  "the CPU model may be another record's";
const SHUFFLED = "Expected the lines of a record in order, got them shuffled: they were put " +
  "together by their kinds and times";

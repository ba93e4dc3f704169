import { MCI_STATUS } from "@tdx/core";
import { textError } from "../../_text_lines.ts";
import { type LoggedMachineCheck, loggedMachineCheck } from "../logged_machine_check.ts";
import { PART_KINDS, type PartFields, type PartKind, type RecordPart } from "./_kernel_line.ts";

/** More records at once are not sorted out any more. */
const MAX_RECORDS = 16;

/**
 * The lines of records that a kernel prints at the same time.
 *
 * Mostly it is one record. Where a second one begins before the first is whole, their lines are mixed
 * and nothing in them says whose they are: where every record has its line of a kind, they are dealt
 * out in order, else each to the nearest beginning before it. Either may be wrong, so what was dealt
 * out is marked as doubtful, and what the mode turns on is left out.
 */
export class InterleavedRecords {
  /** The host that logged them. */
  readonly host: string;
  readonly #parts: Record<PartKind, RecordPart[]> = {
    CPU: [],
    RIP: [],
    TSC: [],
    ADDR: [],
    MISC: [],
    PROCESSOR: [],
  };
  /** The last line that was added. */
  lastLine = 0;

  constructor(host: string) {
    this.host = host;
  }

  /** Adds a line; a beginning first. A line of a kind that no record here lacks is passed over. */
  add(part: RecordPart): void {
    const known = this.#parts[part.kind];
    if (part.kind !== "CPU" && known.length >= this.#parts.CPU.length) return;
    known.push(part);
    this.lastLine = part.line;
  }

  /** Whether every record has its last line. */
  get whole(): boolean {
    return this.#parts.PROCESSOR.length >= this.#parts.CPU.length;
  }

  /** Whether another record begins after those in here, which are over then. */
  endedBy(beginning: RecordPart): boolean {
    const { CPU } = this.#parts;
    return CPU.length >= MAX_RECORDS ||
      CPU.some(({ fields }) => fields.cpu === beginning.fields.cpu);
  }

  /**
   * The records.
   *
   * @param name The file's name, for messages.
   */
  records(name: string): LoggedMachineCheck[] {
    const records = this.#parts.CPU.map((beginning) => [beginning]);
    for (const kind of PART_KINDS) {
      if (kind !== "CPU") deal(this.#parts[kind], records);
    }
    const mixed = records.length > 1;
    const unsureMode = mixed && this.#modesDiffer();
    return records.map((parts) => recordOf(parts, name, mixed, unsureMode));
  }

  /** Whether the interrupted code is a matter of which line belongs to which record. */
  #modesDiffer(): boolean {
    const levels = this.#parts.RIP.map(({ fields }) => (fields.interrupted?.cs ?? -1) & 3);
    return levels.length !== this.#parts.CPU.length || new Set(levels).size > 1;
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
  mixed: boolean,
  unsureMode: boolean,
): LoggedMachineCheck {
  const { omitsZero = false, ...fields }: PartFields = Object.assign(
    {},
    ...parts.map((part) => part.fields),
  );
  const { status } = fields;
  const { addressValid = false, miscValid = false } = status === undefined
    ? {}
    : MCI_STATUS.decode(status);
  // Linux leaves ADDR and MISC out where they are 0.
  const { address = omitsZero && addressValid ? 0n : undefined } = fields;
  const { misc = omitsZero && miscValid ? 0n : undefined } = fields;
  const missing = [
    addressValid && address === undefined && "a line with ADDR",
    miscValid && misc === undefined && "a line with MISC",
    !parts.some(({ kind }) => kind === "PROCESSOR") && "the PROCESSOR line that ends a record",
  ].filter((what) => what !== false);
  const first = parts[0]!.line;
  const trouble = [
    ...missing.map((what) => `Expected ${what}, got none: the record is cut`),
    ...(mixed ? [MIXED] : []),
  ].map((message) => textError({ name, line: first, column: 1 }, message).message);
  return loggedMachineCheck(
    { ...fields, address, misc, interrupted: unsureMode ? undefined : fields.interrupted },
    { unit: "line", first, last: Math.max(...parts.map(({ line }) => line)) },
    [...parts.flatMap(({ damage }) => damage), ...trouble],
  );
}

const MIXED = "Expected the lines of one record, got those of several mixed: RIP, ADDR, MISC and " +
  "the CPU model may be another record's";

import { type HostLeaf, leafOf } from "./host_leaves.ts";
import { registerMeaning } from "./_leaf_registers.ts";
import { type NextStep, nextStep } from "./next_step.ts";
import { type DecodedStatus, decodeStatus } from "./seamcall_status.ts";

/** A register that a log shows beside a status. */
export interface LoggedRegister {
  /** Its name: RCX, RDX, R8 … */
  readonly name: string;
  /** Its value. */
  readonly value: bigint;
  /** What the leaf says with it; `null` where it says nothing. */
  readonly meaning: string | null;
}

/** A SEAMCALL and its status as a log shows them. */
export interface LoggedSeamcall {
  /** Number of the line, from 1. */
  readonly line: number;
  /** The line. */
  readonly text: string;
  /** The leaf as the line writes it; `null` where it names none. */
  readonly leafText: string | null;
  /** The leaf; `null` where it is not known or not named. */
  readonly leaf: HostLeaf | null;
  /** The status, taken apart. */
  readonly status: DecodedStatus;
  /** The registers that the line shows. */
  readonly registers: readonly LoggedRegister[];
  /** What can be done about it. */
  readonly next: NextStep;
}

/** Where a leaf stands in a line, the surest first. */
const LEAF = [
  /\bleaf(?:\s+(?:function|number))?\s*[:=]?\s*([^\s,;:()]+)/i,
  /seamcall\w*\s*\(\s*([^)]*?)\s*\)/i,
  /\b(tdh[._]\w[\w.]*)/i,
  /seamcall\w*\s+(0x[\da-z]+|\d+)\b/i,
];
/** A line about a SEAMCALL, or about a leaf and its error. */
const CALL = /seamcall|\btdh[._]\w|\bleaf\s+\S+?,?\s+error\b/i;
/** The status behind the word that announces it; a decimal number there is an errno of Linux. */
const STATUS =
  /\b(?:failed|returned|returns|error|status|ret)\b(?:\s+(?:with|code|status|error))*\s*[:=,]?\s*(0x\w*|[\da-f]{9,})/i;
/** A line of a list of statuses. */
const LISTED = /^\s*((?:0x)?[\da-f]{16})\b/i;
const MOST_REGISTERS = 64;
const REGISTER = /\b(r[abcd]x|r(?:0?[89]|1[0-5]))\s*[:=]?\s*(0x[\da-f]{1,16})\b/gi;

/**
 * Reads the SEAMCALLs out of a kernel log, or statuses that stand one on a line.
 *
 * The forms of Linux are known, from `SEAMCALL (0x…1c) failed: 0x…` with registers on the same line
 * or the next ones to `TDH.SYS.DISABLE failed: 0x…`; time stamps and prefixes are passed over, and so
 * are lines about anything else.
 *
 * @param log The log.
 * @param name What messages call it.
 * @returns What it shows, in the order of the log.
 * @throws {SyntaxError} If a status is no 64-bit number or a leaf neither a number nor a name, with
 * the line.
 *
 * @example
 * ```ts
 * import { readSeamcallLog } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const log = "kvm_intel: SEAMCALL TDH_PHYMEM_PAGE_RECLAIM failed: 0x8000020000000080, rcx 0x3";
 * const call = readSeamcallLog(log)[0]!;
 * assertEquals([call.leaf?.number, call.status.name, call.next], [28, "OPERAND_BUSY", "retry"]);
 * assertEquals(call.registers[0]?.meaning, "page type REG");
 * ```
 */
export function readSeamcallLog(log: string, name: string = "log"): LoggedSeamcall[] {
  const calls: LoggedSeamcall[] = [];
  const reader = new SeamcallLogReader(name, {
    found: (call) => calls.push(call),
    damaged: (message) => {
      throw new SyntaxError(message);
    },
  });
  log.split("\n").forEach((text, index) => reader.line(text, index + 1));
  reader.end();
  return calls;
}

/** What a {@link SeamcallLogReader} tells. */
export interface SeamcallLogListener {
  /** Is handed each SEAMCALL as soon as no further registers can belong to it. */
  readonly found: (call: LoggedSeamcall) => void;
  /** Is told of each line that is passed over because a number in it is none. */
  readonly damaged: (message: string) => void;
}

/**
 * Reads the SEAMCALLs out of a log that comes line by line, as {@link readSeamcallLog} does out of one
 * that is there; memory does not grow with it.
 *
 * @example
 * ```ts
 * import { SeamcallLogReader } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const told: string[] = [];
 * const reader = new SeamcallLogReader("dmesg", {
 *   found: ({ status }) => told.push(status.name),
 *   damaged: (message) => told.push(message),
 * });
 * reader.line("SEAMCALL (0x1c) failed: 0xwhat", 1);
 * reader.line("SEAMCALL (0x1c) failed: 0x8000020000000080", 2);
 * reader.end();
 * assertEquals(told, [
 *   "dmesg:1: Expected a status of up to 16 hexadecimal digits, got 0xwhat",
 *   "OPERAND_BUSY",
 * ]);
 * ```
 */
export class SeamcallLogReader {
  readonly #name: string;
  readonly #listener: SeamcallLogListener;
  /** The last call, until a line shows no registers of it. */
  #call: LoggedSeamcall | undefined;
  #shown: { name: string; value: bigint }[] = [];

  /**
   * Begins with the first line.
   *
   * @param name What messages call the log.
   * @param listener What is told of it.
   */
  constructor(name: string, listener: SeamcallLogListener) {
    this.#name = name;
    this.#listener = listener;
  }

  /**
   * Takes the next line.
   *
   * @param text The line.
   * @param number Its number.
   */
  line(text: string, number: number): void {
    const call = this.#read(text.trim(), number);
    if (call !== undefined) {
      this.end();
      this.#call = call;
    }
    if (this.#call === undefined) return;
    const registers = registersOf(text);
    // Those of a call go on until a line shows none; a CPU has no more.
    if (call === undefined && registers.length === 0) this.end();
    else if (this.#shown.length < MOST_REGISTERS) this.#shown.push(...registers);
  }

  /** Ends the log. */
  end(): void {
    const call = this.#call;
    if (call === undefined) return;
    const registers = this.#shown.slice(0, MOST_REGISTERS).map(({ name, value }) => ({
      name,
      value,
      meaning: registerMeaning(name, value, call.leaf, call.status),
    }));
    this.#call = undefined;
    this.#shown = [];
    this.#listener.found({ ...call, registers });
  }

  #read(text: string, number: number): LoggedSeamcall | undefined {
    try {
      return readCall(text, number, this.#name);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#listener.damaged(error.message);
      return undefined;
    }
  }
}

function readCall(text: string, line: number, name: string): LoggedSeamcall | undefined {
  const isCall = CALL.test(text);
  const written = (isCall ? STATUS : LISTED).exec(text)?.[1];
  if (written === undefined) return undefined;
  const where = `${name}:${line}`;
  const leafText = isCall ? LEAF.map((form) => form.exec(text)?.[1]).find(Boolean) ?? null : null;
  const leaf = leafText === null ? null : readLeaf(leafText, where);
  const status = decodeStatus(readStatus(written, where));
  return { line, text, leafText, leaf, status, registers: [], next: nextStep(status) };
}

function readLeaf(text: string, where: string): HostLeaf | null {
  if (/^(?:0x[\da-f]{1,16}|\d{1,20})$/i.test(text)) return leafOf(BigInt(text)) ?? null;
  if (/^tdh[._]/i.test(text)) return leafOf(text) ?? null;
  throw new SyntaxError(`${where}: Expected the number or name of a leaf, got ${text}`);
}

function readStatus(text: string, where: string): bigint {
  const digits = /^(?:0x)?([\da-f]{1,16})$/i.exec(text)?.[1];
  if (digits !== undefined) return BigInt(`0x${digits}`);
  throw new SyntaxError(`${where}: Expected a status of up to 16 hexadecimal digits, got ${text}`);
}

function registersOf(text: string): { name: string; value: bigint }[] {
  return [...text.matchAll(REGISTER)].map(([, name, value]) => ({
    name: name!.toUpperCase().replace("R0", "R"),
    value: BigInt(value!),
  }));
}

import { MCG_STATUS, MCI_STATUS } from "@tdx/core";
import type { RecordedCpu } from "../logged_machine_check.ts";
import { recordedCpu } from "./recorded_cpu.ts";

/** A record as mce-inject builds it: what is not given is 0. */
export interface InjectRecord {
  readonly cpu?: number;
  bank: number;
  status?: bigint;
  /** ADDRV and MISCV, set since the last `STATUS`. */
  valid: bigint;
  mcgStatus: bigint;
  address?: bigint;
  misc?: bigint;
  cs: number;
  ip: bigint;
  mcgCap?: bigint;
  time?: number;
  processor?: RecordedCpu;
}

/** What may follow a word, and what it does to the record. */
export interface InjectTerm {
  /** Names that stand for bits; numbers are allowed too. */
  readonly names?: ReadonlyMap<string, bigint>;
  /** How many values. */
  readonly count: readonly [least: number, most: number];
  /** Values are below this. */
  readonly limit?: bigint;
  readonly apply: (record: InjectRecord, values: readonly bigint[]) => void;
}

/** Bits by the names that the decoder gives them. */
function flagBits(namesOf: (value: bigint) => readonly string[]): Map<string, bigint> {
  const bits = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  return new Map(bits.flatMap((bit) => namesOf(bit).map((name) => [name, bit] as const)));
}

const STATUS = flagBits((value) => MCI_STATUS.flags(value));
const MCG = flagBits((value) => MCG_STATUS.flags(value));
const all = (...names: string[]) => names.reduce((value, name) => value | STATUS.get(name)!, 0n);
const or = (values: readonly bigint[]) => values.reduce((sum, value) => sum | value, 0n);

const MANY = [0, 64] as const;
const ONE = [1, 1] as const;
const EXACT = 1n << 53n;
const nothing = () => {};
const ignored: InjectTerm = { count: ONE, apply: nothing };
const flag: InjectTerm = { count: [0, 0], apply: nothing };

/** The words of mce-inject (its `mce.lex` and `mce.y`) that continue a record. */
export const INJECT_TERMS: Readonly<Record<string, InjectTerm>> = {
  STATUS: {
    names: new Map([
      ...STATUS,
      ["CORRECTED", all("VAL", "EN")],
      ["UNCORRECTED", all("VAL", "UC", "EN")],
      ["FATAL", all("VAL", "UC", "EN", "PCC")],
      ["UCNA", 0n],
      ["SRAO", all("S")],
      ["SRAR", all("S", "AR")],
      ["TES_YELLOW", 1n << 54n],
    ]),
    count: MANY,
    apply: (record, values) => {
      record.status = or(values);
      record.valid = 0n;
    },
  },
  MCGSTATUS: {
    names: new Map([...MCG, ["TES_P", 1n << 11n]]),
    count: MANY,
    apply: (record, values) => record.mcgStatus = or(values),
  },
  ADDR: {
    count: ONE,
    apply: (record, [value]) => {
      record.address = value!;
      record.valid |= all("ADDRV");
    },
  },
  MISC: {
    count: ONE,
    apply: (record, [value]) => {
      record.misc = value!;
      record.valid |= all("MISCV");
    },
  },
  RIP: {
    count: [1, 2],
    apply: (record, values) => {
      record.ip = values.at(-1)!;
      record.cs = values.length === 2 ? Number(BigInt.asUintN(16, values[0]!)) : 0;
    },
  },
  BANK: { count: ONE, limit: 256n, apply: (record, [value]) => record.bank = Number(value) },
  TIME: { count: ONE, limit: EXACT, apply: (record, [value]) => record.time = Number(value) },
  MCGCAP: { count: ONE, apply: (record, [value]) => record.mcgCap = value! },
  PROCESSOR: {
    count: [2, 2],
    limit: 1n << 32n,
    apply: (record, [vendor, signature]) => {
      const cpu = recordedCpu(Number(vendor), Number(signature));
      if (cpu !== undefined) record.processor = cpu;
    },
  },
  TSC: ignored,
  SOCKETID: ignored,
  APICID: ignored,
  NOBROADCAST: flag,
  IRQBROADCAST: flag,
  NMIBROADCAST: flag,
  HOLD: flag,
  IN_IRQ: flag,
  IN_PROC: flag,
  POLL: flag,
  EXCP: flag,
};

/** The words that begin a record; `CPU` with its number, and the bank. */
export const INJECT_STARTS: Readonly<Record<string, Pick<InjectTerm, "count" | "limit">>> = {
  CPU: { count: [1, 2], limit: EXACT },
  MCE: { count: [0, 0] },
};

import { defined, type MachineCheck } from "@tdx/core";

/** The CPU model a record names. */
export interface RecordedCpu {
  /** The vendor string of CPUID leaf 0, for example `GenuineIntel`. */
  readonly vendor: string;
  /** Display family, where it is named. */
  readonly family?: number;
  /** Display model, where it is named. */
  readonly model?: number;
  /** Stepping, where it is named. */
  readonly stepping?: number;
}

/** The code a machine check interrupted. */
export interface InterruptedCode {
  /** The code segment selector; its low two bits are the privilege level, 3 for a process. */
  readonly cs: number;
  /** The instruction pointer. */
  readonly ip?: bigint;
  /** The kernel's name for the place. */
  readonly symbol?: string;
}

/** A range of KeyIDs: the first, and one past the last. */
export type PrivateKeyIds = readonly [first: number, end: number];

/** What a log says of a machine check of which it does not hold MCi_STATUS. */
export interface ToldOutcome {
  /** Who says so: the kernel, or the firmware in its own record (APEI). */
  readonly by: "kernel" | "firmware";
  /** How it ended; `logged` where only that there was one is said. */
  readonly severity: "panic" | "recovered" | "sigbus" | "memory-failure" | "logged" | "corrected";
  /** Whether it is an error of memory. */
  readonly memory: boolean;
  /** Whether the page was retired, where that is said. */
  readonly pageRetired?: boolean;
}

/** A machine-check record and what else a log says of it; what is not there was not said. */
export interface MachineCheckEvidence {
  /** The record, less what a cut or damaged log does not give. */
  readonly record: Partial<MachineCheck>;
  /** What it interrupted. */
  readonly interrupted?: InterruptedCode;
  /** The CPU model. */
  readonly processor?: RecordedCpu;
  /** IA32_MCG_CAP. */
  readonly mcgCap?: bigint;
  /** The private KeyIDs of the machine. */
  readonly privateKeyIds?: PrivateKeyIds;
  /** The reasons the kernel gave: what follows `Machine check:` in its log. */
  readonly said?: readonly string[];
  /** The kernel's panic message, where it panicked over this record. */
  readonly panic?: string;
  /** What is said of it besides, or instead of the record. */
  readonly told?: ToldOutcome;
}

/** Where a record was read: lines of a text or rows of a table, counted from 1. */
export interface MachineCheckPlace {
  /** What is counted. */
  readonly unit: "line" | "row";
  /** The first one that belongs to the record. */
  readonly first: number;
  /** The last one. */
  readonly last: number;
}

/** A machine check as a log holds it. */
export interface LoggedMachineCheck extends MachineCheckEvidence {
  /** Where it was read. */
  readonly where: MachineCheckPlace;
  /** Seconds since 1970, where the record says when it was taken. */
  readonly time?: number;
  /**
   * What is cut, damaged or mixed up, each as `name:line:column: Expected …`; empty for a whole
   * record. What is named here is missing from the rest, never guessed.
   */
  readonly damage: readonly string[];
}

/** What a form gives of a record; what it does not give is `undefined`. */
export type RecordFields =
  & { readonly [Field in keyof MachineCheck]?: MachineCheck[Field] | undefined }
  & { readonly [Field in OtherField]?: LoggedMachineCheck[Field] | undefined };
type OtherField = "interrupted" | "processor" | "mcgCap" | "time" | "said" | "panic" | "told";

/** Makes a record of what a form gives, leaving out what it does not. */
export function loggedMachineCheck(
  fields: RecordFields,
  where: MachineCheckPlace,
  damage: readonly string[],
): LoggedMachineCheck {
  const { cpu, bank, status, mcgStatus, address, misc, ...rest } = fields;
  const { interrupted, processor, mcgCap, time, said, panic, told } = rest;
  return {
    record: defined({ cpu, bank, status, mcgStatus, address, misc }),
    ...defined({ interrupted, processor, mcgCap, time, said, panic, told }),
    where,
    damage,
  };
}

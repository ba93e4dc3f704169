import type { MachineCheck } from "@tdx/core";

/**
 * The CPU model a record names.
 *
 * @example
 * ```ts
 * import { readMcelog, type RecordedCpu } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const text = `MCE 0
 * CPU 1 BANK 1
 * STATUS bd80000000100134 MCGSTATUS f
 * CPUID Vendor Intel Family 6 Model 143
 * `;
 * const [found] = await Array.fromAsync(readMcelog(text));
 * const cpu: RecordedCpu | undefined = found?.processor;
 * assertEquals(cpu, { vendor: "GenuineIntel", family: 6, model: 0x8f });
 * ```
 */
export interface RecordedCpu {
  /** The vendor string of CPUID leaf 0, for example `GenuineIntel`. */
  readonly vendor: string;
  /** Display family. */
  readonly family: number;
  /** Display model. */
  readonly model: number;
  /** Stepping, where it is named. */
  readonly stepping?: number;
}

/**
 * The code a machine check interrupted.
 *
 * @example
 * ```ts
 * import { type InterruptedCode, readKernelLog } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const log = `
 * mce: [Hardware Error]: CPU 147: Machine Check Exception: f Bank 1: bd80000000100134
 * mce: [Hardware Error]: RIP 10:<ffffffffadb69870> {__tlb_remove_page_size+0x10/0xa0}
 * mce: [Hardware Error]: TSC 411a93533ed ADDR 80a5669600 MISC 86
 * `;
 * const [found] = await Array.fromAsync(readKernelLog(log));
 * const code: InterruptedCode | undefined = found?.interrupted;
 * assertEquals(code, {
 *   cs: 0x10, // privilege level 0: the kernel
 *   ip: 0xffffffffadb69870n,
 *   symbol: "__tlb_remove_page_size+0x10/0xa0",
 * });
 * ```
 */
export interface InterruptedCode {
  /** The code segment selector; its low two bits are the privilege level, 3 for a process. */
  readonly cs: number;
  /** The instruction pointer. */
  readonly ip: bigint;
  /** The kernel's name for the place. */
  readonly symbol?: string;
}

/**
 * A machine-check record and what else a log says of it; what is not there was not said.
 *
 * @example The kernel's words tell what the record does not
 * ```ts
 * import { assessMachineCheck, type MachineCheckEvidence } from "@tdx/host";
 * import { consumedPoison } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const evidence: MachineCheckEvidence = {
 *   record: consumedPoison({ address: 0x80a5669600, seamNr: false }),
 *   interrupted: { cs: 0x10, ip: 0xffffffffadb69870n },
 *   said: ["TDX private memory error. Possible kernel bug."],
 * };
 *
 * const { grades, cause } = assessMachineCheck(evidence);
 * assertEquals(grades.map(({ severity }) => severity), ["panic"]);
 * assertEquals([cause.name, cause.rule], ["partial-write-erratum", "td-page"]);
 * ```
 */
export interface MachineCheckEvidence {
  /** The record, less what a cut or damaged log does not give. */
  readonly record: Partial<MachineCheck>;
  /** What it interrupted. */
  readonly interrupted?: InterruptedCode;
  /** The CPU model. */
  readonly processor?: RecordedCpu;
  /** IA32_MCG_CAP. */
  readonly mcgCap?: bigint;
  /** The private KeyIDs of the machine: the first, and one past the last. */
  readonly privateKeyIds?: readonly [first: number, end: number];
  /** The reasons the kernel gave: what follows `Machine check:` in its log. */
  readonly said?: readonly string[];
  /** The kernel's panic message, where it panicked over this record. */
  readonly panic?: string;
}

/**
 * Where a record was read: lines of a text or rows of a table, counted from 1.
 *
 * @example
 * ```ts
 * import { type MachineCheckPlace, readMceInject } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const text = `CPU 0 BANK 1
 * STATUS 0xbd80000000100134
 * CPU 1 BANK 1
 * STATUS 0xbd80000000100134
 * `;
 * const found = await Array.fromAsync(readMceInject(text));
 * const places: MachineCheckPlace[] = found.map(({ where }) => where);
 *
 * assertEquals(places.map(({ unit, first, last }) => `${unit} ${first}-${last}`), [
 *   "line 1-2",
 *   "line 3-4",
 * ]);
 * ```
 */
export interface MachineCheckPlace {
  /** What is counted. */
  readonly unit: "line" | "row";
  /** The first one that belongs to the record. */
  readonly first: number;
  /** The last one. */
  readonly last: number;
}

/**
 * A machine check as a log holds it.
 *
 * @example A record that was cut off
 * ```ts
 * import { type LoggedMachineCheck, readMceInject } from "@tdx/host";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * const records = readMceInject("CPU 0 BANK 1\n", "cut");
 * const [found]: LoggedMachineCheck[] = await Array.fromAsync(records);
 *
 * assertEquals([found?.record.bank, found?.record.status], [1, undefined]);
 * assertMatch(found?.damage[0] ?? "", /^cut:1:\d+: Expected /);
 * ```
 */
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

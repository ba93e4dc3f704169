import { type Condition, matches } from "../condition.ts";
import { requireOneOf, requireOptions } from "../arguments.ts";
import type { MachineCheck } from "./machine_check.ts";
import {
  MCACOD_DATA_LOAD,
  MCACOD_FETCH,
  MCG_STATUS,
  type McgStatus,
  MCI_STATUS,
  type MciStatus,
} from "./registers.ts";

/**
 * How Linux ends a machine check.
 *
 * - `panic`: the host goes down.
 * - `recovered`: the page is marked HWPoison, the host goes on.
 * - `sigbus`: `memory_failure` takes the page away, the process gets SIGBUS.
 * - `corrected`: the hardware corrected the error, it is only logged.
 * - `not-graded`: outside the rules modelled here; says nothing about safety.
 */
export type MachineCheckSeverity = "panic" | "recovered" | "sigbus" | "corrected" | "not-graded";

/** What a record does not say about the host that took it. */
export interface MachineCheckContext {
  /** What the interrupted code was; `kernel` is code without a fixup for a failing access. */
  readonly mode: "kernel" | "user";
  /** MCG_CAP.SER_P, see {@link MCG_CAP}; default `true`, as on every TDX host known. */
  readonly ser?: boolean;
  /** Whether `/proc/cpuinfo` lists `tdx_pw_mce`; default `false`. */
  readonly erratumFlag?: boolean;
  /** Whether the TDX module says that the page is private memory; default `false`. */
  readonly tdPrivatePage?: boolean;
}

const CONTEXT: readonly (keyof MachineCheckContext)[] = [
  "mode",
  "ser",
  "erratumFlag",
  "tdPrivatePage",
];

/** What becomes of a host after a machine check, and why. */
export interface MachineCheckGrade {
  /** How it ends. */
  readonly severity: MachineCheckSeverity;
  /** The row that matched, for example `seam-nr`. */
  readonly rule: string;
  /** Why, in a sentence. */
  readonly reason: string;
  /** The kernel's words for it in its log, where they are known. */
  readonly message?: string;
  /** The line Linux adds where the erratum may be the cause. */
  readonly note?: "TDX private memory error. Possible kernel bug.";
  /** Whether the page is never allocated again; left out of a grade `not-graded`: unknown. */
  readonly pageRetired?: boolean;
}

type Facts = MciStatus & McgStatus & Required<MachineCheckContext>;
type Row = Omit<MachineCheckGrade, "note"> & {
  readonly when: Condition<Facts>;
  /** Whether Linux adds its line on private memory, given the flag and the page. */
  readonly tdxNote?: boolean;
};

/** A load or a fetch consumed poison, its page is known, and nothing was lost. */
const CONSUMED = {
  uncorrected: true,
  signaled: true,
  actionRequired: true,
  addressValid: true,
  miscValid: true,
  overflow: false,
} as const satisfies Condition<Facts>;

const NOT_GRADED = { severity: "not-graded" } as const;
const PANIC = { severity: "panic", pageRetired: false } as const;
const CORRECTED = { severity: "corrected", pageRetired: false } as const;

/**
 * First match wins. The order of the graded rows is that of the kernel's severity table (Linux
 * arch/x86/kernel/cpu/mce/severity.c; SEAM_NR: 7911f145de5f). A `not-graded` row stands before a
 * graded one only where the latter must not speak for its records.
 */
const ROWS: readonly Row[] = [
  {
    rule: "invalid",
    when: { valid: false },
    ...NOT_GRADED,
    reason: "VAL is 0: the bank holds no error",
  },
  {
    rule: "context-corrupt",
    when: { contextCorrupt: true },
    ...PANIC,
    message: "Processor context corrupt",
    reason: "PCC is 1: the state of the processor may be corrupt",
  },
  // CMCI and polling leave MCG_STATUS at 0, where RIPV=0 means nothing.
  {
    rule: "corrected-no-exception",
    when: { inProgress: false, uncorrected: false },
    ...CORRECTED,
    reason: "UC is 0 and MCIP is 0: a corrected error, logged without an exception",
  },
  {
    rule: "no-exception",
    when: { inProgress: false, signaled: false },
    ...NOT_GRADED,
    reason: "MCIP is 0 and S is 0: logged without an exception (UCNA), as when poison is generated",
  },
  {
    rule: "no-restart-ip",
    when: { restartIpValid: false, mode: "kernel" },
    ...PANIC,
    reason: "RIPV is 0 in the kernel: there is no place to go on from",
  },
  {
    rule: "corrected",
    when: { uncorrected: false },
    ...CORRECTED,
    reason: "UC is 0: the hardware corrected the error",
  },
  {
    rule: "no-recovery",
    when: { ser: false },
    ...NOT_GRADED,
    reason: "MCG_CAP.SER_P is 0: without software error recovery S and AR carry no meaning",
  },
  {
    rule: "not-enabled",
    when: { enabled: false },
    ...NOT_GRADED,
    reason: "EN is 0: the bank was not to report this error, so it did not raise the exception",
  },
  {
    rule: "no-error-ip",
    when: { signaled: true, actionRequired: true, errorIpValid: false },
    ...NOT_GRADED,
    reason: "EIPV is 0: the interrupted code need not be what met the error",
  },
  {
    rule: "seam-nr",
    when: { ...CONSUMED, seamNr: true, mcaCod: [MCACOD_DATA_LOAD, MCACOD_FETCH] },
    severity: "recovered",
    pageRetired: true,
    reason: "SEAM_NR is 1: a TD consumed the poison; its page is marked HWPoison",
  },
  {
    rule: "kernel-load",
    when: { ...CONSUMED, mode: "kernel", mcaCod: MCACOD_DATA_LOAD },
    ...PANIC,
    tdxNote: true,
    message: "Data load in unrecoverable area of kernel",
    reason: "The kernel loaded poison, and SEAM_NR does not say that a TD did",
  },
  {
    rule: "kernel-fetch",
    when: { ...CONSUMED, mode: "kernel", mcaCod: MCACOD_FETCH },
    ...PANIC,
    tdxNote: true,
    reason: "The kernel fetched poison, and SEAM_NR does not say that a TD did",
  },
  {
    rule: "user",
    when: { ...CONSUMED, mode: "user", mcaCod: [MCACOD_DATA_LOAD, MCACOD_FETCH] },
    severity: "sigbus",
    pageRetired: true,
    reason: "A process consumed the poison: memory_failure takes the page, the process gets SIGBUS",
  },
  {
    rule: "no-action",
    when: { signaled: false, actionRequired: false },
    ...NOT_GRADED,
    reason: "S is 0: an uncorrected error that asks for no action (UCNA), left to the CMCI handler",
  },
  {
    rule: "illegal",
    when: { signaled: false },
    ...NOT_GRADED,
    reason: "AR is 1 without S: no combination a processor should report",
  },
  {
    rule: "action-optional",
    when: { actionRequired: false },
    ...NOT_GRADED,
    reason: "AR is 0: action is optional, and what Linux does depends on the error code",
  },
  {
    rule: "lost-event",
    when: { overflow: true },
    ...NOT_GRADED,
    reason: "OVER is 1: an error was lost, and the rules here cover a single one",
  },
  {
    rule: "no-address",
    when: { addressValid: false },
    ...NOT_GRADED,
    reason: "ADDRV is 0: the page is not known",
  },
  {
    rule: "no-misc",
    when: { miscValid: false },
    ...NOT_GRADED,
    reason: "MISCV is 0: what kind of address MCi_ADDR holds is not known",
  },
  {
    rule: "other-code",
    when: {},
    ...NOT_GRADED,
    reason: "MCACOD is neither a data load (0x134) nor an instruction fetch (0x150)",
  },
];

/**
 * Says how Linux ends a machine check.
 *
 * The rules are those that matter to TD memory: PCC, RIPV in the kernel, a TD's poison told apart by
 * SEAM_NR, the kernel's own, a process's. Whatever else a record may say is answered `not-graded`
 * with the reason, never with a guess. Not looked at: bank, MCi_ADDR and MCi_MISC.
 *
 * @param record The record.
 * @param context The host that took it.
 * @returns The grade, with the row that matched.
 * @throws {TypeError} If a register is not a bigint, or the context has something not known.
 * @throws {RangeError} If a register does not fit in 64 bits, or `mode` is neither `kernel` nor
 * `user`.
 *
 * @example A TD consumed poison: the host survives only where SEAM_NR says that it was the TD
 * ```ts
 * import { consumedPoison, gradeMachineCheck } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const told = consumedPoison({ address: 0x80a5669600, seamNr: true });
 * assertEquals(gradeMachineCheck(told, { mode: "kernel" }).severity, "recovered");
 *
 * const untold = consumedPoison({ address: 0x80a5669600, seamNr: false });
 * const grade = gradeMachineCheck(untold, { mode: "kernel" });
 * assertEquals(grade.severity, "panic");
 * assertEquals(grade.message, "Data load in unrecoverable area of kernel");
 * ```
 */
export function gradeMachineCheck(
  record: MachineCheck,
  context: MachineCheckContext,
): MachineCheckGrade {
  requireOptions("context", context, CONTEXT);
  requireOneOf("mode", context.mode, ["kernel", "user"]);
  const facts: Facts = {
    ser: true,
    erratumFlag: false,
    tdPrivatePage: false,
    ...context,
    ...MCI_STATUS.decode(record.status),
    ...MCG_STATUS.decode(record.mcgStatus),
  };
  // The last row has no conditions.
  const { when: _when, tdxNote, ...grade } = ROWS.find((row) => matches(row.when, facts))!;
  return tdxNote && facts.erratumFlag && facts.tdPrivatePage
    ? { ...grade, note: "TDX private memory error. Possible kernel bug." }
    : grade;
}

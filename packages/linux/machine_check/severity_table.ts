import {
  type Condition,
  MCACOD_DATA_LOAD,
  MCACOD_FETCH,
  type McgStatus,
  type MciStatus,
} from "@tdx/core";
import type { KernelFacts } from "../kernel/kernel.ts";

/**
 * What a machine check interrupted: the kernel, the kernel where a failing access is expected and
 * mended, as in `copy_from_user` (`kernel-recoverable`), or a process.
 */
export type MachineCheckMode = "kernel" | "kernel-recoverable" | "user";

/** All modes. */
export const MACHINE_CHECK_MODES: readonly MachineCheckMode[] = [
  "kernel",
  "kernel-recoverable",
  "user",
];

/** How Linux came by a record: as an exception, by polling or CMCI, or left over at boot. */
export type MachineCheckOccasion = "exception" | "polled" | "boot";

/** All occasions. */
export const MACHINE_CHECK_OCCASIONS: readonly MachineCheckOccasion[] = [
  "exception",
  "polled",
  "boot",
];

/** The kernel's severities (`enum severity_level`); `AR`, action required, by who is to act. */
export type LinuxSeverity =
  | "NO"
  | "KEEP"
  | "SOME"
  | "AO"
  | "UC"
  | "UCNA"
  | "AR-seam"
  | "AR-kernel"
  | "AR-user"
  | "PANIC";

/** What the table looks at; `mcaCod` is without bit 12, which the kernel masks. */
export interface SeverityFacts extends MciStatus, McgStatus, Pick<KernelFacts, "heedsSeamNr"> {
  readonly mode: MachineCheckMode;
  readonly exception: boolean;
  /** MCG_CAP.SER_P. */
  readonly ser: boolean;
  /** Whether MCACOD is that of a memory scrubber. */
  readonly scrubber: boolean;
  /** Neither RIPV nor EIPV. */
  readonly noIp: boolean;
}

/** A row of the kernel's severity table. */
export interface SeverityRow {
  /** A short name. */
  readonly rule: string;
  /** What must hold. */
  readonly when: Condition<SeverityFacts>;
  readonly severity: LinuxSeverity;
  /** The kernel's words for it, which it prints where it panics. */
  readonly message: string;
  /** What the record says, in a sentence. */
  readonly reason: string;
}

/** MCACOD of a last-level cache's writeback. */
const WRITEBACK = 0x17a;

/** An error that calls for action: UC, S and AR, and nothing lost. */
const ACTION = {
  ser: true,
  uncorrected: true,
  signaled: true,
  actionRequired: true,
  overflow: false,
} as const satisfies Condition<SeverityFacts>;
/** And the place is known. */
const LOCATED = {
  ...ACTION,
  addressValid: true,
  miscValid: true,
} as const satisfies Condition<SeverityFacts>;
const LOAD = { ...LOCATED, mcaCod: MCACOD_DATA_LOAD } as const;
const FETCH = { ...LOCATED, mcaCod: MCACOD_FETCH } as const;
const SEAM_NR = { mode: "kernel", seamNr: true, heedsSeamNr: true } as const;

/**
 * The kernel's severity table (Linux arch/x86/kernel/cpu/mce/severity.c, up to September 2026), in
 * its order: the first row that matches decides. Left out is a row for Skylake alone.
 */
export const SEVERITIES: readonly SeverityRow[] = [
  {
    rule: "invalid",
    when: { valid: false },
    severity: "NO",
    message: "Invalid",
    reason: "VAL is 0: the bank holds no error",
  },
  {
    rule: "not-enabled",
    when: { exception: true, enabled: false },
    severity: "NO",
    message: "Not enabled",
    reason: "EN is 0 (N3): this bank did not raise the exception",
  },
  {
    rule: "context-corrupt",
    when: { contextCorrupt: true },
    severity: "PANIC",
    message: "Processor context corrupt",
    reason: "PCC is 1: the state of the processor may be corrupt",
  },
  {
    rule: "not-in-progress",
    when: { exception: true, inProgress: false },
    severity: "PANIC",
    message: "MCIP not set in MCA handler",
    reason: "MCIP is 0 in an exception (N4): something is very wrong",
  },
  {
    rule: "no-ip",
    when: { exception: true, noIp: true },
    severity: "PANIC",
    message: "Neither restart nor error IP",
    reason: "RIPV and EIPV are 0 (N6): nothing is known of what was interrupted",
  },
  {
    rule: "no-restart-ip",
    when: { exception: true, mode: ["kernel", "kernel-recoverable"], restartIpValid: false },
    severity: "PANIC",
    message: "In kernel and no restart IP",
    reason: "RIPV is 0 in the kernel (N14): there is no place to go on from",
  },
  {
    rule: "corrected",
    when: { ser: false, uncorrected: false },
    severity: "KEEP",
    message: "Corrected error",
    reason: "UC is 0: the hardware corrected the error",
  },
  {
    rule: "scrubber",
    when: { ser: true, uncorrected: true, actionRequired: false, scrubber: true },
    severity: "AO",
    message: "Action optional: memory scrubbing error",
    reason: "The memory scrubber found an error that nobody has consumed",
  },
  {
    rule: "writeback",
    when: { ser: true, uncorrected: true, actionRequired: false, mcaCod: WRITEBACK },
    severity: "AO",
    message: "Action optional: last level cache writeback error",
    reason: "The last-level cache wrote a bad line back, and nobody has consumed it",
  },
  {
    rule: "no-action",
    when: { ser: true, uncorrected: true, signaled: false, actionRequired: false },
    severity: "UCNA",
    message: "Uncorrected no action required",
    reason: "S and AR are 0: uncorrected, and nobody has consumed it (UCNA)",
  },
  {
    rule: "illegal",
    when: {
      ser: true,
      uncorrected: true,
      signaled: false,
      actionRequired: true,
      overflow: false,
    },
    severity: "PANIC",
    message: "Illegal combination (UCNA with AR=1)",
    reason: "AR is 1 without S (N8): no combination that a processor should report",
  },
  {
    rule: "not-signaled",
    when: { ser: true, signaled: false },
    severity: "KEEP",
    message: "Non signaled machine check",
    reason: "S is 0: it did not raise the exception",
  },
  {
    rule: "lost-event",
    when: { ...ACTION, overflow: true },
    severity: "PANIC",
    message: "Action required with lost events",
    reason: "OVER is 1 (N9): action is required, and an error was lost",
  },
  {
    rule: "unaffected",
    when: { ...LOCATED, restartIpValid: true, errorIpValid: false },
    severity: "KEEP",
    message: "Action required but unaffected thread is continuable",
    reason: "RIPV is 1 and EIPV is 0 (N7): the error is another thread's",
  },
  {
    rule: "kernel-copy",
    when: { ...LOAD, mode: "kernel-recoverable" },
    severity: "AR-kernel",
    message: "Action required: data load in error recoverable area of kernel",
    reason: "The kernel loaded poison where it can mend that (N15), as in copy_from_user",
  },
  {
    rule: "user-load",
    when: { ...LOAD, mode: "user" },
    severity: "AR-user",
    message: "Action required: data load error in a user process",
    reason: "A process loaded poison",
  },
  {
    rule: "user-fetch",
    when: { ...FETCH, mode: "user" },
    severity: "AR-user",
    message: "Action required: instruction fetch error in a user process",
    reason: "A process fetched poison",
  },
  {
    rule: "seam-nr-load",
    when: { ...LOAD, ...SEAM_NR },
    severity: "AR-seam",
    message: "Data load error in SEAM non-root mode",
    reason: "SEAM_NR is 1 (N13): a TD loaded the poison, and the host goes on",
  },
  {
    rule: "seam-nr-fetch",
    when: { ...FETCH, ...SEAM_NR },
    severity: "AR-seam",
    message: "Instruction fetch error in SEAM non-root mode",
    reason: "SEAM_NR is 1 (N13): a TD fetched the poison, and the host goes on",
  },
  {
    rule: "kernel-load",
    when: { ...LOAD, mode: "kernel" },
    severity: "PANIC",
    message: "Data load in unrecoverable area of kernel",
    reason:
      "The kernel loaded poison, and nothing says that a TD did; at a place with a fixup it " +
      "would go on, which the record does not tell (N15)",
  },
  {
    rule: "kernel-fetch",
    when: { ...FETCH, mode: "kernel" },
    severity: "PANIC",
    message: "Instruction fetch error in kernel",
    reason: "The kernel fetched poison, and nothing says that a TD did",
  },
  {
    rule: "unknown-code",
    when: ACTION,
    severity: "PANIC",
    message: "Action required: unknown MCACOD",
    reason:
      "Action is required (N10), and MCACOD is neither a load nor a fetch, or ADDRV or MISCV " +
      "is 0",
  },
  {
    rule: "optional",
    when: { ...ACTION, actionRequired: false },
    severity: "SOME",
    message: "Action optional: unknown MCACOD",
    reason: "AR is 0 and MCACOD is not one that Linux acts on (N11)",
  },
  {
    rule: "optional-lost",
    when: { ...ACTION, actionRequired: false, overflow: true },
    severity: "SOME",
    message: "Action optional with lost events",
    reason: "AR is 0, and an error was lost (N11)",
  },
  {
    rule: "overflow",
    when: { uncorrected: true, overflow: true },
    severity: "PANIC",
    message: "Overflowed uncorrected",
    reason: "OVER is 1: an uncorrected error was lost",
  },
  {
    rule: "uncorrected-kernel",
    when: { uncorrected: true, mode: "kernel" },
    severity: "PANIC",
    message: "Uncorrected in kernel",
    reason: "UC is 1 in the kernel",
  },
  {
    rule: "uncorrected",
    when: { uncorrected: true },
    severity: "UC",
    message: "Uncorrected",
    reason: "UC is 1",
  },
  {
    rule: "no-match",
    when: {},
    severity: "SOME",
    message: "No match",
    reason: "UC is 0 and S is 1 (N12): nothing in the table",
  },
];

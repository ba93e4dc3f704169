import { bitRange, defined, type MachineCheck, matches, MCG_STATUS, MCI_STATUS } from "@tdx/core";
import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import type { Kernel } from "../kernel/kernel.ts";
import { linux } from "../kernel/linux.ts";
import {
  MACHINE_CHECK_MODES,
  MACHINE_CHECK_OCCASIONS,
  type MachineCheckMode,
  type MachineCheckOccasion,
  SEVERITIES,
  type SeverityFacts,
  type SeverityRow,
} from "./severity_table.ts";

/**
 * How Linux ends a machine check.
 *
 * - `panic`: the host goes down.
 * - `recovered`: the host goes on; `pageRetired` says what becomes of the page.
 * - `sigbus`: `memory_failure` takes the page away, the process gets SIGBUS.
 * - `memory-failure`: nobody has consumed it yet, and `memory_failure` takes the page away.
 * - `corrected`: the hardware corrected the error, it is only logged.
 * - `logged`: it is only logged.
 * - `none`: nothing is done with this record.
 * - `not-graded`: what is known does not decide; says nothing about safety.
 */
export type MachineCheckSeverity =
  | "panic"
  | "recovered"
  | "sigbus"
  | "memory-failure"
  | "corrected"
  | "logged"
  | "none"
  | "not-graded";

/** What a record does not say about the host that took it. */
export interface MachineCheckContext {
  /** What was interrupted. */
  readonly mode: MachineCheckMode;
  /** How Linux came by it; default: an exception where MCG_STATUS.MCIP is 1, else polled. */
  readonly occasion?: MachineCheckOccasion;
  /** The kernel, or its version; default the newest released one. */
  readonly kernel?: Kernel | string;
  /** Whether MCi_ADDR carries KeyID bits; not known by default. */
  readonly keyIdInAddress?: boolean;
  /** MCG_CAP.SER_P, see `MCG_CAP`; default `true`, as on every TDX host known. */
  readonly ser?: boolean;
  /** Whether `/proc/cpuinfo` lists `tdx_pw_mce`; default `false`. */
  readonly erratumFlag?: boolean;
  /** Whether the TDX module says that the page is private memory; default `false`. */
  readonly tdPrivatePage?: boolean;
}

const CONTEXT: readonly (keyof MachineCheckContext)[] = [
  "mode",
  "occasion",
  "kernel",
  "keyIdInAddress",
  "ser",
  "erratumFlag",
  "tdPrivatePage",
];

/** What becomes of a host after a machine check, and why. */
export interface MachineCheckGrade {
  /** How it ends. */
  readonly severity: MachineCheckSeverity;
  /** The row of the kernel's table that matched, for example `seam-nr-load`. */
  readonly rule: string;
  /** Why, in a sentence. */
  readonly reason: string;
  /** The kernel's words for it: it prints them behind `Machine check:` where it panics. */
  readonly message: string;
  /** The line Linux adds where the erratum may be the cause (N2). */
  readonly note?: "TDX private memory error. Possible kernel bug.";
  /** Whether the page is never allocated again; left out where that is not known. */
  readonly pageRetired?: boolean;
}

/**
 * Says how Linux ends a machine check, as its severity table does: the first row that matches.
 *
 * It grades one record. Where an exception went to every CPU and no bank holds anything worse than a
 * record that Linux leaves alone, Linux panics with "Fatal machine check from unknown source"; that
 * is not looked at. Of the kernel the answer takes whether it heeds SEAM_NR, and whether it finds the
 * page of a TD's poison (N1).
 *
 * @param record The record; MCi_MISC counts only where it is given.
 * @param context The host that took it.
 * @returns The grade, with the row that matched.
 * @throws {TypeError} If a register is not a bigint, the context has something not known, or the
 * kernel is not one of `linux` or `defineLinux`.
 * @throws {RangeError} If a register does not fit in 64 bits, or mode or occasion are not known.
 *
 * @example A TD consumed poison: the host lives on, the page comes back
 * ```ts
 * import { consumedPoison } from "@tdx/core";
 * import { gradeMachineCheck } from "@tdx/linux";
 * import { assertEquals } from "@std/assert";
 *
 * const record = consumedPoison({ address: 0x82080a5669600, seamNr: true });
 * const { severity, pageRetired } = gradeMachineCheck(record, {
 *   mode: "kernel",
 *   keyIdInAddress: true,
 * });
 * assertEquals([severity, pageRetired], ["recovered", false]);
 * ```
 */
export function gradeMachineCheck(
  record: MachineCheck,
  context: MachineCheckContext,
): MachineCheckGrade {
  requireOptions("context", context, CONTEXT);
  const { mode, occasion, ser = true } = context;
  const kernel = linux(context.kernel);
  requireOneOf("mode", mode, MACHINE_CHECK_MODES);
  if (occasion !== undefined) requireOneOf("occasion", occasion, MACHINE_CHECK_OCCASIONS);
  const status = MCI_STATUS.decode(record.status);
  const mcg = MCG_STATUS.decode(record.mcgStatus);
  const exception = occasion === undefined ? mcg.inProgress : occasion === "exception";
  const mcaCod = status.mcaCod & ~FILTERED;
  const facts: SeverityFacts = {
    ...status,
    ...mcg,
    mcaCod,
    mode,
    exception,
    ser,
    scrubber: (mcaCod & ~0xf) === SCRUBBER,
    noIp: !mcg.restartIpValid && !mcg.errorIpValid,
    heedsSeamNr: kernel.heedsSeamNr === "unknown" ? true : kernel.heedsSeamNr,
  };
  // The last row has no conditions.
  const row = SEVERITIES.find(({ when }) => matches(when, facts))!;
  const seen: Seen = { facts, context, kernel, usable: isUsable(record, facts) };
  const grade = exception ? inHandler(row, seen) : inLog(row, seen);
  return { rule: row.rule, message: row.message, ...grade };
}

/** MCACOD bit 12 says that reports of corrected errors were filtered. */
const FILTERED = 0x1000;
/** MCACOD of a memory scrubber, but for the channel in its last four bits. */
const SCRUBBER = 0xc0;
/** MCi_MISC bits 8:6 for a physical address. */
const PHYSICAL = 2;
/** Bits of an address within a page. */
const PAGE_SHIFT = 12;

/** All that an ending depends on besides the row. */
interface Seen {
  readonly facts: SeverityFacts;
  readonly context: MachineCheckContext;
  readonly kernel: Kernel;
  /** Whether the address names a page (`mce_usable_address`). */
  readonly usable: boolean;
}

type Ending = Omit<MachineCheckGrade, "rule" | "message">;

function isUsable({ misc }: MachineCheck, { addressValid, miscValid }: SeverityFacts): boolean {
  return addressValid && miscValid &&
    (misc === undefined ||
      (bitRange(misc, 8, 6) === PHYSICAL && bitRange(misc, 5, 0) <= PAGE_SHIFT));
}

/** How `do_machine_check` ends an exception. */
function inHandler({ severity, reason }: SeverityRow, seen: Seen): Ending {
  switch (severity) {
    case "PANIC":
      return { severity: "panic", reason, pageRetired: false, ...defined({ note: noteOf(seen) }) };
    case "AR-user":
      return {
        severity: "sigbus",
        reason: seen.usable
          ? `${reason}: memory_failure takes the page, the process gets SIGBUS`
          : `${reason}: it is killed, and the page is not known`,
        pageRetired: seen.usable,
      };
    case "AR-kernel":
      // copy_from_user hands the page to memory_failure, other fixups leave it.
      return { severity: "recovered", reason };
    case "AR-seam":
      return inTd(reason, seen);
    case "NO":
      return { severity: "none", reason, pageRetired: false };
    default:
      return unconsumed(severity, reason, seen);
  }
}

/** What becomes of a record that was polled or found at boot (N4). */
function inLog({ severity, reason }: SeverityRow, seen: Seen): Ending {
  if (severity === "NO") return { severity: "none", reason, pageRetired: false };
  if (severity === "AO" || severity === "UCNA") return unconsumed(severity, reason, seen);
  return {
    severity: seen.facts.uncorrected ? "logged" : "corrected",
    reason: `${reason}; found by polling or at boot, it is only logged (N4)`,
    pageRetired: false,
  };
}

/** UCNA and AO go to `memory_failure` (N5), the rest to the log. */
function unconsumed(severity: SeverityRow["severity"], reason: string, seen: Seen): Ending {
  if (severity === "AO" || severity === "UCNA") {
    return seen.usable
      ? {
        severity: "memory-failure",
        reason: `${reason}; memory_failure takes the page, KeyID bits masked (N5)`,
        pageRetired: true,
      }
      : { severity: "logged", reason: `${reason}, and the page is not known`, pageRetired: false };
  }
  const corrected = !seen.facts.uncorrected && severity === "KEEP";
  return { severity: corrected ? "corrected" : "logged", reason, pageRetired: false };
}

/** A TD consumed poison: the host goes on, and the page is retired where the lookup finds it (N1). */
function inTd(reason: string, { kernel, context: { keyIdInAddress }, usable }: Seen): Ending {
  if (kernel.heedsSeamNr === "unknown") {
    return {
      severity: "not-graded",
      reason: `SEAM_NR is 1, but whether Linux ${kernel.version} heeds it is not known`,
    };
  }
  const found = { severity: "recovered", reason: `${reason}; its page is retired` } as const;
  const lost = (why: string) => (
    { severity: "recovered", reason: `${reason}; ${why}`, pageRetired: false } as const
  );
  if (!usable) return lost("MCi_MISC says it is no address of a page, so none is retired");
  if (keyIdInAddress === false) return { ...found, pageRetired: true };
  if (kernel.retiresSeamNrPage === true) return { ...found, pageRetired: true };
  if (keyIdInAddress && kernel.retiresSeamNrPage === false) {
    return lost(
      `Linux ${kernel.version} looks its page up with the KeyID bits of MCi_ADDR, finds none and ` +
        "retires none: " +
        "the poison comes back with the page (N1)",
    );
  }
  return {
    severity: "recovered",
    reason: `${reason}; Linux ${kernel.version} retires its page only where MCi_ADDR carries no ` +
      "KeyID bits, which is not known here (N1)",
  };
}

/** The module is asked about the address as it stands, so with KeyID bits it knows no page (N2). */
function noteOf({ facts, context, usable }: Seen): MachineCheckGrade["note"] | undefined {
  const { erratumFlag, tdPrivatePage, keyIdInAddress } = context;
  const asked = erratumFlag && usable && isMemoryError(facts.mcaCod);
  return asked && tdPrivatePage && !keyIdInAddress
    ? "TDX private memory error. Possible kernel bug."
    : undefined;
}

/** As `mce_is_memory_error`: a memory controller's, or of a cache hierarchy. */
function isMemoryError(mcaCod: number): boolean {
  return (mcaCod & 0xef80) === 0x80 || (mcaCod & 0xef00) === 0x100 || (mcaCod & 0xeffc) === 0xc;
}

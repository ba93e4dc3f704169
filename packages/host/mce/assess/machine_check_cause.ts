import { type Condition, type KeyIdKind, matches } from "@tdx/core";
import type { EncryptionError } from "./encryption_error.ts";

/** What a record says of its cause, never more than its bits allow. */
export type MachineCheckCauseName =
  | "partial-write-erratum"
  | "td-integrity"
  | "host-integrity"
  | "memory-error"
  | "hardware-error"
  | "indistinct"
  | "unrelated";

/** A cause that a record leaves open. */
export type PossibleCause = "partial-write" | "integrity" | "hardware";

/** What a record says of its cause, and why. */
export interface MachineCheckCause {
  /** The answer. */
  readonly name: MachineCheckCauseName;
  /** The answer in words. */
  readonly title: string;
  /** What the record alone does not rule out. */
  readonly possible: readonly PossibleCause[];
  /** The row of the table that matched. */
  readonly rule: string;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** What the table looks at. */
export interface CauseFacts {
  /** Whether MCi_STATUS is known. */
  readonly known: boolean;
  /** What is said of it instead of MCi_STATUS. */
  readonly told: "corrected" | "memory" | "no-memory" | "nothing";
  /** Whether the CPU can host TDX: `no` where no source of hosts names it. */
  readonly tdx: "no" | "unknown";
  /** Whether the record names a CPU that is not Intel's. */
  readonly otherVendor: boolean;
  readonly valid: boolean;
  readonly uncorrected: boolean;
  /** Whether MCACOD is a memory error. */
  readonly memory: boolean;
  /** Whether code consumed poison: UC, S, AR, and a data load or a fetch. */
  readonly consumed: boolean;
  /** MCG_STATUS.SEAM_NR. */
  readonly seamNr: boolean;
  readonly keyIdKind: KeyIdKind | "unknown";
  /** The check that a memory controller logged, `none` without such a code. */
  readonly check: EncryptionError["check"] | "none";
  /** Whether the kernel asked the TDX module and it said that the page is a TD's. */
  readonly tdPage: boolean;
  /** Whether the platform has the partial-write erratum. */
  readonly erratum: "yes" | "no" | "unknown";
}

/** The answers in words; `{on}` is where the platforms with the erratum are named. */
const TITLES: Readonly<Record<MachineCheckCauseName, string>> = {
  "partial-write-erratum": "consistent with the partial-write erratum{on}, " +
    "not distinguishable from a hardware error by the record alone",
  "td-integrity": "integrity violation in a TD",
  "host-integrity": "integrity violation under a shared KeyID, in no TD",
  "memory-error": "ordinary memory error",
  "hardware-error": "a hardware error; this CPU has no TDX",
  indistinct: "cannot be told apart",
  unrelated: "no memory error of an Intel CPU, so nothing to do with TDX memory",
};

interface CauseRow {
  readonly rule: string;
  readonly when: Condition<CauseFacts>;
  readonly name: MachineCheckCauseName;
  readonly possible: readonly PossibleCause[];
  readonly reason: string;
}

const ALL: readonly PossibleCause[] = ["partial-write", "integrity", "hardware"];
const NOT_ERRATUM: readonly PossibleCause[] = ["integrity", "hardware"];
const NO_TDX =
  "No source names this CPU among the hosts of TDX, so there are no TDs, no checks of " +
  "theirs, and no erratum of partial writes";
const CHECKS = ["integrity", "td-owner"] as const;

/** First match wins. Rule ids in capitals are those of `@tdx/core`. */
const ROWS: readonly CauseRow[] = [
  {
    rule: "other-vendor",
    when: { otherVendor: true },
    name: "unrelated",
    possible: [],
    reason: "The CPU is not Intel's: it has no TDX and lays MCi_STATUS out differently",
  },
  {
    rule: "told-no-memory",
    when: { told: "no-memory" },
    name: "unrelated",
    possible: [],
    reason: "It is no error of memory",
  },
  {
    rule: "told-corrected",
    when: { told: "corrected" },
    name: "memory-error",
    possible: ["hardware"],
    reason: "It was corrected, which poison or a failed check is not",
  },
  {
    rule: "no-tdx",
    when: { tdx: "no", known: false },
    name: "hardware-error",
    possible: ["hardware"],
    reason: NO_TDX,
  },
  {
    rule: "told",
    when: { told: "memory" },
    name: "indistinct",
    possible: ALL,
    reason: "An uncorrected error of which MCi_STATUS is missing",
  },
  {
    rule: "cut",
    when: { known: false },
    name: "indistinct",
    possible: ALL,
    reason: "MCi_STATUS is missing from the record",
  },
  {
    rule: "invalid",
    when: { valid: false },
    name: "unrelated",
    possible: [],
    reason: "VAL is 0: the bank holds no error",
  },
  {
    rule: "no-tdx",
    when: { tdx: "no", memory: true, uncorrected: true },
    name: "hardware-error",
    possible: ["hardware"],
    reason: NO_TDX,
  },
  {
    rule: "private-check",
    when: { check: CHECKS, keyIdKind: "private" },
    name: "td-integrity",
    possible: ["integrity"],
    reason:
      "A memory controller logged a failed check for a private KeyID (C1, C3, L1); whether a " +
      "write from outside the TD or a fault of the memory broke the line, it does not say",
  },
  {
    rule: "shared-check",
    when: { check: CHECKS, keyIdKind: "shared" },
    name: "host-integrity",
    possible: ["integrity"],
    reason: "A memory controller logged a failed check for a shared KeyID (C5, C6)",
  },
  {
    // KeyID 0 has no checks to fail (C7, C8): the address then carries no KeyID.
    rule: "check",
    when: { check: CHECKS },
    name: "indistinct",
    possible: ["integrity"],
    reason:
      "A memory controller logged a failed check, but the address does not tell whether for " +
      "a TD's private KeyID or a shared one",
  },
  {
    rule: "encryption",
    when: { check: "unknown" },
    name: "indistinct",
    possible: NOT_ERRATUM,
    reason: "An error of the encryption engine of which the sources give only the name",
  },
  {
    rule: "not-memory",
    when: { memory: false },
    name: "unrelated",
    possible: [],
    reason: "MCACOD is no memory error",
  },
  {
    rule: "corrected",
    when: { uncorrected: false },
    name: "memory-error",
    possible: ["hardware"],
    reason: "UC is 0: the hardware corrected the data, which it cannot do for poison or for a " +
      "failed check",
  },
  {
    rule: "td-consumed",
    when: { consumed: true, seamNr: true },
    name: "indistinct",
    possible: ALL,
    reason:
      "A TD consumed poison: a failed check (C1, C3, L1), a partial write from outside (W5) " +
      "and a fault of the memory leave the same record",
  },
  {
    rule: "private-consumed",
    when: { consumed: true, keyIdKind: "private" },
    name: "indistinct",
    possible: ALL,
    reason: "The KeyID is private, so a TD or the TDX module consumed the poison, though SEAM_NR " +
      "does not say so; failed check, partial write and fault leave the same record",
  },
  {
    rule: "td-page",
    when: { consumed: true, tdPage: true },
    name: "partial-write-erratum",
    possible: ALL,
    reason:
      "The host consumed poison in a page that the TDX module called private when the kernel " +
      "asked: a partial write to it would do that (W5), and so would a fault of the memory",
  },
  {
    rule: "host-consumed",
    when: { consumed: true, erratum: "no" },
    name: "indistinct",
    possible: ALL,
    reason:
      "The host consumed poison: a check that failed there (C5, C6) or earlier (C1, C3, L1) " +
      "and a fault of the memory leave the same record",
  },
  {
    rule: "host-consumed",
    when: { consumed: true, erratum: "yes" },
    name: "partial-write-erratum",
    possible: ALL,
    reason:
      "The host consumed poison on a platform with the erratum: a partial write to a line a " +
      "TD owned leaves this record (W5), and so does a fault of the memory",
  },
  {
    rule: "host-consumed",
    when: { consumed: true },
    name: "partial-write-erratum",
    possible: ALL,
    reason: "The host consumed poison: where the platform has the erratum, a partial write to a " +
      "line a TD owned leaves this record (W5), and so does a fault of the memory",
  },
  {
    rule: "not-consumed",
    when: {},
    name: "indistinct",
    possible: ALL,
    reason:
      "An uncorrected memory error that is no load or fetch of poison: who damaged the line, " +
      "the record does not say",
  },
];

/** Where it is known that there is no erratum, no row leaves it possible. */
const NO_ERRATUM = "; no partial write did it, for the platform has no erratum";

/**
 * Says what a record allows to be said of its cause.
 *
 * @param facts What is known.
 * @param carriers Names of the platforms with the erratum that it may be about.
 * @returns The answer of the first row that matches; the last one always does.
 */
export function causeOf(facts: CauseFacts, carriers: readonly string[]): MachineCheckCause {
  const { when: _when, ...row } = ROWS.find(({ when }) => matches(when, facts))!;
  const on = carriers.length === 0 ? "" : ` on ${carriers.join("/")}`;
  const cause = { ...row, title: TITLES[row.name].replace("{on}", on) };
  if (facts.erratum !== "no" || !row.possible.includes("partial-write")) return cause;
  return {
    ...cause,
    possible: row.possible.filter((each) => each !== "partial-write"),
    reason: row.reason + NO_ERRATUM,
  };
}

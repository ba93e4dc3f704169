/**
 * How a check came out.
 *
 * - `ok`: nothing to worry about.
 * - `affected`: something to know or to act on.
 * - `unknown`: what was there to read does not tell.
 * - `not applicable`: the question does not arise on this machine.
 */
export type CheckResult = "ok" | "affected" | "unknown" | "not applicable";

/** A check of an {@link Audit}. */
export interface AuditCheck {
  /** A stable name, one of {@link AUDIT_CHECKS}. */
  readonly id: string;
  /** How it came out. */
  readonly result: CheckResult;
  /** What was seen, or why nothing was. */
  readonly seen: string;
  /** Where it was seen. */
  readonly source: string;
  /** What it means; assumptions are named here. */
  readonly meaning: string;
  /** What to do; empty where there is nothing to do. */
  readonly fix: string;
}

/** What a kernel does with a page that it takes back from a TD; see {@link KERNEL_BEHAVIOURS}. */
export type KernelBehaviour = "clears-always" | "clears-on-erratum" | "no-tdx" | "unknown";

/**
 * All kernel behaviours.
 *
 * - `clears-always`: every page, whatever the silicon (Linux 8d032b683c299, 6.16 and 6.17).
 * - `clears-on-erratum`: only where the kernel lists `tdx_pw_mce` (Linux 01fb93a363e0, 6.18).
 * - `no-tdx`: it hosts no TDs.
 * - `unknown`: could not tell.
 */
export const KERNEL_BEHAVIOURS: readonly KernelBehaviour[] = [
  "clears-always",
  "clears-on-erratum",
  "no-tdx",
  "unknown",
];

/**
 * What it comes to.
 *
 * - `not-concerned`: no TDs are hosted here.
 * - `fine`: the silicon needs no clearing, and the kernel does none.
 * - `pays-rightly`: the silicon has the erratum, and the kernel clears.
 * - `pays-needlessly`: the silicon needs no clearing, and the kernel clears.
 * - `at-risk`: the silicon has the erratum, and the kernel does not clear.
 * - `unknown`: could not tell.
 */
export type Verdict =
  | "not-concerned"
  | "fine"
  | "pays-rightly"
  | "pays-needlessly"
  | "at-risk"
  | "unknown";

/** What an audit found. */
export interface Audit {
  /** The machine's host name, where it was read. */
  readonly host?: string;
  /** The platform plugin; `none` for a CPU that cannot host TDs, `unknown` where none was told. */
  readonly platform: string;
  /** What the kernel does on reclaim. */
  readonly kernel: KernelBehaviour;
  /** What it comes to. */
  readonly verdict: Verdict;
  /** The verdict in a sentence. */
  readonly sentence: string;
  /** What to do about it. */
  readonly advice: string;
  /** The checks, in the order of {@link AUDIT_CHECKS}. */
  readonly checks: readonly AuditCheck[];
}

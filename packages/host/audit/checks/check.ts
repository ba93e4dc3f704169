import type { Facts } from "../judge/facts.ts";

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

/**
 * Whether a machine has something on record that went wrong: an uncorrected error, lost pages.
 *
 * @param checks The checks of its audit, or what somebody wrote in their place.
 * @returns Whether a check of the group `records` is `affected`.
 *
 * @example
 * ```ts
 * import { hasIncident } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hasIncident([{ id: "records.leaks", result: "affected" }]), true);
 * assertEquals(hasIncident([{ id: "cpu.erratum", result: "affected" }]), false);
 * ```
 */
export function hasIncident(
  checks: readonly Partial<Pick<AuditCheck, "id" | "result">>[],
): boolean {
  return checks.some((check) =>
    check?.result === "affected" && /^records\./.test(String(check.id))
  );
}

/** What a check found. */
export type Finding = Omit<AuditCheck, "id">;

/** A check: a question, and a pure function that answers it. */
export interface CheckSpec {
  /** A stable name, `group.name`. */
  readonly id: string;
  /** The question in a few words. */
  readonly title: string;
  /** Whether it is put to other CPUs than Intel's. */
  readonly anyCpu?: boolean;
  /** Whether it worries nobody as long as no TD can run. */
  readonly needsTdx?: boolean;
  run(facts: Facts): Finding;
}

/** Puts a finding together. */
type Find = (seen: string, meaning: string, fix?: string) => Finding;

/** The ways in which a check can come out, for what was seen in one place. */
export function findingsIn(
  source: string,
): Readonly<Record<"ok" | "affected" | "unknown" | "notApplicable", Find>> {
  const find = (result: CheckResult): Find => (seen, meaning, fix = "") => (
    { result, seen, source, meaning, fix }
  );
  return {
    ok: find("ok"),
    affected: find("affected"),
    unknown: find("unknown"),
    notApplicable: find("not applicable"),
  };
}

/** What to do where only root can read. */
export const AS_ROOT =
  "Run collect.sh as root, with the msr module loaded, and audit the snapshot it makes";

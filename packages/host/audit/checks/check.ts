import type { AuditCheck, CheckResult } from "../audit_types.ts";
import type { Facts } from "../judge/facts.ts";

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

/** What to do where only root can read. */
export const AS_ROOT =
  "Run collect.sh as root, with the msr module loaded, and audit the snapshot it makes";

/** Puts a finding together. */
export function finding(
  result: CheckResult,
  seen: string,
  source: string,
  meaning: string,
  fix = "",
): Finding {
  return { result, seen, source, meaning, fix };
}

import type { Facts } from "../judge/facts.ts";
import { FILES } from "../readers/evidence.ts";
import { bringUp } from "./bring_up.ts";
import { type AuditCheck, type CheckSpec, type Finding, findingsIn } from "./check.ts";
import { erratum, flag, identity, virtual } from "./cpu.ts";
import { kexec, reclaim, refusedPages, seamNr } from "./kernel.ts";
import { leaks, machineChecks } from "./records.ts";
import { firmware, keyIds, module, use } from "./tdx.ts";

/** The checks, in the order they are shown. */
const CHECKS: readonly CheckSpec[] = [
  identity,
  erratum,
  flag,
  virtual,
  firmware,
  use,
  bringUp,
  keyIds,
  module,
  reclaim,
  refusedPages,
  seamNr,
  kexec,
  machineChecks,
  leaks,
];

/** The checks of an audit: stable names and what they ask. */
export const AUDIT_CHECKS: readonly { readonly id: string; readonly title: string }[] = CHECKS.map(
  ({ id, title }) => ({ id, title }),
);

/** Runs every check. */
export function runChecks(facts: Facts): AuditCheck[] {
  return CHECKS.map((check) => ({ id: check.id, ...answer(check, facts) }));
}

function answer(check: CheckSpec, facts: Facts): Finding {
  if (!check.anyCpu && facts.otherCpu !== undefined) {
    const { notApplicable } = findingsIn(FILES.cpuinfo.name);
    return notApplicable("no Intel CPU", "TDX exists only there");
  }
  const found = check.run(facts);
  const idle = facts.guest === true || facts.use.value === "no";
  const worry = found.result === "affected" || found.result === "unknown";
  return check.needsTdx && idle && worry ? { ...found, result: "not applicable", fix: "" } : found;
}

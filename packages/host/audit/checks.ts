import type { AuditCheck } from "./audit_types.ts";
import { erratum, flag, identity } from "./check_cpu.ts";
import { reclaim, seamNr } from "./check_kernel.ts";
import { kexec } from "./check_kexec.ts";
import { keyIds } from "./check_key_ids.ts";
import { virtual } from "./check_machine.ts";
import { machineChecks } from "./check_records.ts";
import { type CheckSpec, type Finding, finding } from "./check_spec.ts";
import { firmware, module, use } from "./check_tdx.ts";
import { FILES } from "./evidence.ts";
import type { Facts } from "./facts.ts";

/** The checks, in the order they are shown. */
const CHECKS: readonly CheckSpec[] = [
  identity,
  erratum,
  flag,
  virtual,
  firmware,
  use,
  keyIds,
  module,
  reclaim,
  seamNr,
  kexec,
  machineChecks,
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
    return finding("not applicable", "no Intel CPU", FILES.cpuinfo.name, "TDX exists only there");
  }
  const found = check.run(facts);
  const idle = facts.guest === true || facts.use.value === "no";
  const worry = found.result === "affected" || found.result === "unknown";
  return check.needsTdx && idle && worry ? { ...found, result: "not applicable", fix: "" } : found;
}

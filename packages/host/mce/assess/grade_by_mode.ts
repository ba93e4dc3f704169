import {
  defined,
  gradeMachineCheck,
  type MachineCheck,
  type MachineCheckGrade,
  MCG_CAP,
} from "@tdx/core";
import type { MachineCheckEvidence } from "../logged_machine_check.ts";

/** What a machine check interrupted. */
export type MachineCheckMode = "kernel" | "user";

/** How Linux ends a machine check, and for which interrupted code that holds. */
export interface GradeByMode extends MachineCheckGrade {
  /** The mode it holds for; `any` where the answer does not turn on it or the mode is known. */
  readonly mode: MachineCheckMode | "any";
}

const RIPV_OR_EIPV = 3n;

/**
 * Grades a record for the mode it was taken in; for both where nothing tells which.
 *
 * The code segment tells, else the caller, else the reason the kernel gave. Where neither RIPV nor
 * EIPV is set Linux has no code segment and takes it for the kernel (`mce_gather_info`).
 */
export function gradeByMode(
  record: MachineCheck,
  evidence: MachineCheckEvidence,
  fallback?: MachineCheckMode,
): readonly GradeByMode[] {
  const mode = modeOf(record, evidence) ?? fallback;
  if (mode !== undefined) return [{ mode: "any", ...grade(record, evidence, mode) }];
  const both = (["kernel", "user"] as const).map((each) => ({
    mode: each,
    ...grade(record, evidence, each),
  }));
  const [kernel, user] = both;
  if (kernel!.rule === user!.rule) return [{ ...kernel!, mode: "any" }];
  const told = both.filter((each) => toldBy(evidence, each));
  return told.length === 1 ? [{ ...told[0]!, mode: "any" }] : both;
}

function modeOf(
  record: MachineCheck,
  { interrupted }: MachineCheckEvidence,
): MachineCheckMode | undefined {
  if (interrupted !== undefined) return (interrupted.cs & 3) === 3 ? "user" : "kernel";
  return (record.mcgStatus & RIPV_OR_EIPV) === 0n ? "kernel" : undefined;
}

function grade(
  record: MachineCheck,
  { mcgCap }: MachineCheckEvidence,
  mode: MachineCheckMode,
): MachineCheckGrade {
  const ser = mcgCap === undefined ? undefined : MCG_CAP.decode(mcgCap).ser;
  return gradeMachineCheck(record, defined({ mode, ser }));
}

/** Whether the kernel's own words are those of this grade. */
function toldBy({ said = [], panic }: MachineCheckEvidence, grade: MachineCheckGrade): boolean {
  return (grade.message !== undefined && said.includes(grade.message)) ||
    (panic !== undefined && grade.severity === "panic");
}

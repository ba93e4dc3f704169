import { defined, type MachineCheck, MCG_CAP, MCG_STATUS } from "@tdx/core";
import {
  gradeMachineCheck,
  type Kernel,
  type MachineCheckGrade,
  type MachineCheckMode,
} from "@tdx/linux";
import type { MachineCheckEvidence } from "../logged_machine_check.ts";

/** How Linux ends a machine check, and for which interrupted code that holds. */
export interface GradeByMode extends Omit<MachineCheckGrade, "message"> {
  /** The kernel's words for it; absent where it is not known which row it takes. */
  readonly message?: string;
  /** The mode it holds for; `any` where the answer does not turn on it or the mode is known. */
  readonly mode: MachineCheckMode | "any";
}

/** What the grade turns on besides the record and the mode. */
export interface GradeHost {
  /** What was interrupted, where the log does not tell. */
  readonly mode?: MachineCheckMode | undefined;
  /** The kernel, or its version; default the newest released one. */
  readonly kernel?: Kernel | string | undefined;
  /** Whether MCi_ADDR carries KeyID bits, where that is known. */
  readonly keyIdInAddress?: boolean | undefined;
}

/**
 * Grades a record for the mode it was taken in; for both where nothing tells which.
 *
 * The code segment tells, else the caller, else the reason the kernel gave. Where neither RIPV nor
 * EIPV is set Linux has no code segment and takes it for the kernel (`mce_gather_info`); with SEAM_NR
 * the code segment is that of the kernel behind the entry into the TD (7911f145de5f).
 */
export function gradeByMode(
  record: MachineCheck,
  evidence: MachineCheckEvidence,
  host: GradeHost = {},
): readonly GradeByMode[] {
  const grade = (mode: MachineCheckMode) => gradeFor(record, evidence, host, mode);
  const mode = modeOf(record, evidence, host.mode);
  if (mode !== undefined) return [{ ...grade(mode), mode: "any" }];
  const both = (["kernel", "user"] as const).map((each) => ({ ...grade(each), mode: each }));
  const [kernel, user] = both;
  if (kernel!.rule === user!.rule) return [{ ...kernel!, mode: "any" }];
  const told = both.filter((each) => toldBy(evidence, each));
  return told.length === 1 ? [{ ...told[0]!, mode: "any" }] : both;
}

function modeOf(
  record: MachineCheck,
  { interrupted }: MachineCheckEvidence,
  fallback: MachineCheckMode | undefined,
): MachineCheckMode | undefined {
  if (interrupted !== undefined) {
    if ((interrupted.cs & 3) === 3) return "user";
    // That the access has a fixup no record says.
    return fallback === "kernel-recoverable" ? fallback : "kernel";
  }
  const { restartIpValid, errorIpValid, seamNr } = MCG_STATUS.decode(record.mcgStatus);
  return seamNr || !(restartIpValid || errorIpValid) ? "kernel" : fallback;
}

function gradeFor(
  record: MachineCheck,
  { mcgCap }: MachineCheckEvidence,
  { kernel, keyIdInAddress }: GradeHost,
  mode: MachineCheckMode,
): MachineCheckGrade {
  const ser = mcgCap === undefined ? undefined : MCG_CAP.decode(mcgCap).ser;
  return gradeMachineCheck(record, { mode, ...defined({ ser, kernel, keyIdInAddress }) });
}

/** Whether the kernel's own words are those of this grade. */
function toldBy({ said = [], panic }: MachineCheckEvidence, grade: MachineCheckGrade): boolean {
  return (grade.message !== undefined && said.includes(grade.message)) ||
    (panic !== undefined && grade.severity === "panic");
}

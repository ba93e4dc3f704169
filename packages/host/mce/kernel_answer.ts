import type { GradeByMode } from "./grade_by_mode.ts";
import type { MachineCheckEvidence } from "./machine_check_log.ts";

/**
 * What the kernel did with a machine check, as far as its log goes.
 *
 * @example The kernel panicked where the rules say that it would
 * ```ts
 * import { assessMachineCheck, type KernelAnswer } from "@tdx/host";
 * import { consumedPoison } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const record = consumedPoison({ address: 0x80a5669600, seamNr: false });
 * const said = ["Data load in unrecoverable area of kernel"];
 * const answer: KernelAnswer = assessMachineCheck({ record, said }, { mode: "kernel" }).kernel;
 *
 * assertEquals(answer, { said, agrees: true });
 * ```
 */
export interface KernelAnswer {
  /** The reasons it gave. */
  readonly said: readonly string[];
  /** Its panic message, where it panicked. */
  readonly panic?: string;
  /** Whether that is what the rules say; absent where the log or the rules do not tell. */
  readonly agrees?: boolean;
}

/**
 * Compares what the kernel did with what the rules say.
 *
 * Silence proves nothing: a log may end before the panic. A kernel older than a rule, such as the
 * recovery with SEAM_NR (Linux 7911f145de5f, v6.10), differs rightly.
 */
export function kernelAnswer(
  { said = [], panic }: MachineCheckEvidence,
  grades: readonly GradeByMode[],
): KernelAnswer {
  const graded = grades.filter(({ severity }) => severity !== "not-graded");
  const silent = said.length === 0 && panic === undefined;
  if (silent || graded.length < grades.length) {
    return { said, ...(panic === undefined ? {} : { panic }) };
  }
  const agrees = graded.some((grade) =>
    grade.severity === "panic" &&
    (grade.message === undefined || said.length === 0 || said.includes(grade.message))
  );
  return { said, ...(panic === undefined ? {} : { panic }), agrees };
}

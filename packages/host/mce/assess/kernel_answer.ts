import { defined } from "@tdx/core";
import type { GradeByMode } from "./grade_by_mode.ts";
import type { MachineCheckEvidence } from "../logged_machine_check.ts";

/** What the kernel did with a machine check, as far as its log goes. */
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
 * recovery with SEAM_NR (Linux [7911f145de5f](https://git.kernel.org/torvalds/c/7911f145de5f),
 * v6.10), differs rightly.
 */
export function kernelAnswer(
  { said = [], panic, told }: MachineCheckEvidence,
  grades: readonly GradeByMode[],
): KernelAnswer {
  const answer = { said, ...defined({ panic }) };
  const graded = grades.every(({ severity }) => severity !== "not-graded");
  const silent = said.length === 0 && panic === undefined;
  // What the grade is taken from agrees with it anyway.
  if (silent || !graded || told !== undefined) return answer;
  const agrees = grades.some(({ severity, message }) =>
    severity === "panic" && (message === undefined || said.length === 0 || said.includes(message))
  );
  return { ...answer, agrees };
}

/** Machine-check records: reading, decoding, grading and judging them. */
export {
  assessMachineCheck,
  type MachineCheckAssessment,
  type MachineCheckHost,
} from "./assess_machine_check.ts";
export type { EncryptionError } from "./encryption_error.ts";
export type { ErrorAddress } from "./error_address.ts";
export type { GradeByMode, MachineCheckMode } from "./grade_by_mode.ts";
export type { KernelAnswer } from "./kernel_answer.ts";
export { readKernelLog } from "./kernel_log.ts";
export type { KeyIdLayout } from "./key_id_layout.ts";
export type { TextChunks } from "./line_batches.ts";
export type {
  MachineCheckCause,
  MachineCheckCauseName,
  PossibleCause,
} from "./machine_check_cause.ts";
export type {
  InterruptedCode,
  LoggedMachineCheck,
  MachineCheckEvidence,
  MachineCheckPlace,
  RecordedCpu,
} from "./machine_check_log.ts";
export { MachineCheckPages, type PageAdvice, type PageReport } from "./machine_check_pages.ts";
export { decodeMcaError, type McaClass, type McaError } from "./mca_error.ts";
export { readMceInject } from "./mce_inject.ts";
export { readMcelog } from "./mcelog_text.ts";
export { printKernelLog } from "./print_kernel_log.ts";
export { readRasdaemon } from "./rasdaemon.ts";
export {
  MACHINE_CHECK_FORMATS,
  type MachineCheckFormat,
  readMachineChecks,
} from "./read_machine_checks.ts";
export { readKeyIdLayout } from "./snapshot_layout.ts";

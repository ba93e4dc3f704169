/** Machine-check records: reading, decoding, grading and judging them. */
export {
  assessMachineCheck,
  type MachineCheckAssessment,
  type MachineCheckHost,
} from "./assess/assess_machine_check.ts";
export type { EncryptionError } from "./assess/encryption_error.ts";
export type { ErrorAddress } from "./assess/error_address.ts";
export type { GradeByMode } from "./assess/grade_by_mode.ts";
export type { KernelAnswer } from "./assess/kernel_answer.ts";
export type { KeyIdLayout } from "./assess/key_id_layout.ts";
export type { LogChunks } from "../_log_text.ts";
export type { TextChunks } from "../_line_batches.ts";
export type {
  MachineCheckCause,
  MachineCheckCauseName,
  PossibleCause,
} from "./assess/machine_check_cause.ts";
export type {
  InterruptedCode,
  LoggedMachineCheck,
  MachineCheckEvidence,
  MachineCheckPlace,
  PrivateKeyIds,
  RecordedCpu,
  ToldOutcome,
} from "./logged_machine_check.ts";
export {
  MachineCheckPages,
  type PageAdvice,
  type PageReport,
} from "./assess/machine_check_pages.ts";
export { decodeMcaError, type McaClass, type McaError } from "./assess/mca_error.ts";
export type { LogListener, LogSummary } from "./formats/log_format.ts";
export { readRasdaemon } from "./formats/rasdaemon.ts";
export {
  MACHINE_CHECK_FORMATS,
  type MachineCheckFormat,
  readMachineChecks,
} from "./read_machine_checks.ts";
export { readKeyIdLayout } from "./assess/read_key_id_layout.ts";

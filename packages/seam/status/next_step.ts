import type { DecodedStatus } from "./seamcall_status.ts";
import type { StatusName } from "./status_codes.ts";

/** What the owner of a host can do about a SEAMCALL that failed. */
export type NextStep = keyof typeof NEXT_STEPS;

/** The steps in words. */
export const NEXT_STEPS = {
  none: "Nothing to do.",
  retry: "Retry, as Linux does; report a kernel bug if it stays so.",
  bios: "Look at the BIOS: enable TDX there and update it, for an old one is the usual cause.",
  module: "Update the TDX module: the one that is loaded does not have what the kernel asks for.",
  "load-module":
    "See that the firmware loads a TDX module; after a shutdown TDX is off until reset.",
  teardown: "Shut the VM down, and look for machine-check records.",
  kernel: "Report a kernel bug with these lines if the kernel is current; else update it.",
  "look-up": "Look the status up in the documentation of the TDX module that is loaded.",
} as const;

const BY_NAME: Readonly<Partial<Record<StatusName, NextStep>>> = {
  NON_RECOVERABLE_VCPU: "teardown",
  NON_RECOVERABLE_TD: "teardown",
  NON_RECOVERABLE_TD_NON_ACCESSIBLE: "teardown",
  NON_RECOVERABLE_TD_WRONG_APIC_MODE: "teardown",
  NON_RECOVERABLE_TD_CORRUPTED_MD: "teardown",
  TD_FATAL: "teardown",
  INTERRUPTED_RESUMABLE: "retry",
  INTERRUPTED_RESTARTABLE: "retry",
  KEY_GENERATION_FAILED: "retry",
  UPDATE_COMPAT_SENSITIVE: "retry",
  SYS_NOT_READY: "module",
  SYS_INVALID_HANDOFF: "module",
  SYS_INCOMPATIBLE_SIGSTRUCT: "module",
  INCOMPATIBLE_SEAM_CAPABILITIES: "bios",
  NUM_ACTIVATED_HKIDS_NOT_SUPPORTED: "bios",
  CMR_LIST_INVALID: "bios",
  SYS_SHUTDOWN: "load-module",
  SEAMCALL_VMFAILINVALID: "load-module",
  SEAMCALL_GP: "bios",
};

/** The steps of the classes busy, platform and metadata. */
const BY_CLASS: Readonly<Record<number, NextStep>> = { 2: "retry", 9: "bios", 12: "module" };

/** The step that a status asks for: what no one else can cure is the kernel's fault. */
export function nextStep(status: DecodedStatus): NextStep {
  const { name } = status;
  if (name === "unknown") return "look-up";
  const step = BY_NAME[name];
  if (step !== undefined) return step;
  if (!status.error) return "none";
  // RAX itself is at fault: a leaf, or a version of one, that the module does not know.
  if (name === "OPERAND_INVALID" && status.operand === "RAX") return "module";
  return BY_CLASS[status.class] ?? "kernel";
}

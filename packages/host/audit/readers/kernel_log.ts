import { MCI_STATUS } from "@tdx/core";
import { isConsumed } from "../../mce/assess/assess_machine_check.ts";
import { kernelLog } from "../../mce/formats/kernel_log.ts";
import { lineBatches } from "../../_line_batches.ts";
import type { LoggedMachineCheck } from "../../mce/logged_machine_check.ts";
import { disableFailure } from "../../uncleaned_memory.ts";
import { textOf } from "./byte_text.ts";

/** What the kernel log says of TDX and of machine checks. A ring buffer may have lost its start. */
export interface KernelLogSummary {
  /** The private KeyIDs that the firmware gave TDX: from `first` to `end - 1`. */
  readonly keyIds?: { readonly first: number; readonly end: number };
  /** The kernel's words that the platform has no TDX. */
  readonly notSupported?: string;
  /** Why the kernel gave up on TDX while it booted. */
  readonly gaveUp?: string;
  /** How the last initialisation of the TDX module ended. */
  readonly module?: "initialized" | "failed";
  /** The version of the TDX module. */
  readonly moduleVersion?: string;
  /** The kernel's words where the TDX module could not be disabled before a kexec. */
  readonly disableFailed?: string;
  /** The kernel's words where it refused a kexec. */
  readonly kexecRefused?: string;
  /** Records of uncorrected errors. */
  readonly uncorrected: number;
  /** Of these, loads and fetches that consumed poison. */
  readonly consumed: number;
  /** Records of corrected errors. */
  readonly corrected: number;
  /** Records of which the log does not hold MCi_STATUS: whether corrected, they do not say. */
  readonly cut: number;
}

type Draft = { -readonly [Fact in keyof KernelLogSummary]: KernelLogSummary[Fact] };

/** A line's message, behind whatever dmesg, the journal or /dev/kmsg put before. */
const LINE = /(?:^|[\s;\]])(?:(?:virt\/)?tdx|kvm_intel|kexec): (.*)/;

/**
 * The messages that matter. Kernels before 6.8, patched for TDX, write `tdx:` where later ones write
 * `virt/tdx:`, and the module's name changed more than once.
 */
const MESSAGES: readonly (readonly [RegExp, (words: string[]) => Partial<KernelLogSummary>])[] = [
  [
    /^BIOS enabled: private KeyID range \[(\d{1,5}), ?(\d{1,5})\)/,
    ([, first, end]) => ({ keyIds: { first: Number(first), end: Number(end) } }),
  ],
  [
    /^(TDX not supported by the host platform|(?:tdx: )?no TDX private KeyIDs available)/,
    ([, notSupported]) => ({ notSupported: notSupported! }),
  ],
  [/^initialization failed: ([ -~]{1,80})/, ([, gaveUp]) => ({ gaveUp: gaveUp! })],
  [/^(?:TDX[- ])?module initialized/i, () => ({ module: "initialized" })],
  [/^(?:TDX[- ])?module initialization failed/i, () => ({ module: "failed" })],
  [
    /^(?:TDX[- ])?module version: (\d+(?:\.\d+)+)/i,
    ([, moduleVersion]) => ({ moduleVersion: moduleVersion! }),
  ],
  [
    /^TDX module: .*major_version (\d+), minor_version (\d+), build_date (\d+), build_num (\d+)/,
    ([, major, minor, date, build]) => ({
      moduleVersion: `${major}.${minor} (build ${date}-${build})`,
    }),
  ],
  [
    /^(Not allowed on platform with tdx_pw_mce bug)/i,
    ([, kexecRefused]) => ({ kexecRefused: kexecRefused! }),
  ],
];

/**
 * Sums up a kernel log, line by line, as `dmesg`, the journal or `/dev/kmsg` give it. Machine checks
 * are those that {@link readMachineChecks} finds.
 */
export async function summarizeKernelLog(
  bytes: AsyncIterable<Uint8Array>,
): Promise<KernelLogSummary> {
  const draft: Draft = { uncorrected: 0, consumed: 0, corrected: 0, cut: 0 };
  const machineChecks = kernelLog.reader("the kernel log", (found) => count(draft, found));
  for await (const batch of lineBatches(textOf(bytes))) {
    for (const line of batch) {
      machineChecks.line(line);
      const message = LINE.exec(line.text)?.[1];
      if (message === undefined) continue;
      note(draft, message);
      const disableFailed = disableFailure(line.text);
      if (disableFailed !== undefined) draft.disableFailed = disableFailed;
    }
  }
  machineChecks.end();
  return draft;
}

function note(draft: Draft, message: string): void {
  for (const [pattern, fact] of MESSAGES) {
    const words = pattern.exec(message);
    if (words !== null) Object.assign(draft, fact(words));
  }
}

function count(draft: Draft, { record }: LoggedMachineCheck): void {
  if (record.status === undefined) {
    draft.cut++;
    return;
  }
  const status = MCI_STATUS.decode(record.status);
  if (!status.uncorrected) draft.corrected++;
  else draft.uncorrected++;
  if (isConsumed(status)) draft.consumed++;
}

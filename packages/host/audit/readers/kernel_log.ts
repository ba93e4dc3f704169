import { linesOf } from "./byte_text.ts";
import { readMachineCheckLine } from "./_machine_check_line.ts";

/** What the kernel log says of TDX and of machine checks. A ring buffer may have lost its start. */
export interface KernelLog {
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
  /** The kernel's words where it refused a kexec. */
  readonly kexecRefused?: string;
  /** Records of uncorrected errors. */
  readonly uncorrected: number;
  /** Of these, loads and fetches that consumed poison. */
  readonly consumed: number;
  /** Records of corrected errors. */
  readonly corrected: number;
}

type Facts = { -readonly [Fact in keyof KernelLog]: KernelLog[Fact] };

/** A line's subsystem and message, behind whatever dmesg, the journal or /dev/kmsg put before. */
const LINE = /(?:^|[\s;\]])(?:virt\/)?(tdx|kvm_intel|kexec|mce): (.*)/;

type Note = (facts: Facts, words: readonly string[]) => void;

/**
 * The messages that matter. Kernels before 6.8, patched for TDX, write `tdx:` where later ones write
 * `virt/tdx:`, and the module's name changed more than once.
 */
const MESSAGES: readonly (readonly [RegExp, Note])[] = [
  [/^BIOS enabled: private KeyID range \[(\d{1,5}), ?(\d{1,5})\)/, (facts, [, first, end]) => {
    facts.keyIds = { first: Number(first), end: Number(end) };
  }],
  [/^(TDX not supported by the host platform|(?:tdx: )?no TDX private KeyIDs available)/, (
    facts,
    [, words],
  ) => {
    facts.notSupported = words!;
  }],
  [/^initialization failed: ([ -~]{1,80})/, (facts, [, words]) => {
    facts.gaveUp = words!;
  }],
  [/^(?:TDX[- ])?module initialized/i, (facts) => {
    facts.module = "initialized";
  }],
  [/^(?:TDX[- ])?module initialization failed/i, (facts) => {
    facts.module = "failed";
  }],
  [/^(?:TDX[- ])?module version: (\d+(?:\.\d+)+)/i, (facts, [, version]) => {
    facts.moduleVersion = version!;
  }],
  [/^TDX module: .*major_version (\d+), minor_version (\d+), build_date (\d+), build_num (\d+)/, (
    facts,
    [, major, minor, date, build],
  ) => {
    facts.moduleVersion = `${major}.${minor} (build ${date}-${build})`;
  }],
  [/^(Not allowed on platform with tdx_pw_mce bug)/i, (facts, [, words]) => {
    facts.kexecRefused = words!;
  }],
];

/** Reads a kernel log line by line, as `dmesg`, the journal or `/dev/kmsg` give it. */
export async function readKernelLog(bytes: AsyncIterable<Uint8Array>): Promise<KernelLog> {
  const facts: Facts = { uncorrected: 0, consumed: 0, corrected: 0 };
  for await (const line of linesOf(bytes)) {
    const [, subsystem, message] = LINE.exec(line) ?? [];
    if (message === undefined) continue;
    if (subsystem === "mce") noteMachineCheck(facts, message);
    for (const [pattern, note] of MESSAGES) {
      const words = pattern.exec(message);
      if (words !== null) note(facts, words);
    }
  }
  return facts;
}

function noteMachineCheck(facts: Facts, message: string): void {
  const record = readMachineCheckLine(message);
  if (record === undefined) return;
  if (!record.uncorrected) facts.corrected++;
  else {
    facts.uncorrected++;
    if (record.consumedPoison) facts.consumed++;
  }
}

import { defined, MCI_STATUS } from "@tdx/core";
import type { LoggedSeamcall } from "@tdx/seam";
import type { CpuIdentity } from "../../cpu/cpu_identity.ts";
import { logLines } from "../../log_lines.ts";
import { isConsumed } from "../../mce/assess/assess_machine_check.ts";
import type { LoggedMachineCheck } from "../../mce/logged_machine_check.ts";
import { anyFormat } from "../../mce/read_machine_checks.ts";
import { disableFailure } from "../../uncleaned_memory.ts";
import type { FirmwareBits } from "./msrs.ts";
import { UnreadableError } from "./reading.ts";
import {
  leafName,
  seamcallIn,
  seamcallTrouble,
  type TdxTrouble,
  tdxTrouble,
} from "./tdx_trouble.ts";

/** What a kernel log says of the last boot that it holds. A ring buffer may have lost its start. */
interface BootSummary {
  /** Whether the log has the kernel's first line: what it does not hold, was not said. */
  readonly fromBoot: boolean;
  /** The kernel's release. */
  readonly release?: string;
  /** The CPU. */
  readonly cpu?: CpuIdentity;
  /** The private KeyIDs that the firmware gave TDX: from `first` to `end - 1`. */
  readonly keyIds?: { readonly first: number; readonly end: number };
  /** What a report around the log says of the registers. */
  readonly firmwareBits?: FirmwareBits;
  /** What kept TDX from coming up, unless it came up later. */
  readonly troubles: readonly TdxTrouble[];
  /** How the last initialisation of the TDX module ended. */
  readonly module?: "initialized" | "failed";
  /** The version of the TDX module. */
  readonly moduleVersion?: string;
  /** The kernel's words where the TDX module could not be disabled before a kexec. */
  readonly disableFailed?: string;
  /** The kernel's words where it refused a kexec. */
  readonly kexecRefused?: string;
  /** SEAMCALLs that failed, by leaf and status, with how often. */
  readonly failedCalls: ReadonlyMap<
    string,
    { readonly call: LoggedSeamcall; readonly times: number }
  >;
  /** HKIDs that KVM says it leaked. */
  readonly leakedHkids: ReadonlySet<number>;
}

/** Machine checks of all boots, as {@link readMachineChecks} finds them, and what is said of others. */
interface MachineCheckCounts {
  /** Records of uncorrected errors. */
  readonly uncorrected: number;
  /** Of these, loads and fetches that consumed poison. */
  readonly consumed: number;
  /** Records of corrected errors. */
  readonly corrected: number;
  /** Those of which the log holds neither MCi_STATUS nor how they ended, and other damage. */
  readonly cut: number;
}

/** What a kernel log says of TDX and of machine checks. */
export interface KernelLogSummary extends BootSummary, MachineCheckCounts {}

/** A message with its speaker, behind whatever dmesg, the journal or /dev/kmsg put before. */
const LINE =
  /(?:^|[\s;\]>])((?:(?:virt\/)?tdx|kvm(?:_intel)?|kexec|x86\/(?:mk)?tme|PM|smpboot): .*)/;

/** What is kept of a kind of message, against endless logs. */
const MOST = 64;

type Fact = readonly [
  says: RegExp,
  fact: (words: string[], boot: BootSummary) => Partial<BootSummary>,
];

/**
 * The messages that matter. Kernels before 6.8, patched for TDX, write `tdx:` where later ones write
 * `virt/tdx:`, and the line with the module's version changed more than once.
 */
const MESSAGES: readonly Fact[] = [
  [
    /tdx: BIOS enabled: private KeyID range:? \[(\d{1,5}), ?(\d{1,5})\)/,
    ([, first, end]) => ({ keyIds: { first: Number(first), end: Number(end) } }),
  ],
  [/tdx: (?:TDX[- ])?module initialized/i, () => ({ module: "initialized", troubles: [] })],
  [
    /tdx: (?:(?:TDX[- ])?module )?initialization failed|^PM: suspend entry \(deep\)/i,
    () => ({ module: "failed" }),
  ],
  [
    /tdx: (?:TDX[- ])?module(?: version:)? (\d+(?:\.\d+)+)(?:, build number (\d+))?/i,
    ([, version, build]) => ({ moduleVersion: moduleVersion(version!, build) }),
  ],
  [
    /tdx: TDX module: .*major_version (\d+), minor_version (\d+), .*build_num (\d+)/,
    ([, major, minor, build]) => ({ moduleVersion: moduleVersion(`${major}.${minor}`, build) }),
  ],
  [
    /^kexec: (Not allowed on platform with tdx_pw_mce bug)/i,
    ([, kexecRefused]) => ({ kexecRefused: kexecRefused! }),
  ],
  [/HKID (\d{1,5}) is leaked/, ([, hkid], { leakedHkids }) => ({
    leakedHkids: new Set([...leakedHkids, Number(hkid)].slice(0, MOST)),
  })],
  [
    /^smpboot: CPU0: (.{1,80}?) \(family: 0x(\w{1,3}), model: 0x(\w{1,2}), stepping: 0x(\w)\)/,
    ([, brand, ...numbers]) => bootCpu(brand!, numbers.map((digits) => parseInt(digits, 16))),
  ],
];

/** What stands around a log that somebody put together: `uname -a`, canonical's system report. */
const AROUND: readonly Fact[] = [
  [
    /^(?:Linux \S{1,255} )?(\d+\.\d+\.\S{1,99}) #\S{1,99} SMP /,
    ([, release]) => ({ release: release! }),
  ],
  [
    /Command line: BOOT_IMAGE=\S*vmlinuz-(\S{1,99})/,
    ([, release], boot) => ({ release: boot.release ?? release! }),
  ],
  [/^(?:MK_TME|HW_ENCRYPT)_ENABLED? bit: ([01])/, addBits((bit) => ({ tme: bit === "1" }))],
  [/^SEAM_RR bit: ([01])/, addBits((bit) => ({ seamrr: bit === "1" }))],
  // rdmsr prints in hexadecimal.
  [/^NUM_TDX_PRIV_KEYS: ([0-9a-f]{1,4})\b/, addBits((n) => ({ privates: parseInt(n, 16) }))],
];

/**
 * Sums up a kernel log, line by line, as `dmesg`, the journal or `/dev/kmsg` give it, packed or as
 * JSON, also where somebody put other texts around it.
 *
 * @throws {UnreadableError} If it is no text.
 */
export async function summarizeKernelLog(
  bytes: AsyncIterable<Uint8Array>,
): Promise<KernelLogSummary> {
  const name = "the kernel log";
  const counts = { uncorrected: 0, consumed: 0, corrected: 0, cut: 0 };
  let boot: BootSummary = { ...NOTHING_SAID, fromBoot: false };
  const machineChecks = anyFormat(name, (found) => count(counts, found));
  const damaged = () => void counts.cut++;
  try {
    for await (const batch of logLines(bytes, name, damaged)) {
      for (const line of batch) {
        machineChecks.line(line);
        const release = /(?:^|[\s;\]>])Linux version (\S{1,99})/.exec(line.text)?.[1];
        boot = release === undefined ? heard(boot, line.text) : nextBoot(boot, release);
      }
    }
    machineChecks.end();
  } catch (error) {
    throw error instanceof SyntaxError ? new UnreadableError(error.message) : error;
  }
  return { ...boot, ...counts };
}

const NOTHING_SAID = {
  troubles: [],
  failedCalls: new Map<never, never>(),
  leakedHkids: new Set<never>(),
};

/** What could not be disabled is a matter of the kernel that a kexec then boots. */
function nextBoot({ disableFailed }: BootSummary, release: string): BootSummary {
  return { ...NOTHING_SAID, fromBoot: true, release, ...defined({ disableFailed }) };
}

/** What a boot comes to with one more line. */
function heard(boot: BootSummary, line: string): BootSummary {
  const message = LINE.exec(line)?.[1];
  const call = seamcallIn(line);
  if (message === undefined && call === undefined) return saidBy(AROUND, line, boot);
  const disableFailed = disableFailure(line);
  if (disableFailed !== undefined) return { ...boot, disableFailed };
  const trouble = call === undefined ? tdxTrouble(message!) : seamcallTrouble(call);
  // Where TDX was not up, S3 took nothing from it.
  if (message?.startsWith("PM: ") && boot.module !== "initialized") return boot;
  const failedCalls = call === undefined ? boot.failedCalls : withCall(boot.failedCalls, call);
  const troubles = trouble === undefined ? boot.troubles : withTrouble(boot.troubles, trouble);
  const known = { ...boot, failedCalls, troubles };
  return message === undefined ? known : saidBy(MESSAGES, message, known);
}

function saidBy(facts: readonly Fact[], text: string, boot: BootSummary): BootSummary {
  for (const [says, fact] of facts) {
    const words = says.exec(text);
    if (words !== null) return { ...boot, ...fact(words, boot) };
  }
  return boot;
}

function withTrouble(known: readonly TdxTrouble[], trouble: TdxTrouble): readonly TdxTrouble[] {
  const again = known.length >= MOST || known.some(({ words }) => words === trouble.words);
  return again ? known : [...known, trouble];
}

function withCall(
  known: BootSummary["failedCalls"],
  call: LoggedSeamcall,
): BootSummary["failedCalls"] {
  const key = `${leafName(call)} ${call.status.value}`;
  const times = (known.get(key)?.times ?? 0) + 1;
  return times === 1 && known.size >= MOST ? known : new Map(known).set(key, { call, times });
}

function moduleVersion(version: string, build: string | undefined): string {
  return build === undefined ? version : `${version}, build ${build}`;
}

/** Linux prints no vendor there; the brand begins with it. */
function bootCpu(brand: string, [family, model, stepping]: number[]): Partial<BootSummary> {
  const vendor = /^intel/i.test(brand) ? "GenuineIntel" : /^amd/i.test(brand) ? "AuthenticAMD" : "";
  if (vendor === "" || Number.isNaN(family! + model! + stepping!)) return {};
  return { cpu: { vendor, family: family!, model: model!, stepping: stepping!, brand } };
}

function addBits(read: (word: string) => FirmwareBits): Fact[1] {
  return ([, word], { firmwareBits }) => ({ firmwareBits: { ...firmwareBits, ...read(word!) } });
}

function count(counts: Writable<MachineCheckCounts>, { record, told }: LoggedMachineCheck): void {
  if (record.status === undefined) {
    counts[told === undefined ? "cut" : TOLD[told.severity]]++;
    return;
  }
  const status = MCI_STATUS.decode(record.status);
  if (!status.uncorrected) counts.corrected++;
  else counts.uncorrected++;
  if (isConsumed(status)) counts.consumed++;
}

/** What a machine check is counted as that is told without its record. */
const TOLD = {
  panic: "uncorrected",
  recovered: "uncorrected",
  sigbus: "uncorrected",
  "memory-failure": "uncorrected",
  logged: "cut",
  corrected: "corrected",
} as const;

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };

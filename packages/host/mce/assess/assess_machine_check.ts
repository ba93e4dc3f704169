import {
  defined,
  MCACOD_DATA_LOAD,
  MCACOD_FETCH,
  MCG_STATUS,
  type McgStatus,
  MCI_STATUS,
  type MciStatus,
  type Platform,
  requirePlatform,
  TDX_PW_MCE,
} from "@tdx/core";
import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import { type Kernel, linux, MACHINE_CHECK_MODES, type MachineCheckMode } from "@tdx/linux";
import { matchPlatform } from "../../cpu/match_platform.ts";
import { decodeEncryptionError, type EncryptionError } from "./encryption_error.ts";
import { type ErrorAddress, locateError } from "./error_address.ts";
import { type GradeByMode, gradeByMode } from "./grade_by_mode.ts";
import { type KernelAnswer, kernelAnswer } from "./kernel_answer.ts";
import { type KeyIdLayout, keyIdLayout } from "./key_id_layout.ts";
import type { MachineCheckEvidence, RecordedCpu, ToldOutcome } from "../logged_machine_check.ts";
import { type CauseFacts, causeOf, type MachineCheckCause } from "./machine_check_cause.ts";
import { decodeMcaError, type McaError } from "./mca_error.ts";

/** What a log does not say of the host it comes from; all of it may be unknown. */
export interface MachineCheckHost extends KeyIdLayout {
  /** What a record interrupted that does not tell itself. */
  readonly mode?: MachineCheckMode | undefined;
  /** The platform; default: found among `platforms` by the CPU that a record names. */
  readonly platform?: Platform | undefined;
  /** The platforms to look in. */
  readonly platforms?: readonly Platform[] | undefined;
  /** The kernel that took it; default the newest released one. */
  readonly kernel?: Kernel | string | undefined;
}

const HOST: readonly (keyof MachineCheckHost)[] = [
  "mode",
  "platform",
  "platforms",
  "kernel",
  "maxPa",
  "keyIdBits",
  "sharedKeyIds",
];

/** A machine check decoded, graded as Linux does, and judged. */
export interface MachineCheckAssessment {
  /** MCi_STATUS field by field; absent where the record lacks it. */
  readonly status?: MciStatus;
  /** MCG_STATUS field by field; absent where the record lacks it. */
  readonly mcgStatus?: McgStatus;
  /** Names of the set flags of MCi_STATUS, from bit 63 down. */
  readonly statusFlags: readonly string[];
  /** Names of the set flags of MCG_STATUS, from bit 0 up. */
  readonly mcgFlags: readonly string[];
  /** MCACOD. */
  readonly error?: McaError;
  /** MSCOD, where it names an error of the encryption engine. */
  readonly encryption?: EncryptionError;
  /** Where it happened. */
  readonly address?: ErrorAddress;
  /** The platform it happened on. */
  readonly platform?: Platform;
  /** How Linux ends it: one grade, or two where that turns on an unknown mode. */
  readonly grades: readonly GradeByMode[];
  /** What the kernel did, and whether that is what the grade says. */
  readonly kernel: KernelAnswer;
  /** What the record says of its cause. */
  readonly cause: MachineCheckCause;
}

/** What the kernel prints where the TDX module calls the page private (Linux `tdx_dump_mce_info`). */
const TD_PAGE = /^TDX private memory error/;

/**
 * Decodes a machine check, says how Linux ends it, and what it means for TDX.
 *
 * Nothing is claimed that the record does not carry: a cut record, an unknown mode or an unknown
 * KeyID layout leave the answer open, and the reason says so.
 *
 * @param evidence The record, and what its log says besides.
 * @param host What the log does not say; default: nothing.
 * @returns The assessment.
 * @throws {TypeError} If something of `host` is not known, or a platform not from `definePlatform()`.
 * @throws {RangeError} If a register does not fit in 64 bits, the mode is not known, a platform was
 * made for another contract, or the KeyID layout is impossible.
 *
 * @example The host loads poison: it panics, and the erratum may be why
 * ```ts
 * import { assessMachineCheck } from "@tdx/host";
 * import { consumedPoison } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const record = consumedPoison({ address: 0x82080a5669600, seamNr: false });
 * const { grades, cause, address } = assessMachineCheck(
 *   { record },
 *   { mode: "kernel", maxPa: 52, keyIdBits: 7 },
 * );
 * assertEquals(grades.map(({ severity }) => severity), ["panic"]);
 * assertEquals(cause.name, "partial-write-erratum");
 * assertEquals([address?.keyId, address?.pa], [0x41, 0x80a5669600]);
 * ```
 */
export function assessMachineCheck(
  evidence: MachineCheckEvidence,
  host: MachineCheckHost = {},
): MachineCheckAssessment {
  requireHost(host);
  const { record, processor, said, privateKeyIds, told } = evidence;
  const { bank, status: mciStatus, mcgStatus } = record;
  const platform = host.platform ?? namedPlatform(processor, host.platforms);
  const status = mciStatus === undefined ? undefined : MCI_STATUS.decode(mciStatus);
  const mcg = mcgStatus === undefined ? undefined : MCG_STATUS.decode(mcgStatus);
  const error = status && decodeMcaError(status.mcaCod);
  // A platform that names no CPU is what those get that no source names as a host of TDX.
  const noTdx = host.platform === undefined && platform?.cpus.length === 0;
  const encryption = status && bank !== undefined && !noTdx
    ? decodeEncryptionError(bank, status.msCod, platform)
    : undefined;
  const address = locateError(record, keyIdLayout(host, privateKeyIds), told !== undefined);
  const grades = gradesOf(evidence, host, address?.keyId);
  return {
    ...defined({ status, mcgStatus: mcg }),
    statusFlags: mciStatus === undefined ? [] : MCI_STATUS.flags(mciStatus),
    mcgFlags: mcgStatus === undefined ? [] : MCG_STATUS.flags(mcgStatus),
    ...defined({ error, encryption, address, platform }),
    grades,
    kernel: kernelAnswer(evidence, grades),
    cause: causeOf({
      known: status !== undefined,
      told: status !== undefined || told === undefined
        ? "nothing"
        : !told.memory
        ? "no-memory"
        : told.severity === "corrected"
        ? "corrected"
        : "memory",
      tdx: noTdx ? "no" : "unknown",
      otherVendor: isOtherVendor(processor),
      valid: status?.valid ?? false,
      uncorrected: status?.uncorrected ?? false,
      memory: error?.memory ?? false,
      consumed: status !== undefined && isConsumed(status),
      seamNr: mcg?.seamNr ?? false,
      keyIdKind: address?.keyIdKind ?? "unknown",
      check: encryption?.check ?? "none",
      tdPage: said?.some((text) => TD_PAGE.test(text)) ?? false,
      erratum: erratumOf(platform),
    }, carriers(platform === undefined ? host.platforms : [platform])),
  };
}

function requireHost(host: MachineCheckHost): void {
  requireOptions("host", host, HOST);
  const { mode, platform, platforms, kernel } = host;
  if (mode !== undefined) requireOneOf("host.mode", mode, MACHINE_CHECK_MODES);
  linux(kernel);
  if (platform !== undefined) requirePlatform("host.platform", platform);
  platforms?.forEach((each, i) => requirePlatform(`host.platforms[${i}]`, each));
}

const CUT: GradeByMode = {
  mode: "any",
  severity: "not-graded",
  rule: "cut",
  reason: "The record lacks MCi_STATUS, MCG_STATUS or its bank",
};
const TOLD: Readonly<Record<ToldOutcome["by"], string>> = {
  kernel: "The kernel says so; the record itself is missing",
  firmware: "The firmware's record says so, and Linux does that",
};
const NOT_INTEL: GradeByMode = {
  mode: "any",
  severity: "not-graded",
  rule: "other-vendor",
  reason: "The rules are those for Intel CPUs",
};

function gradesOf(
  evidence: MachineCheckEvidence,
  { mode, kernel }: MachineCheckHost,
  keyId: number | undefined,
): readonly GradeByMode[] {
  if (isOtherVendor(evidence.processor)) return [NOT_INTEL];
  const { bank, status, ...rest } = evidence.record;
  const corrected = status !== undefined && !MCI_STATUS.decode(status).uncorrected;
  // What was corrected is graded without MCG_STATUS, which some forms do not give.
  const { mcgStatus = corrected ? 0n : undefined } = rest;
  if (bank === undefined || status === undefined || mcgStatus === undefined) {
    return [toldGrade(evidence.told) ?? CUT];
  }
  const keyIdInAddress = keyId === undefined ? undefined : keyId !== 0;
  return gradeByMode({ ...rest, bank, status, mcgStatus }, evidence, {
    mode,
    kernel,
    keyIdInAddress,
  });
}

function toldGrade(told: ToldOutcome | undefined): GradeByMode | undefined {
  if (told === undefined) return undefined;
  const { by, severity, pageRetired } = told;
  const page = defined({ pageRetired });
  return { mode: "any", severity, ...page, rule: `told-by-${by}`, reason: TOLD[by] };
}

/** Whether a load or a fetch consumed poison. */
export function isConsumed(status: MciStatus): boolean {
  return status.uncorrected && status.signaled && status.actionRequired &&
    [MCACOD_DATA_LOAD, MCACOD_FETCH].includes(status.mcaCod);
}

function isOtherVendor(cpu: RecordedCpu | undefined): boolean {
  return cpu !== undefined && cpu.vendor !== "GenuineIntel";
}

function namedPlatform(
  cpu: RecordedCpu | undefined,
  platforms: readonly Platform[] | undefined,
): Platform | undefined {
  if (cpu === undefined || platforms === undefined || isOtherVendor(cpu)) return undefined;
  const { vendor, family, model } = cpu;
  if (family === undefined || model === undefined) return undefined;
  // The stepping does not decide.
  return matchPlatform({ vendor, family, model, stepping: 0 }, platforms);
}

function carriers(platforms: readonly Platform[] = []): string[] {
  return platforms.filter(({ bugs }) => bugs.includes(TDX_PW_MCE)).map(({ name }) => name);
}

/** Only a platform that sources name can be said to lack the erratum. */
function erratumOf(platform: Platform | undefined): CauseFacts["erratum"] {
  if (platform === undefined) return "unknown";
  if (platform.bugs.includes(TDX_PW_MCE)) return "yes";
  return platform.confidence === "confirmed" ? "no" : "unknown";
}

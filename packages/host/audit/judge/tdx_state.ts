import { type Evidence, FILES, namesOf, type Told } from "../readers/evidence.ts";
import { atLeast } from "../readers/proc_files.ts";
import { whyUnread } from "../readers/reading.ts";
import { judgeBy, type Judged, type Sign } from "./judged.ts";

/** An answer to a question about TDX on a machine. */
export type Answer = "yes" | "no" | "unknown";

/** What the firmware did for TDX; `half`: it gave it KeyIDs, and yet TDX cannot come up. */
export type FirmwareAnswer = Answer | "half";

/** Linux sets it when it has recorded the KeyIDs (`tdx_init`), from 6.8 on. */
const HOST_FLAG = "tdx_host_platform";
/** One is the TDX module's, and a TD needs another. */
const FEWEST_KEY_IDS = 2;

const parameterIsY: Sign<Answer> = ({ kvmTdx }) =>
  kvmTdx === true && ["yes", "parameter tdx of kvm_intel is Y", "kvmTdx"];
const hasCapacity: Sign<Answer> = ({ capacity = 0 }) =>
  capacity > 0 && ["yes", `${capacity} KeyIDs for TDs`, "capacity"];
const isInitialized: Sign<Answer> = ({ log }) =>
  log?.module === "initialized" && ["yes", "the TDX module was initialized", "log"];

/**
 * That TDs can run shows that the firmware did its part. KeyIDs alone do not: SEAM, where the TDX
 * module lies, is set up apart from them.
 */
const FIRMWARE_SIGNS: readonly Sign<FirmwareAnswer>[] = [
  parameterIsY,
  hasCapacity,
  isInitialized,
  ({ log }) => {
    const trouble = log?.troubles.find(({ firmware }) => firmware);
    return trouble && [log!.keyIds === undefined ? "no" : "half", `"${trouble.words}"`, "log"];
  },
  ({ bits }) => bits?.tme === false && ["no", "memory encryption (TME) is off", "msrs"],
  ({ bits: { privates } = {} }) =>
    privates !== undefined && privates < FEWEST_KEY_IDS &&
    [privates === 0 ? "no" : "half", `${privates} private KeyIDs`, "msrs"],
  ({ bits: { privates, seamrr } = {} }) =>
    seamrr === false &&
    [privates === undefined ? "no" : "half", "the SEAM range (SEAMRR) is off", "msrs"],
  ({ bits: { privates, seamrr } = {} }) =>
    privates !== undefined && seamrr === true &&
    ["yes", `${privates} private KeyIDs, and the SEAM range (SEAMRR) is on`, "msrs"],
  (told, evidence) => {
    const keyIds = keyIdsSeen(told);
    if (keyIds === undefined) return undefined;
    const unseen = "whether it set up SEAM, where the TDX module lies, was not seen";
    return ["unknown", `${keyIds}; ${unseen}`, evidence.msrs.state === "read" ? "msrs" : "log"];
  },
  ({ log }) => {
    const trouble = log?.troubles.find(({ words }) => NO_TDX.test(words));
    return trouble && ["no", `"${trouble.words}"`, "log"];
  },
  (told) =>
    told.symbols?.host && flagsOf(told) !== undefined &&
    told.release !== undefined && atLeast(told.release, 6, 8) &&
    ["no", `a kernel with TDX host code, and no flag ${HOST_FLAG}`, "cpuinfo"],
];

const NO_TDX = /not supported by the host platform|no TDX private KeyIDs/;

/** What shows that the firmware gave TDX KeyIDs. */
function keyIdsSeen(told: Told): string | undefined {
  if (told.bits?.privates !== undefined) return `${told.bits.privates} private KeyIDs`;
  const { first, end } = told.log?.keyIds ?? {};
  if (first !== undefined) return `private KeyID range [${first}, ${end})`;
  return flagsOf(told)?.includes(HOST_FLAG) ? `flag ${HOST_FLAG}` : undefined;
}

/** Says whether the firmware made TDX ready. */
export function judgeFirmware(told: Told, evidence: Evidence): Judged<FirmwareAnswer> {
  return judgeBy(FIRMWARE_SIGNS, told, evidence) ?? {
    value: "unknown",
    seen: "neither register, nor CPU flag, nor kernel log tells",
    source: namesOf("msrs", "cpuinfo", "log"),
  };
}

/**
 * KVM's own word comes first: it withdraws the parameter where TDX cannot be used (Linux,
 * `tdx_bringup`).
 */
const USE_SIGNS: readonly Sign<Answer>[] = [
  parameterIsY,
  hasCapacity,
  ({ kvmTdx }) => kvmTdx === false && ["no", "parameter tdx of kvm_intel is N", "kvmTdx"],
  (_, { kvmTdx }) =>
    kvmTdx.state === "absent" &&
    ["no", "no parameter tdx: kvm_intel is not loaded or was built without TDX", "kvmTdx"],
  ({ bits: { privates } = {} }) =>
    privates !== undefined && privates < FEWEST_KEY_IDS &&
    ["no", `${privates} private KeyIDs, a TD needs ${FEWEST_KEY_IDS}`, "msrs"],
  ({ symbols }) =>
    symbols?.complete && !symbols.host && ["no", "the kernel has no TDX host code", "symbols"],
  isInitialized,
  ({ log }) => {
    const trouble = log?.troubles.at(0);
    return trouble && ["no", `"${trouble.words}"`, "log"];
  },
];

/** Says whether TDs can run now. */
export function judgeUse(told: Told, evidence: Evidence): Judged<Answer> {
  const { name } = FILES.kvmTdx;
  return judgeBy(USE_SIGNS, told, evidence) ??
    { value: "unknown", seen: whyUnread(name, evidence.kvmTdx), source: name };
}

function flagsOf({ cpuinfo }: Told): readonly string[] | undefined {
  return cpuinfo === "arm" ? undefined : cpuinfo?.flags;
}

import { type Evidence, FILES, namesOf, type Told } from "../readers/evidence.ts";
import { keyIdCounts } from "../readers/msrs.ts";
import { whyUnread } from "../readers/reading.ts";
import { judgeBy, type Judged, type Sign } from "./judged.ts";

/** An answer to a question about TDX on a machine. */
export type Answer = "yes" | "no" | "unknown";

/** Linux sets it when its TDX initialisation succeeds (`tdx_init`), from 6.8 on. */
const HOST_FLAG = "tdx_host_platform";

const parameterIsY: Sign<Answer> = ({ kvmTdx }) =>
  kvmTdx === true && ["yes", "parameter tdx of kvm_intel is Y", "kvmTdx"];
const notSupported: Sign<Answer> = ({ log }) =>
  log?.notSupported !== undefined && ["no", `"${log.notSupported}"`, "log"];

/** The register, then what the kernel made of it. */
const FIRMWARE_SIGNS: readonly Sign<Answer>[] = [
  (told) => {
    const count = privateKeyIds(told);
    return count !== undefined && [count > 0 ? "yes" : "no", `${count} private KeyIDs`, "msrs"];
  },
  (told) => flagsOf(told)?.includes(HOST_FLAG) && ["yes", `flag ${HOST_FLAG}`, "cpuinfo"],
  ({ log: { keyIds, gaveUp } = {} }) => {
    if (keyIds === undefined) return undefined;
    const range = `private KeyID range [${keyIds.first}, ${keyIds.end})`;
    return ["yes", gaveUp === undefined ? range : `${range}, but "${gaveUp}"`, "log"];
  },
  parameterIsY,
  notSupported,
  (told) =>
    told.symbols?.host && flagsOf(told) !== undefined &&
    ["no", `a kernel with TDX host code, and no flag ${HOST_FLAG}`, "cpuinfo"],
];

/** Says whether the firmware enabled TDX. */
export function judgeFirmware(told: Told, evidence: Evidence): Judged<Answer> {
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
  ({ capacity = 0 }) => capacity > 0 && ["yes", `${capacity} KeyIDs for TDs`, "capacity"],
  ({ kvmTdx }) => kvmTdx === false && ["no", "parameter tdx of kvm_intel is N", "kvmTdx"],
  (_, { kvmTdx }) =>
    kvmTdx.state === "absent" &&
    ["no", "no parameter tdx: kvm_intel is not loaded or was built without TDX", "kvmTdx"],
  (told) => {
    const count = privateKeyIds(told);
    // Linux keeps one private KeyID for the TDX module and needs another for a TD.
    return count !== undefined && count < 2 &&
      ["no", `${count} private KeyIDs, a TD needs 2`, "msrs"];
  },
  notSupported,
  ({ symbols }) =>
    symbols?.complete && !symbols.host && ["no", "the kernel has no TDX host code", "symbols"],
  ({ log }) => log?.module === "initialized" && ["yes", "the TDX module was initialized", "log"],
  ({ log }) => log?.gaveUp !== undefined && ["no", `"initialization failed: ${log.gaveUp}"`, "log"],
];

/** Says whether TDs can run now. */
export function judgeUse(told: Told, evidence: Evidence): Judged<Answer> {
  const { name } = FILES.kvmTdx;
  return judgeBy(USE_SIGNS, told, evidence) ??
    { value: "unknown", seen: whyUnread(name, evidence.kvmTdx), source: name };
}

function privateKeyIds({ msrs }: Told): number | undefined {
  return msrs && keyIdCounts(msrs)?.privates;
}

function flagsOf({ cpuinfo }: Told): readonly string[] | undefined {
  return cpuinfo === "arm" ? undefined : cpuinfo?.flags;
}

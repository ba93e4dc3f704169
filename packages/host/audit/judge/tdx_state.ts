import { type Evidence, FILES, namesOf } from "../readers/evidence.ts";
import { keyIdCounts } from "../readers/msrs.ts";
import { valueOf, whyUnread } from "../readers/reading.ts";
import { firstToTell, type Judged, type Rule } from "./judged.ts";

/** Linux sets it when its TDX initialisation succeeds (`tdx_init`), from 6.8 on. */
const HOST_FLAG = "tdx_host_platform";

/** The register, then what the kernel made of it. */
const FIRMWARE_RULES: readonly Rule<"yes" | "no">[] = [
  (evidence) => {
    const count = privateKeyIds(evidence);
    if (count === undefined) return undefined;
    return [count > 0 ? "yes" : "no", `${count} private KeyIDs`, "msrs"];
  },
  (evidence) =>
    flagsOf(evidence)?.includes(HOST_FLAG) ? ["yes", `flag ${HOST_FLAG}`, "cpuinfo"] : undefined,
  ({ log }) => {
    const { keyIds, gaveUp } = valueOf(log) ?? {};
    if (keyIds === undefined) return undefined;
    const range = `private KeyID range [${keyIds.first}, ${keyIds.end})`;
    return ["yes", gaveUp === undefined ? range : `${range}, but "${gaveUp}"`, "log"];
  },
  ({ kvmTdx }) =>
    valueOf(kvmTdx) ? ["yes", "parameter tdx of kvm_intel is Y", "kvmTdx"] : undefined,
  notSupported,
  (evidence) =>
    valueOf(evidence.symbols)?.host && flagsOf(evidence) !== undefined
      ? ["no", `a kernel with TDX host code, and no flag ${HOST_FLAG}`, "cpuinfo"]
      : undefined,
];

/** Says whether the firmware enabled TDX. */
export function judgeFirmware(evidence: Evidence): Judged<"yes" | "no" | "unknown"> {
  return firstToTell(FIRMWARE_RULES, evidence) ?? {
    value: "unknown",
    seen: "neither register, nor CPU flag, nor kernel log tells",
    source: namesOf("msrs", "cpuinfo", "log"),
  };
}

/** Whether TDs can run on a machine now. */
export type TdxUse = "yes" | "no" | "unknown";

/**
 * KVM's own word comes first: it withdraws the parameter where TDX cannot be used (Linux,
 * `tdx_bringup`).
 */
const USE_RULES: readonly Rule<TdxUse>[] = [
  ({ kvmTdx }) =>
    valueOf(kvmTdx) === true ? ["yes", "parameter tdx of kvm_intel is Y", "kvmTdx"] : undefined,
  ({ capacity }) => {
    const keyIds = valueOf(capacity) ?? 0;
    return keyIds > 0 ? ["yes", `${keyIds} KeyIDs for TDs`, "capacity"] : undefined;
  },
  ({ kvmTdx }) =>
    valueOf(kvmTdx) === false ? ["no", "parameter tdx of kvm_intel is N", "kvmTdx"] : undefined,
  ({ kvmTdx }) =>
    kvmTdx.state === "absent"
      ? ["no", "no parameter tdx: kvm_intel is not loaded or was built without TDX", "kvmTdx"]
      : undefined,
  (evidence) => {
    const count = privateKeyIds(evidence);
    // Linux keeps one private KeyID for the TDX module and needs another for a TD.
    return count !== undefined && count < 2
      ? ["no", `${count} private KeyIDs, a TD needs 2`, "msrs"]
      : undefined;
  },
  notSupported,
  ({ symbols }) => {
    const found = valueOf(symbols);
    return found?.complete && !found.host
      ? ["no", "the kernel has no TDX host code", "symbols"]
      : undefined;
  },
  ({ log }) =>
    valueOf(log)?.module === "initialized"
      ? ["yes", "the TDX module was initialized", "log"]
      : undefined,
  ({ log }) => {
    const words = valueOf(log)?.gaveUp;
    return words === undefined ? undefined : ["no", `"initialization failed: ${words}"`, "log"];
  },
];

/** Says whether TDs can run. */
export function judgeTdxUse(evidence: Evidence): Judged<TdxUse> {
  const { name } = FILES.kvmTdx;
  return firstToTell(USE_RULES, evidence) ??
    { value: "unknown", seen: whyUnread(name, evidence.kvmTdx), source: name };
}

function privateKeyIds({ msrs }: Evidence): number | undefined {
  const read = valueOf(msrs);
  return read && keyIdCounts(read)?.private;
}

function flagsOf({ cpuinfo }: Evidence): readonly string[] | undefined {
  const read = valueOf(cpuinfo);
  return read !== undefined && "cpu" in read ? read.cpu.flags : undefined;
}

function notSupported({ log }: Evidence): ReturnType<Rule<"no">> {
  const words = valueOf(log)?.notSupported;
  return words === undefined ? undefined : ["no", `"${words}"`, "log"];
}

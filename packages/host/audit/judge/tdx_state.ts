import { type Evidence, FILES } from "../readers/evidence.ts";
import type { Judged } from "./_judged.ts";
import { valueOf, whyNot } from "../readers/reading.ts";
import { MSR } from "../readers/_msrs.ts";

/** Whether TDs can run on a machine now. */
export type TdxUse = "yes" | "no" | "unknown";

type Rule = (evidence: Evidence) => readonly [TdxUse, string, keyof Evidence] | undefined;

/**
 * First match wins. KVM's own word comes first: it withdraws the parameter where TDX cannot be used
 * (Linux, `tdx_bringup`).
 */
const RULES: readonly Rule[] = [
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
  ({ msrs }) => {
    const split = valueOf(msrs)?.get(MSR.keyIdPartitioning);
    // Linux keeps one private KeyID for the TDX module and needs another for a TD.
    return split !== undefined && split >> 32n < 2n
      ? ["no", `${split >> 32n} private KeyIDs, a TD needs 2`, "msrs"]
      : undefined;
  },
  ({ log }) => {
    const words = valueOf(log)?.notSupported;
    return words === undefined ? undefined : ["no", `"${words}"`, "log"];
  },
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

/** Says whether TDs can run, by the first source that tells. */
export function judgeTdxUse(evidence: Evidence): Judged<TdxUse> {
  for (const rule of RULES) {
    const [value, seen, item] = rule(evidence) ?? [];
    if (value !== undefined) return { value, seen: seen!, source: FILES[item!].name };
  }
  const { name } = FILES.kvmTdx;
  return { value: "unknown", seen: whyNot(name, evidence.kvmTdx), source: name };
}

import type { CpuIdentity } from "../../cpu/cpu_identity.ts";
import { type Evidence, FILES } from "../readers/evidence.ts";
import type { Judged } from "./_judged.ts";
import { MSR } from "../readers/_msrs.ts";
import { valueOf } from "../readers/reading.ts";

type Rule = (
  evidence: Evidence,
  cpu: CpuIdentity | undefined,
) => readonly ["yes" | "no", string, keyof Evidence] | undefined;

/** Linux sets it when its TDX initialisation succeeds (`tdx_init`), from 6.8 on. */
const HOST_FLAG = "tdx_host_platform";

/** First match wins: the register, then what the kernel made of it. */
const RULES: readonly Rule[] = [
  ({ msrs }) => {
    const split = valueOf(msrs)?.get(MSR.keyIdPartitioning);
    if (split === undefined) return undefined;
    return [split >> 32n > 0n ? "yes" : "no", `${split >> 32n} private KeyIDs`, "msrs"];
  },
  (_, cpu) => cpu?.flags?.includes(HOST_FLAG) ? ["yes", `flag ${HOST_FLAG}`, "cpuinfo"] : undefined,
  ({ log }) => {
    const { keyIds, gaveUp } = valueOf(log) ?? {};
    if (keyIds === undefined) return undefined;
    const range = `private KeyID range [${keyIds.first}, ${keyIds.end})`;
    return ["yes", gaveUp === undefined ? range : `${range}, but "${gaveUp}"`, "log"];
  },
  ({ kvmTdx }) =>
    valueOf(kvmTdx) ? ["yes", "parameter tdx of kvm_intel is Y", "kvmTdx"] : undefined,
  ({ log }) => {
    const words = valueOf(log)?.notSupported;
    return words === undefined ? undefined : ["no", `"${words}"`, "log"];
  },
  ({ symbols }, cpu) =>
    valueOf(symbols)?.host && cpu?.flags !== undefined
      ? ["no", `a kernel with TDX host code, and no flag ${HOST_FLAG}`, "cpuinfo"]
      : undefined,
];

/** Says whether the firmware enabled TDX, by the first source that tells. */
export function judgeFirmware(
  evidence: Evidence,
  cpu: CpuIdentity | undefined,
): Judged<"yes" | "no" | "unknown"> {
  for (const rule of RULES) {
    const [value, seen, item] = rule(evidence, cpu) ?? [];
    if (value !== undefined) return { value, seen: seen!, source: FILES[item!].name };
  }
  return {
    value: "unknown",
    seen: "neither register, nor CPU flag, nor kernel log tells",
    source: [FILES.msrs, FILES.cpuinfo, FILES.log].map(({ name }) => name).join(", "),
  };
}

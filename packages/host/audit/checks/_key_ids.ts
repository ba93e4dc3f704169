import { KeyIdSpace } from "@tdx/core";
import { AS_ROOT, type CheckSpec, type Finding, finding } from "./check.ts";
import { FILES } from "../readers/evidence.ts";
import { MSR, type Msrs } from "../readers/_msrs.ts";
import { valueOf } from "../readers/reading.ts";

/** How the KeyIDs are split. */
export const keyIds: CheckSpec = {
  id: "tdx.keyids",
  title: "KeyID split",
  run({ evidence, use }) {
    const msrs = valueOf(evidence.msrs);
    if (msrs?.has(MSR.keyIdPartitioning)) return byRegisters(msrs);
    const range = valueOf(evidence.log)?.keyIds;
    if (range !== undefined) {
      const seen = `private ${range.first} to ${range.end - 1}`;
      const meaning = `The TDX module uses ${range.first}, TDs the others`;
      return finding("ok", seen, FILES.log.name, meaning);
    }
    const capacity = valueOf(evidence.capacity);
    if (capacity !== undefined && capacity > 0) {
      const meaning = "One more private KeyID is the TDX module's";
      return finding("ok", `${capacity} for TDs`, FILES.capacity.name, meaning);
    }
    const sources = [FILES.msrs, FILES.log, FILES.capacity].map(({ name }) => name).join(", ");
    const meaning = "How many TDs can run at once cannot be told";
    return use.value === "no"
      ? finding("not applicable", "nothing tells", sources, "No TD can run here now")
      : finding("unknown", "nothing tells", sources, meaning, AS_ROOT);
  },
};

function byRegisters(msrs: Msrs): Finding {
  const source = FILES.msrs.name;
  const partitioning = msrs.get(MSR.keyIdPartitioning)!;
  const shared = partitioning & 0xffff_ffffn;
  const privates = partitioning >> 32n;
  const seen = `KeyID 0, ${shared} shared, ${privates} private`;
  const trouble = contradiction(msrs, partitioning);
  if (trouble !== undefined) {
    return finding("unknown", `${seen}: ${trouble}`, source, "The registers contradict each other");
  }
  return privates === 0n
    ? finding("not applicable", seen, source, "TDX is off: there is no private KeyID")
    : finding("ok", seen, source, `Private are ${shared + 1n} to ${shared + privates}`);
}

function contradiction(msrs: Msrs, keyIdPartitioning: bigint): string | undefined {
  const tmeActivate = msrs.get(MSR.tmeActivate);
  const tmeCapability = msrs.get(MSR.tmeCapability);
  if (tmeActivate === undefined) return undefined;
  try {
    // The address width does not matter for the counts, and cpuinfo does not give the CPU's own.
    KeyIdSpace.fromMsrs({
      tmeActivate,
      keyIdPartitioning,
      maxPa: 52,
      ...(tmeCapability !== undefined && { tmeCapability }),
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
  return undefined;
}

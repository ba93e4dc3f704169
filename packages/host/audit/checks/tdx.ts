import { KeyIdSpace } from "@tdx/core";
import { judgeFirmware } from "../judge/tdx_state.ts";
import { FILES } from "../readers/evidence.ts";
import { valueOf, whyUnread } from "../readers/reading.ts";
import { MSR, type Msrs } from "../readers/small_files.ts";
import { AS_ROOT, type CheckSpec, type Finding, finding } from "./check.ts";

/** Whether the firmware gave TDX its KeyIDs. */
export const firmware: CheckSpec = {
  id: "tdx.firmware",
  title: "TDX enabled by the firmware",
  run({ evidence }) {
    const { value, seen, source } = judgeFirmware(evidence);
    if (value === "yes") return finding("ok", seen, source, "The firmware enabled TDX");
    if (value === "unknown") {
      const fix = "Look for TDX in the firmware's setup, or read MSR 0x87 as root";
      return finding(
        "unknown",
        seen,
        source,
        "Whether the firmware enabled TDX cannot be told",
        fix,
      );
    }
    const meaning = "TDX is off: no page is ever private, and nothing is reclaimed";
    return finding("not applicable", seen, source, meaning);
  },
};

/** Whether TDs can run. */
export const use: CheckSpec = {
  id: "tdx.use",
  title: "TDs can run",
  run({ use: { value, seen, source } }) {
    if (value === "yes") return finding("ok", seen, source, "KVM offers TDs: pages are reclaimed");
    return value === "no"
      ? finding("not applicable", seen, source, "No TD can run here now")
      : finding("unknown", seen, source, "Whether TDs can run here cannot be told");
  },
};

/** Version and state of the TDX module. */
export const module: CheckSpec = {
  id: "tdx.module",
  title: "TDX module",
  run({ evidence: { moduleVersion, log }, use }) {
    const logged = valueOf(log);
    const version = valueOf(moduleVersion) ?? logged?.moduleVersion;
    const words = [
      ...(version === undefined ? [] : [`version ${version}`]),
      ...(logged?.module === undefined ? [] : [logged.module]),
    ];
    const sources = [FILES.moduleVersion.name, FILES.log.name].join(" and ");
    if (logged?.module === "failed") {
      const meaning = "The kernel could not initialise the module: no TD can run";
      const fix = "Read the kernel log around the failure";
      return finding("not applicable", words.join(", "), sources, meaning, fix);
    }
    if (words.length > 0) return finding("ok", words.join(", "), sources, "The module is there");
    const seen = `${whyUnread(FILES.moduleVersion.name, moduleVersion)}; ` +
      (logged === undefined ? whyUnread(FILES.log.name, log) : "the kernel log does not name it");
    return use.value === "no"
      ? finding("not applicable", seen, sources, "No TD can run here now, so it is not missed")
      : finding(
        "unknown",
        seen,
        sources,
        "Kernels before 7.0 are assumed to tell the version only in the log, if at all",
        "Audit with the whole kernel log since boot",
      );
  },
};

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

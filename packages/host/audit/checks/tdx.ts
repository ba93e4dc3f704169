import { type CheckSpec, finding } from "./check.ts";
import { FILES } from "../readers/evidence.ts";
import { judgeFirmware } from "../judge/_firmware.ts";
import { valueOf, whyNot } from "../readers/reading.ts";

/** Whether the firmware gave TDX its KeyIDs. */
export const firmware: CheckSpec = {
  id: "tdx.firmware",
  title: "TDX enabled by the firmware",
  run({ evidence, cpu }) {
    const { value, seen, source } = judgeFirmware(evidence, cpu);
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
    const seen = `${whyNot(FILES.moduleVersion.name, moduleVersion)}; ` +
      (logged === undefined ? whyNot(FILES.log.name, log) : "the kernel log does not name it");
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

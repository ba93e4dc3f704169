import { isPrivateRange } from "../../mce/assess/key_id_layout.ts";
import { FILES, namesOf } from "../readers/evidence.ts";
import { type KeyIdCounts, keyIdCounts, keyIdSpaceOf, type Msrs } from "../readers/msrs.ts";
import { whyUnread } from "../readers/reading.ts";
import { AS_ROOT, type CheckSpec, type Finding, findingsIn } from "./check.ts";

/** Whether the firmware did all that TDX needs of it. */
export const firmware: CheckSpec = {
  id: "tdx.firmware",
  title: "TDX enabled by the firmware",
  run({ firmware: { value, seen, source } }) {
    const { affected, notApplicable, ok, unknown } = findingsIn(source);
    const found = {
      yes: ok(seen, "The firmware made TDX ready"),
      half: affected(seen, "Not ready: the firmware gave TDX KeyIDs, and yet it cannot come up"),
      no: notApplicable(seen, "TDX is off: no page is ever private, and nothing is reclaimed"),
      unknown: unknown(
        seen,
        "Whether the firmware made TDX ready cannot be told",
        "Load kvm_intel with tdx=1, or read MSR 0x87 and 0x1401 as root: collect.sh does",
      ),
    };
    return found[value];
  },
};

/** Whether TDs can run. */
export const use: CheckSpec = {
  id: "tdx.use",
  title: "TDs can run",
  run({ use: { value, seen, source } }) {
    const { notApplicable, ok, unknown } = findingsIn(source);
    const found = {
      yes: ok(seen, "KVM offers TDs: pages are reclaimed"),
      no: notApplicable(seen, "No TD can run here now"),
      unknown: unknown(seen, "Whether TDs can run here cannot be told"),
    };
    return found[value];
  },
};

/** Version and state of the TDX module. */
export const module: CheckSpec = {
  id: "tdx.module",
  title: "TDX module",
  run({ evidence, told: { moduleVersion, seamldrVersion, log }, use }) {
    const { notApplicable, ok, unknown } = findingsIn(
      `${FILES.moduleVersion.name} and ${FILES.log.name}`,
    );
    const version = moduleVersion ?? log?.moduleVersion;
    const loader = seamldrVersion && `loaded by P-SEAMLDR ${seamldrVersion}`;
    const words = [version && `version ${version}`, log?.module, loader].filter(Boolean).join(", ");
    if (log?.module === "failed") {
      const meaning = "The kernel could not initialise the module: no TD can run";
      return notApplicable(words, meaning, "Read the kernel log around the failure");
    }
    if (words !== "") return ok(words, "The module is there");
    const seen = `${whyUnread(FILES.moduleVersion.name, evidence.moduleVersion)}; ` +
      (log === undefined
        ? whyUnread(FILES.log.name, evidence.log)
        : "the kernel log does not name it");
    return use.value === "no"
      ? notApplicable(seen, "No TD can run here now, so it is not missed")
      : unknown(
        seen,
        "Kernels before 7.0 are assumed to tell the version only in the log, if at all",
        "Audit with the whole kernel log since boot",
      );
  },
};

/** How the KeyIDs are split. */
export const keyIds: CheckSpec = {
  id: "tdx.keyids",
  title: "KeyID split",
  run({ told: { msrs, log, capacity = 0 }, use }) {
    const counts = msrs && keyIdCounts(msrs);
    if (counts !== undefined) return byRegisters(msrs!, counts);
    if (log?.keyIds !== undefined) {
      const { first, end } = log.keyIds;
      if (!isPrivateRange([first, end])) {
        const seen = `private KeyID range [${first}, ${end})`;
        return findingsIn(FILES.log.name).unknown(seen, "No machine can have that range");
      }
      const meaning = `The TDX module uses ${first}, TDs the others`;
      return findingsIn(FILES.log.name).ok(`private ${first} to ${end - 1}`, meaning);
    }
    if (capacity > 0) {
      const meaning = "One more private KeyID is the TDX module's";
      return findingsIn(FILES.capacity.name).ok(`${capacity} for TDs`, meaning);
    }
    const { notApplicable, unknown } = findingsIn(namesOf("msrs", "log", "capacity"));
    return use.value === "no"
      ? notApplicable("nothing tells", "No TD can run here now")
      : unknown("nothing tells", "How many TDs can run at once cannot be told", AS_ROOT);
  },
};

function byRegisters(msrs: Msrs, { shared, privates }: KeyIdCounts): Finding {
  const { notApplicable, ok, unknown } = findingsIn(FILES.msrs.name);
  const seen = `KeyID 0, ${shared} shared, ${privates} private`;
  try {
    keyIdSpaceOf(msrs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unknown(`${seen}: ${error.message}`, "The registers contradict each other");
  }
  return privates === 0
    ? notApplicable(seen, "TDX is off: there is no private KeyID")
    : ok(seen, `Private are ${shared + 1} to ${shared + privates}`);
}

import type { KernelLogSummary } from "../readers/kernel_log.ts";
import type { Facts } from "../judge/facts.ts";
import { FILES, namesOf } from "../readers/evidence.ts";
import { whyUnread } from "../readers/reading.ts";
import { leafName, statusWords } from "../readers/tdx_trouble.ts";
import { AS_ROOT, type CheckSpec, findingsIn } from "./check.ts";

const FIX = "Decode the records (tdx mce), and look at the platform's error log";
const LATE = "the kernel log does not begin with the boot";

/** Machine checks that the machine remembers. */
export const machineChecks: CheckSpec = {
  id: "records.machine-checks",
  title: "Machine checks on record",
  anyCpu: true,
  run({ evidence, told }) {
    const { affected, ok, unknown } = findingsIn(
      namesOf("log", "machineChecks", "hardwareCorrupted"),
    );
    const { log, machineChecks: exceptions, hardwareCorrupted: retiredKiB } = told;
    const { uncorrected = 0, consumed = 0, cut = 0 } = log ?? {};
    const seen = [
      log === undefined
        ? whyUnread(FILES.log.name, evidence.log)
        : `${uncorrected} uncorrected (${consumed} consumed poison) and ` +
          `${log.corrected} corrected in the kernel log${cut > 0 ? `, ${cut} cut` : ""}`,
      exceptions === undefined ? "exceptions not counted" : `${exceptions} exceptions`,
      retiredKiB === undefined ? "retired memory not counted" : `${retiredKiB} KiB retired`,
    ].join("; ");
    if (uncorrected + (exceptions ?? 0) + (retiredKiB ?? 0) > 0) {
      const meaning = consumed > 0
        ? "Poison was consumed: the erratum and failing memory are both possible causes"
        : "Uncorrected errors happened; what caused them, these counts do not say";
      return affected(seen, meaning, FIX);
    }
    if (cut > 0) {
      return unknown(seen, "Whether the errors of cut records were corrected cannot be told", FIX);
    }
    // The log has what was corrected or came without an exception; the counters have the rest.
    const counted = exceptions !== undefined && retiredKiB !== undefined;
    if (!log?.fromBoot && !counted) {
      const meaning = log === undefined ? "Nothing readable keeps a record" : `None, but ${LATE}`;
      return unknown(seen, meaning, AS_ROOT);
    }
    const meaning = "None since boot; one that took the host down is in the log before: pstore, " +
      "the journal, the service processor";
    return ok(seen, meaning);
  },
};

/** What is lost where a leaf fails; {@link FATES} says what becomes of it. */
const LOSSES: Readonly<Record<string, keyof typeof FATES>> = {
  "TDH.VP.FLUSH": "hkid",
  "TDH.MNG.VPFLUSHDONE": "hkid",
  "TDH.PHYMEM.CACHE.WB": "hkid",
  "TDH.MNG.KEY.FREEID": "hkid",
  "TDH.MNG.KEY.RECLAIMID": "hkid",
  "TDH.PHYMEM.PAGE.RECLAIM": "control",
  "TDH.MEM.SEPT.REMOVE": "control",
  "TDH.PHYMEM.PAMT.REMOVE": "control",
  "TDH.MEM.RANGE.BLOCK": "guest",
  "TDH.MEM.TRACK": "guest",
  "TDH.MEM.PAGE.REMOVE": "guest",
  "TDH.PHYMEM.PAGE.WBINVD": "guest",
};

const FATES = {
  hkid: () => "An HKID that is not freed stays taken, and with it all control pages of its TD (X3)",
  control: () => "A page that is not reclaimed is leaked: nobody uses it again (X3)",
  guest: ({ linux }: Facts) =>
    ({
      leaked: "A guest page that is not removed is leaked: nobody uses it again (X2)",
      returned: "A guest page that is not removed went back to the host uncleared, perhaps still " +
        "mapped (X2)",
      unknown: "A guest page that is not removed is leaked, or back at the host uncleared: the " +
        "kernel's version does not say (X2)",
    })[linux?.refusedGuestPage ?? "unknown"],
};

/** Pages and HKIDs that the kernel says it lost. */
export const leaks: CheckSpec = {
  id: "records.leaks",
  title: "Pages and HKIDs lost in shutdowns of TDs",
  run(facts) {
    const { told: { log }, evidence } = facts;
    const { affected, ok, unknown } = findingsIn(FILES.log.name);
    if (log === undefined) {
      const seen = whyUnread(FILES.log.name, evidence.log);
      return unknown(seen, "Only the kernel log tells", AS_ROOT);
    }
    const { seen, fates } = lostBy(log);
    if (seen.length > 0) {
      const meaning = [...new Set(fates)].map((fate) => FATES[fate](facts)).join(". ");
      const fix = "Reboot to have them back; report the lines to whoever makes the kernel or the " +
        "TDX module (tdx status explains them)";
      return affected(seen.join("; "), `${meaning}. Linux limits such lines: it may be more`, fix);
    }
    return log.fromBoot
      ? ok("the kernel log tells of none", "Every TD so far gave back all that it had")
      : unknown(`none, but ${LATE}`, "What was lost before cannot be told", AS_ROOT);
  },
};

function lostBy(
  { leakedHkids, failedCalls }: KernelLogSummary,
): { readonly seen: readonly string[]; readonly fates: readonly (keyof typeof FATES)[] } {
  const hkids = [...leakedHkids].map((hkid) => `HKID ${hkid} leaked`);
  const lost = [...failedCalls.values()].flatMap(({ call, times }) => {
    const leaf = leafName(call);
    const fate = LOSSES[leaf];
    if (fate === undefined) return [];
    const often = times > 1 ? ` (${times} times)` : "";
    return [{ words: `${leaf} failed: ${statusWords(call.status)}${often}`, fate }];
  });
  return {
    seen: [...hkids, ...lost.map(({ words }) => words)],
    fates: [...(hkids.length > 0 ? ["hkid" as const] : []), ...lost.map(({ fate }) => fate)],
  };
}

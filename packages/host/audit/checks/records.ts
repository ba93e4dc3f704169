import { type Evidence, FILES } from "../readers/evidence.ts";
import { valueOf, whyUnread } from "../readers/reading.ts";
import { type CheckSpec, finding } from "./check.ts";

const FIX = "Decode the records (tdx mce), and look at the platform's error log";

/** Machine checks that the machine remembers. */
export const machineChecks: CheckSpec = {
  id: "records.machine-checks",
  title: "Machine checks on record",
  anyCpu: true,
  run({ evidence }) {
    const log = valueOf(evidence.log);
    const exceptions = valueOf(evidence.machineChecks);
    const retiredKiB = valueOf(evidence.hardwareCorrupted);
    const source = [FILES.log, FILES.machineChecks, FILES.hardwareCorrupted]
      .map(({ name }) => name).join(", ");
    const seen = words(evidence).join("; ");
    if ((log?.uncorrected ?? 0) + (exceptions ?? 0) + (retiredKiB ?? 0) > 0) {
      const meaning = (log?.consumed ?? 0) > 0
        ? "Poison was consumed: the erratum and failing memory are both possible causes"
        : "Uncorrected errors happened; what caused them, these counts do not say";
      return finding("affected", seen, source, meaning, FIX);
    }
    if ((log?.cut ?? 0) > 0) {
      const meaning = "Whether the errors of cut records were corrected cannot be told";
      return finding("unknown", seen, source, meaning, FIX);
    }
    if (exceptions === undefined && log === undefined) {
      return finding("unknown", seen, source, "Nothing readable keeps a record");
    }
    const meaning = "None since boot; one that took the host down is in the log before: pstore, " +
      "the journal, the service processor";
    return finding("ok", seen, source, meaning);
  },
};

function words({ log, machineChecks, hardwareCorrupted }: Evidence): string[] {
  const logged = valueOf(log);
  const exceptions = valueOf(machineChecks);
  const retiredKiB = valueOf(hardwareCorrupted);
  return [
    logged === undefined
      ? whyUnread(FILES.log.name, log)
      : `${logged.uncorrected} uncorrected (${logged.consumed} consumed poison) and ` +
        `${logged.corrected} corrected in the kernel log` +
        (logged.cut > 0 ? `, ${logged.cut} cut` : ""),
    exceptions === undefined ? "exceptions not counted" : `${exceptions} exceptions`,
    retiredKiB === undefined ? "retired memory not counted" : `${retiredKiB} KiB retired`,
  ];
}

import { FILES, namesOf } from "../readers/evidence.ts";
import { whyUnread } from "../readers/reading.ts";
import { type CheckSpec, findingsIn } from "./check.ts";

const { affected, ok, unknown } = findingsIn(namesOf("log", "machineChecks", "hardwareCorrupted"));
const FIX = "Decode the records (tdx mce), and look at the platform's error log";

/** Machine checks that the machine remembers. */
export const machineChecks: CheckSpec = {
  id: "records.machine-checks",
  title: "Machine checks on record",
  anyCpu: true,
  run({ evidence, told }) {
    const { log, machineChecks: exceptions, hardwareCorrupted: retiredKiB } = told;
    const seen = [
      log === undefined
        ? whyUnread(FILES.log.name, evidence.log)
        : `${log.uncorrected} uncorrected (${log.consumed} consumed poison) and ` +
          `${log.corrected} corrected in the kernel log${log.cut > 0 ? `, ${log.cut} cut` : ""}`,
      exceptions === undefined ? "exceptions not counted" : `${exceptions} exceptions`,
      retiredKiB === undefined ? "retired memory not counted" : `${retiredKiB} KiB retired`,
    ].join("; ");
    if ((log?.uncorrected ?? 0) + (exceptions ?? 0) + (retiredKiB ?? 0) > 0) {
      const meaning = (log?.consumed ?? 0) > 0
        ? "Poison was consumed: the erratum and failing memory are both possible causes"
        : "Uncorrected errors happened; what caused them, these counts do not say";
      return affected(seen, meaning, FIX);
    }
    if ((log?.cut ?? 0) > 0) {
      return unknown(seen, "Whether the errors of cut records were corrected cannot be told", FIX);
    }
    if (exceptions === undefined && log === undefined) {
      return unknown(seen, "Nothing readable keeps a record");
    }
    const meaning = "None since boot; one that took the host down is in the log before: pstore, " +
      "the journal, the service processor";
    return ok(seen, meaning);
  },
};

import { clearOrigin, type ShutdownTime, simulatedTime, type TeardownReport } from "@tdx/reclaim";
import { KNOWN_CLEARS } from "../estimate/read_clear.ts";

/** How long a teardown would take on a real host, with what a clear costs by one reading. */
export interface SimulatedTime extends ShutdownTime {
  /** `published` or `measured`; they do not agree, and neither is chosen. */
  readonly clearAs: string;
}

/** The time of a simulated teardown, by the same cost terms as `tdx estimate`. */
export function simulatedTimes(
  report: TeardownReport,
  { guestBytes, vcpus }: { readonly guestBytes: number; readonly vcpus: number },
): SimulatedTime[] {
  return KNOWN_CLEARS.map((clear) => ({
    clearAs: clearOrigin(clear).name,
    ...simulatedTime(report, { guestBytes, vcpus, clear }),
  }));
}

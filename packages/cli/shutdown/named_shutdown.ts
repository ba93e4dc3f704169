import type { ShutdownExplanation } from "@tdx/host";
import { EXIT, type ExitStatus } from "../shell/command.ts";

/** A shutdown, and the file that tells of it. */
export interface NamedShutdown {
  readonly name: string;
  readonly explanation: ShutdownExplanation;
}

/** A shutdown as JSON: one object, flat enough for a line of a fleet's file. */
export function explanationFields({ name, explanation }: NamedShutdown): object {
  return { name, ...explanation };
}

/**
 * A hazard where SEAMCALLs failed for good: pages are leaked, or go back to the host as they are. Could
 * not tell where anything is in doubt, or nothing says what failed.
 */
export function shutdownStatus({ explanation }: NamedShutdown): ExitStatus {
  const { refusals, doubts } = explanation;
  if (refusals?.some(({ status, retry }) => status.error && !retry)) return EXIT.hazard;
  return doubts.length > 0 ? EXIT.unknown : EXIT.fine;
}

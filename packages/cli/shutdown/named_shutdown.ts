import type { ShutdownExplanation } from "@tdx/host";
import { EXIT, type ExitStatus } from "../shell/command.ts";

/** A shutdown, and the file that tells of it. */
export interface NamedShutdown {
  readonly name: string;
  readonly explanation: ShutdownExplanation;
  /** Whether it is a line of a fleet's file, of which a table is enough. */
  readonly isFleet?: boolean;
}

/** A shutdown as JSON: one object, flat enough for a line of a fleet's file. */
export function explanationFields({ name, explanation }: NamedShutdown): object {
  return { name, ...explanation };
}

/**
 * Reads what {@link explanationFields} wrote, one object a line.
 *
 * @throws {SyntaxError} If a line is something else; its message begins with name and line.
 */
export function fleetShutdowns(text: string, name: string): NamedShutdown[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      const { name: host, ...explanation } = JSON.parse(line);
      const { seconds, phases, saving, doubts } = explanation;
      const isOne = [seconds, saving, ...phases, ...doubts].every(Boolean) &&
        /^\P{C}+$/u.test(host);
      if (isOne) return [{ name: host, explanation, isFleet: true }];
    } catch { /* Not JSON, or of another shape: the same mistake. */ }
    throw new SyntaxError(
      `${name}:${i + 1}:1: Expected a shutdown of tdx shutdown --json, one object a line`,
    );
  });
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

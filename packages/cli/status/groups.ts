import { type LoggedSeamcall, readSeamcallLog } from "@tdx/seam";

/** SEAMCALLs of a log that have leaf and status in common. */
export interface SeamcallGroup extends LoggedSeamcall {
  /** How many there are. */
  readonly count: number;
  /** Line of the last one. */
  readonly lastLine: number;
}

/**
 * Reads a log and puts together what it repeats, for a failing teardown logs one line per page.
 *
 * @param name What messages call the log.
 * @returns The groups in the order of their first lines, with the registers of the first.
 * @throws {SyntaxError} If a leaf or a status is malformed.
 */
export function seamcallGroups(log: string, name: string): SeamcallGroup[] {
  const groups = new Map<string, SeamcallGroup>();
  for (const call of readSeamcallLog(log, name)) {
    const key = `${call.leafText} ${call.status.value}`;
    const first = groups.get(key) ?? { ...call, count: 0 };
    groups.set(key, { ...first, count: first.count + 1, lastLine: call.line });
  }
  return [...groups.values()];
}

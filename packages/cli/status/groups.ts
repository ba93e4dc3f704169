import { type LogChunks, logLines } from "@tdx/host";
import { type LoggedSeamcall, SeamcallLogReader } from "@tdx/seam";

/** SEAMCALLs of a log that have leaf and status in common. */
export interface SeamcallGroup extends LoggedSeamcall {
  /** How many there are. */
  readonly count: number;
  /** Line of the last one. */
  readonly lastLine: number;
}

/** What the SEAMCALLs of a log come to. */
export interface SeamcallGroups {
  /** In the order of their first lines, with the registers of the first. */
  readonly groups: readonly SeamcallGroup[];
  /** What could not be read, or was too much. */
  readonly damage: readonly string[];
}

/** There are fewer leaves and statuses than that: more is no log of a kernel. */
const MOST_GROUPS = 1000;
const MOST_DAMAGE = 8;

/**
 * Reads a log and puts together what it repeats, for a failing teardown logs one line per page.
 *
 * @param name What messages call the log.
 * @throws {SyntaxError} If it is no text.
 */
export async function seamcallGroups(log: LogChunks, name: string): Promise<SeamcallGroups> {
  const groups = new Map<string, SeamcallGroup>();
  const damage: string[] = [];
  const damaged = (message: string) => {
    if (damage.length < MOST_DAMAGE) damage.push(message);
  };
  let further = 0;
  const reader = new SeamcallLogReader(name, {
    found(call) {
      const key = `${call.leafText} ${call.status.value}`;
      const first = groups.get(key) ?? { ...call, count: 0 };
      if (first.count === 0 && groups.size >= MOST_GROUPS) further++;
      else groups.set(key, { ...first, count: first.count + 1, lastLine: call.line });
    },
    damaged,
  });
  for await (const lines of logLines(log, name, damaged)) {
    for (const { text, number } of lines) reader.line(text, number);
  }
  reader.end();
  const others =
    `${name}: Expected at most ${MOST_GROUPS} different SEAMCALLs, got ${further} others`;
  return { groups: [...groups.values()], damage: further > 0 ? [...damage, others] : damage };
}

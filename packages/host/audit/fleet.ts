import type { Verdict } from "./audit_types.ts";
import { linesOf } from "./readers/byte_text.ts";
import { type FleetAudit, readFleetLine } from "./_fleet_line.ts";
import type { BrokenLine, FleetGroup, FleetSummary } from "./_fleet_types.ts";
import { requireBytes } from "./source_arguments.ts";
import { VERDICT_ADVICE } from "./judge/verdict.ts";

const MAX_EXAMPLES = 3;
const MAX_BROKEN_LINES = 20;
/** Groups come from the lines; no fleet has so many, so what goes beyond is a broken line. */
const MAX_GROUPS = 1000;
const WORST_FIRST: readonly Verdict[] = [
  "at-risk",
  "pays-needlessly",
  "pays-rightly",
  "unknown",
  "fine",
  "not-concerned",
];

/**
 * Sums up the audits of many hosts, JSON objects one a line, as `tdx audit --json` writes them.
 *
 * Lines are read one after the other and let go, so memory stays bounded however many there are.
 * Empty lines are skipped; a line that is no audit is counted, and the first 20 are named.
 *
 * @param lines The bytes of the lines.
 * @returns The summary.
 * @throws {TypeError} Where it is no stream of bytes.
 *
 * @example
 * ```ts
 * import { summarizeFleet } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const host = { formatVersion: 1, platform: "gnr", kernel: "clears-always" };
 * const lines = [{ ...host, host: "a1", verdict: "pays-needlessly" }, { ...host, verdict: "lost" }];
 * const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
 *
 * const { hosts, groups, brokenLines } = await summarizeFleet(new Blob([text]).stream());
 * assertEquals([hosts, groups[0]?.verdict, groups[0]?.examples], [1, "pays-needlessly", ["a1"]]);
 * assertEquals(brokenLines[0]?.line, 2);
 * ```
 */
export async function summarizeFleet(lines: AsyncIterable<Uint8Array>): Promise<FleetSummary> {
  requireBytes("lines", lines);
  const tally = new FleetTally();
  let number = 0;
  for await (const line of linesOf(lines)) tally.add(line, ++number);
  return tally.summary();
}

/** Counts audits; keeps groups, a few names and a few broken lines, and no audit. */
class FleetTally {
  readonly #groups = new Map<string, FleetGroup & { hosts: number; examples: string[] }>();
  readonly #brokenLines: BrokenLine[] = [];
  #hosts = 0;
  #broken = 0;

  add(line: string, number: number): void {
    if (line.trim() === "") return;
    const audit = readFleetLine(line);
    const trouble = typeof audit === "string" ? audit : this.#count(audit);
    if (trouble === undefined) return;
    this.#broken++;
    if (this.#brokenLines.length < MAX_BROKEN_LINES) {
      this.#brokenLines.push({ line: number, trouble });
    }
  }

  /** Says what is wrong where an audit has no place in any group. */
  #count({ platform, kernel, verdict, host }: FleetAudit): string | undefined {
    const key = `${platform} ${kernel} ${verdict}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MAX_GROUPS) return `Expected at most ${MAX_GROUPS} groups, got more`;
      const advice = VERDICT_ADVICE[verdict];
      this.#groups.set(key, group = { platform, kernel, verdict, hosts: 0, examples: [], advice });
    }
    this.#hosts++;
    group.hosts++;
    if (host !== undefined && group.examples.length < MAX_EXAMPLES) group.examples.push(host);
    return undefined;
  }

  summary(): FleetSummary {
    return {
      hosts: this.#hosts,
      groups: [...this.#groups.values()].sort(worstFirst),
      broken: this.#broken,
      brokenLines: this.#brokenLines,
    };
  }
}

/** The worst verdict first, then the largest group, then by name. */
function worstFirst(a: FleetGroup, b: FleetGroup): number {
  const name = ({ platform, kernel }: FleetGroup) => `${platform} ${kernel}`;
  return WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict) || b.hosts - a.hosts ||
    (name(a) < name(b) ? -1 : 1);
}

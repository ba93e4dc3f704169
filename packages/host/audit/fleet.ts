import { showValue } from "@tdx/core/arguments";
import { quote } from "../_text_lines.ts";
import type { Audit } from "./audit.ts";
import { hasIncident } from "./checks/check.ts";
import { KERNEL_BEHAVIOURS, type KernelBehaviour } from "./judge/kernel_behaviour.ts";
import { type Verdict, VERDICT_ADVICE } from "./judge/verdict.ts";
import { linesOf } from "./readers/byte_text.ts";

/** Hosts on which an audit came to the same. */
export interface AuditGroup {
  /** The platform plugin, `none` or `unknown`. */
  readonly platform: string;
  /** What their kernels do on reclaim. */
  readonly kernel: KernelBehaviour;
  /** What it comes to. */
  readonly verdict: Verdict;
  /** How many they are. */
  readonly hosts: number;
  /** How many of them have an uncorrected error or lost pages on record. */
  readonly incidents: number;
  /** The names of the first few that have one. */
  readonly examples: readonly string[];
  /** What to do about each. */
  readonly advice: string;
}

/** A line of a fleet file that is not an audit. */
export interface BrokenLine {
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly trouble: string;
}

/** What a fleet's audits come to. */
export interface FleetSummary {
  /** How many audits there are. */
  readonly hosts: number;
  /** The groups: worst verdict first, then by size. */
  readonly groups: readonly AuditGroup[];
  /** How many lines were not audits. */
  readonly broken: number;
  /** The first few of them. */
  readonly brokenLines: readonly BrokenLine[];
}

const FORMAT_VERSION = 1;
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
 * Empty lines are skipped; a line that is not an audit is counted, and the first 20 are named.
 *
 * @param lines The bytes of the lines.
 * @returns The summary.
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
  const groups = new Groups();
  const brokenLines: BrokenLine[] = [];
  let broken = 0;
  let number = 0;
  for await (const line of linesOf(lines)) {
    number++;
    if (line.trim() === "") continue;
    try {
      groups.add(readFleetLine(line));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      broken++;
      if (broken <= MAX_BROKEN_LINES) brokenLines.push({ line: number, trouble: error.message });
    }
  }
  return { ...groups.sums(), broken, brokenLines };
}

/** What a summary takes from an audit. */
type FleetAudit = Pick<Audit, "host" | "platform" | "kernel" | "verdict"> & {
  readonly incident: boolean;
};

type Group = AuditGroup & { hosts: number; incidents: number; examples: string[] };

/** Counts audits; keeps a few names of each group, and no audit. */
class Groups {
  readonly #groups = new Map<string, Group>();

  add({ platform, kernel, verdict, host, incident }: FleetAudit): void {
    const key = `${platform} ${kernel} ${verdict}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MAX_GROUPS) {
        throw new RangeError(`Expected at most ${MAX_GROUPS} groups, got more`);
      }
      const advice = VERDICT_ADVICE[verdict];
      group = { platform, kernel, verdict, hosts: 0, incidents: 0, examples: [], advice };
      this.#groups.set(key, group);
    }
    group.hosts++;
    if (incident) group.incidents++;
    if (host !== undefined && group.examples.length < MAX_EXAMPLES) group.examples.push(host);
  }

  sums(): Pick<FleetSummary, "hosts" | "groups"> {
    const groups = [...this.#groups.values()].sort(worstFirst);
    return { hosts: groups.reduce((sum, { hosts }) => sum + hosts, 0), groups };
  }
}

/** The worst verdict first, then the largest group, then by name. */
function worstFirst(a: AuditGroup, b: AuditGroup): number {
  const name = ({ platform, kernel }: AuditGroup) => `${platform} ${kernel}`;
  return WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict) || b.hosts - a.hosts ||
    (name(a) < name(b) ? -1 : 1);
}

/**
 * Reads one audit.
 *
 * @throws {RangeError} If the line is not one.
 */
function readFleetLine(line: string): FleetAudit {
  const { formatVersion, host, platform, kernel, verdict, checks } = jsonObject(line);
  if (formatVersion !== FORMAT_VERSION) {
    throw unexpected("formatVersion", `${FORMAT_VERSION}`, formatVersion);
  }
  if (typeof platform !== "string" || !/^[a-z][a-z0-9-]{0,31}$/.test(platform)) {
    throw unexpected("platform", "a plugin's name", platform);
  }
  const named = typeof host === "string" && /^[\w.-]{1,253}$/.test(host) ? { host } : {};
  return {
    platform,
    kernel: oneOf("kernel", kernel, KERNEL_BEHAVIOURS),
    verdict: oneOf("verdict", verdict, Object.keys(VERDICT_ADVICE) as Verdict[]),
    incident: Array.isArray(checks) && hasIncident(checks),
    ...named,
  };
}

function jsonObject(line: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new RangeError(`Expected an audit as one JSON object, got ${quote(line)}`);
}

function oneOf<T>(name: string, value: unknown, known: readonly T[]): T {
  const found = known.find((item) => item === value);
  if (found === undefined) throw unexpected(name, `one of ${known.join(", ")}`, value);
  return found;
}

/** The error for a field that has another value, or is missing. */
function unexpected(name: string, expected: string, value: unknown): RangeError {
  const got = value === undefined ? "none" : showValue(value);
  return new RangeError(`Expected ${name} to be ${expected}, got ${got}`);
}

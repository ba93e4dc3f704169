import { quote } from "../_text_lines.ts";
import type { Audit } from "./audit.ts";
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
  /** The names of the first few, where the audits name them. */
  readonly examples: readonly string[];
  /** What to do about each. */
  readonly advice: string;
}

/** A line of a fleet file that is no audit. */
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
  /** How many lines were no audits. */
  readonly broken: number;
  /** The first few of them. */
  readonly brokenLines: readonly BrokenLine[];
}

const VERDICTS = Object.keys(VERDICT_ADVICE) as Verdict[];
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
 * Empty lines are skipped; a line that is no audit is counted, and the first 20 are named.
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
  const tally = new FleetTally();
  let number = 0;
  for await (const line of linesOf(lines)) tally.add(line, ++number);
  return tally.summary();
}

/** What a summary takes from an audit. */
type FleetAudit = Pick<Audit, "host" | "platform" | "kernel" | "verdict">;

/** Counts audits; keeps groups, a few names and a few broken lines, and no audit. */
class FleetTally {
  readonly #groups = new Map<string, AuditGroup & { hosts: number; examples: string[] }>();
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
function worstFirst(a: AuditGroup, b: AuditGroup): number {
  const name = ({ platform, kernel }: AuditGroup) => `${platform} ${kernel}`;
  return WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict) || b.hosts - a.hosts ||
    (name(a) < name(b) ? -1 : 1);
}

/** Reads one audit; where the line is none, says what is wrong with it. */
function readFleetLine(line: string): FleetAudit | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `Expected an audit as one JSON object, got ${quote(line)}`;
  }
  if (typeof value !== "object" || value === null) {
    return `Expected an audit as one JSON object, got ${quote(line)}`;
  }
  const { formatVersion, host, platform, kernel, verdict } = value as Record<string, unknown>;
  if (formatVersion !== FORMAT_VERSION) {
    return `Expected formatVersion ${FORMAT_VERSION}, got ${shown(formatVersion)}`;
  }
  if (typeof platform !== "string" || !/^[a-z][a-z0-9-]{0,31}$/.test(platform)) {
    return `Expected platform as a plugin's name, got ${shown(platform)}`;
  }
  const knownKernel = KERNEL_BEHAVIOURS.find((name) => name === kernel);
  if (knownKernel === undefined) {
    return `Expected kernel as one of ${KERNEL_BEHAVIOURS.join(", ")}, got ${shown(kernel)}`;
  }
  const knownVerdict = VERDICTS.find((name) => name === verdict);
  if (knownVerdict === undefined) {
    return `Expected verdict as one of ${VERDICTS.join(", ")}, got ${shown(verdict)}`;
  }
  const named = typeof host === "string" && /^[\w.-]{1,253}$/.test(host) ? { host } : {};
  return { platform, kernel: knownKernel, verdict: knownVerdict, ...named };
}

function shown(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? quote(value) : JSON.stringify(value).slice(0, 40);
}

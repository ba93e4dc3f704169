import type { KernelBehaviour, Verdict } from "./audit_types.ts";

/**
 * Hosts on which an audit came to the same.
 *
 * @example
 * ```ts
 * import { type FleetGroup, summarizeFleet } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const audits = ["a1", "a2"].map((host) =>
 *   `{"formatVersion":1,"host":"${host}","platform":"gnr","kernel":"clears-always",` +
 *   `"verdict":"pays-needlessly"}\n`
 * );
 *
 * const { groups } = await summarizeFleet(new Blob(audits).stream());
 * const [group]: readonly FleetGroup[] = groups;
 * assertEquals([group?.platform, group?.hosts, group?.examples], ["gnr", 2, ["a1", "a2"]]);
 * ```
 */
export interface FleetGroup {
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

/**
 * A line of a fleet file that is no audit.
 *
 * @example
 * ```ts
 * import { type BrokenLine, summarizeFleet } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const { brokenLines } = await summarizeFleet(new Blob(["\n", '{"formatVersion":2}\n']).stream());
 * const expected: BrokenLine[] = [{ line: 2, trouble: "Expected formatVersion 1, got 2" }];
 * assertEquals(brokenLines, expected);
 * ```
 */
export interface BrokenLine {
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly trouble: string;
}

/**
 * What a fleet's audits come to.
 *
 * @example The worst comes first
 * ```ts
 * import { type FleetSummary, summarizeFleet } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const audits = [["gnr", "fine"], ["emr", "at-risk"]].map(([platform, verdict]) =>
 *   `{"formatVersion":1,"platform":"${platform}","kernel":"clears-on-erratum",` +
 *   `"verdict":"${verdict}"}\n`
 * );
 *
 * const summary: FleetSummary = await summarizeFleet(new Blob(audits).stream());
 * assertEquals([summary.hosts, summary.broken], [2, 0]);
 * assertEquals(summary.groups.map(({ verdict }) => verdict), ["at-risk", "fine"]);
 * ```
 */
export interface FleetSummary {
  /** How many audits there are. */
  readonly hosts: number;
  /** The groups: worst verdict first, then by size. */
  readonly groups: readonly FleetGroup[];
  /** How many lines were no audits. */
  readonly broken: number;
  /** The first few of them. */
  readonly brokenLines: readonly BrokenLine[];
}

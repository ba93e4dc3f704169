import type { KernelBehaviour, Verdict } from "./audit_types.ts";

/** Hosts on which an audit came to the same. */
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
  readonly groups: readonly FleetGroup[];
  /** How many lines were no audits. */
  readonly broken: number;
  /** The first few of them. */
  readonly brokenLines: readonly BrokenLine[];
}

import type { Mode, Platform, RuleId } from "@tdx/core";
import type { Decision, Policy, ShutdownTime, TeardownReport } from "@tdx/reclaim";
import type { ReportOrigin } from "../page/origin.tsx";
import type { MemoryMap } from "./map_memory.ts";

/** What a report on a teardown is written from. */
export interface TeardownPage {
  /** When and how it was made. */
  readonly origin: ReportOrigin;
  /** The platform. */
  readonly platform: Platform;
  /** Integrity mode. */
  readonly mode: Mode;
  /** Guest memory of the TD in bytes, a multiple of 4 KiB. */
  readonly guestBytes: number;
  /** Virtual CPUs of the TD. */
  readonly vcpus: number;
  /** Whether the host cleared, and why. */
  readonly decision: Decision;
  /** What the teardown did, the host having used every guest page. */
  readonly report: TeardownReport;
  /** How often each rule fired in the host's memory. */
  readonly rules: Readonly<Partial<Record<RuleId, number>>>;
  /** The host's memory afterwards. */
  readonly map: MemoryMap;
  /** What the same teardown comes to by other paths; default not told. */
  readonly otherPaths?: readonly {
    readonly report: Pick<
      TeardownReport,
      "path" | "leakedPages" | "unclearedPages" | "machineChecks"
    >;
    readonly times: ComparedTeardown["times"];
  }[];
  /** The same teardown on every platform under every policy, this one among them. */
  readonly compared: readonly ComparedTeardown[];
}

/** One teardown among those that are compared. */
export interface ComparedTeardown {
  /** The platform it was simulated on. */
  readonly platform: Platform;
  /** The policy. */
  readonly policy: Policy;
  /** What it did. */
  readonly report: TeardownReport;
  /** How long it takes by each reading of what a clear costs. */
  readonly times: readonly (ShutdownTime & { readonly clearAs: string })[];
}

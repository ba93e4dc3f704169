import type { Mode, Platform } from "@tdx/core";
import type { HostKeys, Policy, TeardownPath } from "@tdx/reclaim";
import type { FaultPlan } from "./faults.ts";

/** A teardown to simulate. */
export interface TeardownPlan {
  readonly platform: Platform;
  readonly mode: Mode;
  readonly hostKeys: HostKeys;
  readonly policy: Policy;
  readonly path: TeardownPath;
  /** Guest memory, in bytes. */
  readonly guestBytes: number;
  readonly vcpus: number;
  /** Memory of the host in bytes; `undefined` for just enough. */
  readonly hostBytes: number | undefined;
  /** Whether guest pages are scattered over the host. */
  readonly scatter: boolean;
  readonly faults: FaultPlan;
}

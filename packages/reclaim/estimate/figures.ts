import type { Source } from "@tdx/core";
import type { TeardownPath } from "../teardown/options.ts";

/** One published shutdown. */
export interface PublishedShutdown {
  /** Virtual CPUs of the TD. */
  readonly vcpus: number;
  /** Memory of the TD in GB, as published; what a GB is was not said. */
  readonly memoryGb: number;
  /** Seconds by path, every page cleared. */
  readonly seconds: Readonly<Record<TeardownPath, number>>;
}

/**
 * The published shutdown times, by growing memory. Every page was cleared on both paths; the
 * hardware was not named. Posting of KVM_TDX_TERMINATE_VM, June 2025.
 */
export const PUBLISHED_SHUTDOWNS: readonly PublishedShutdown[] = [
  { vcpus: 4, memoryGb: 18, seconds: { dynamic: 72, terminate: 24 } },
  { vcpus: 32, memoryGb: 107, seconds: { dynamic: 517, terminate: 134 } },
  { vcpus: 64, memoryGb: 400, seconds: { dynamic: 5539, terminate: 467 } },
];

/** Where {@link PUBLISHED_SHUTDOWNS} was read. */
export const PUBLISHED_SHUTDOWNS_SOURCE: Source = {
  document: "KVM_TDX_TERMINATE_VM posting to the KVM mailing list",
  at: "June 2025, shutdown times; hardware not stated",
};

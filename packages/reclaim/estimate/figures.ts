import type { Interval, Source } from "@tdx/core";
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

/** The memory sizes of {@link PUBLISHED_SHUTDOWNS} in words, a GB taken for a GiB (E1). */
export const PUBLISHED_SIZES: string = `${PUBLISHED_SHUTDOWNS[0]!.memoryGb} to ${
  PUBLISHED_SHUTDOWNS.at(-1)!.memoryGb
} GiB`;

/** Where {@link PUBLISHED_SHUTDOWNS} was read. */
export const PUBLISHED_SHUTDOWNS_SOURCE: Source = {
  document: "KVM_TDX_TERMINATE_VM posting to the KVM mailing list",
  at: "June 2025, shutdown times; hardware not stated",
};

/** A figure with the place it was read or measured. */
export interface ClearFigure extends Source {
  /** The figure; its unit stands with the constant. */
  readonly value: number;
}

/**
 * The published saving: skipping the clear shortens a shutdown by up to this share. It is an upper
 * bound, no table goes with it, and it names neither hardware nor path.
 */
export const PUBLISHED_SAVING: ClearFigure = {
  value: 0.4,
  document: "Linux commit 01fb93a363e0",
  at: "commit message, up to 40%",
};

/**
 * Nanoseconds that one core takes to clear a page of 4 KiB as Linux does: 64 times MOVDIR64B, then a
 * fence. With one fence at the end of all pages it took 240 ns, which is not what Linux does.
 */
export const MEASURED_CLEAR: ClearFigure = {
  value: 410,
  document: "measurement for this project",
  at: "one core of an Emerald Rapids machine, MOVDIR64B with one fence per 4 KiB page",
};

/** Seconds that flushing a vCPU takes, assumption E4. */
export const VCPU_FLUSH_SECONDS: Interval = { low: 0, high: 100e-6 };
/** Seconds that writing a package's caches back takes, assumption E5. */
export const CACHE_WRITE_BACK_SECONDS: Interval = { low: 0, high: 1 };
/** Packages of the host, assumption E5. */
export const PACKAGES = 2;

/** What an estimate takes for granted, by id. */
export type EstimateAssumptionId = "E1" | "E2" | "E3" | "E4" | "E5" | "E6" | "E7" | "E8" | "E9";

/** The assumptions of estimates. Each is inferred; an estimate names the ones it stands on. */
export const ESTIMATE_ASSUMPTIONS: Readonly<Record<EstimateAssumptionId, string>> = {
  E1:
    "A GB of the published table is a GiB, 2^30 bytes; were it 10^9 bytes, every page would cost " +
    "7% more",
  E2:
    "Between two points of the published table the time lies between two straight lines: one of " +
    "the time, one of the time per page",
  E3:
    "The number of vCPUs changes nothing but their own flush: the published table has one number " +
    "for each memory size",
  E4: `TDH.VP.FLUSH takes at most ${VCPU_FLUSH_SECONDS.high * 1e6} µs a vCPU`,
  E5: `The host has ${PACKAGES} packages, and TDH.PHYMEM.CACHE.WB takes at most ` +
    `${CACHE_WRITE_BACK_SECONDS.high} s on each`,
  E6: "Clearing a page takes the same time on both paths, and for control pages as for the guest's",
  E7:
    "This platform takes the time that the machine of the published table took, which has no name",
  E8:
    "Outside the published table the time is extrapolated from its two nearest points: the time per " +
    "page stays that of the nearest, or it or the whole time goes on in a straight line; above the " +
    "table each further page may also take the longest that was published. The range spans what does " +
    "not make a larger TD shut down sooner, or a small one in no time. Of a TD of 1 TB the mailing " +
    "list tells of about 21 minutes, without path or table",
  E9: "Dynamic PAMT (X6) takes no time here: nobody published how long the put for each page and " +
    "PAMT.REMOVE with its two resets take",
};

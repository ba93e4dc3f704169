import type { Interval } from "@tdx/core";

/** Seconds that flushing a vCPU takes, assumption E4. */
export const VCPU_FLUSH_SECONDS: Interval = { low: 0, high: 100e-6 };
/** Seconds that writing a package's caches back takes, assumption E5. */
export const CACHE_WRITE_BACK_SECONDS: Interval = { low: 0, high: 1 };
/** Packages of the host, assumption E5. */
export const PACKAGES = 2;

/** What an estimate takes for granted, by id. */
export type EstimateAssumptionId = "E1" | "E2" | "E3" | "E4" | "E5" | "E6" | "E7";

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
};

import { GiB, type Platform } from "@tdx/core";
import {
  type ClearReading,
  type Estimate,
  estimate,
  MEASURED_CLEAR,
  PUBLISHED_SAVING,
  PUBLISHED_SHUTDOWNS,
  type TeardownPath,
} from "@tdx/reclaim";

/** What the published saving needs, and what speaks for it. */
export interface SavingEvidence {
  /** Whether the bound is reached where the clear is skipped, and nothing is saved elsewhere. */
  readonly holds: boolean;
  readonly condition: string;
  readonly evidence: string;
}

/**
 * Asks under which cost of a clear and on which path the published saving can be had: for each of
 * the published shutdowns, with the published bound and with the measured figure. Neither is chosen.
 *
 * @param erratum Platforms with the erratum.
 * @param others Platforms without it.
 */
export function savingEvidence(
  erratum: readonly Platform[],
  others: readonly Platform[],
): SavingEvidence {
  const platform = [...others, ...erratum][0]!;
  const terminate = needed(platform, "terminate");
  const dynamic = needed(platform, "dynamic");
  return {
    holds: erratum.every((platform) => mostSaved(platform) === 0) &&
      others.every((platform) => Math.abs(mostSaved(platform) - PUBLISHED_SAVING.value) < 1e-9),
    condition: "the platform is without the erratum, and clearing a page of 4 KiB takes " +
      `${dynamic} µs on the dynamic path, or ${terminate} µs on the proposed terminate path`,
    evidence: `published bound: ${terminate} µs a page, ` +
      `${shares(platform, "dynamic", "published")} of the published time on the dynamic path and ` +
      `${
        shares(platform, "terminate", "published")
      } on the terminate path; measured on one core: ` +
      `${MEASURED_CLEAR.value / 1e3} µs a page, ${shares(platform, "dynamic", "measured")} and ` +
      `${shares(platform, "terminate", "measured")}, which falls short of it; neither is chosen`,
  };
}

function shutdowns(platform: Platform, path: TeardownPath, clear: ClearReading): Estimate[] {
  return PUBLISHED_SHUTDOWNS.map(({ vcpus, memoryGb }) =>
    estimate({ platform, guestBytes: memoryGb * GiB, vcpus, path, clear })
  );
}

/** The share that the patch saves at most, where clears cost what the published bound allows. */
function mostSaved(platform: Platform): number {
  const found = shutdowns(platform, "terminate", "published");
  return Math.max(...found.map(({ saved }) => saved.share!.high));
}

/** What a clear must take for the published saving, in microseconds a page. */
function needed(platform: Platform, path: TeardownPath): string {
  const found = shutdowns(platform, path, "published");
  return span(
    found.map(({ always, pages }) =>
      (PUBLISHED_SAVING.value * always.total.seconds!.high * 1e6 / pages).toPrecision(2)
    ),
  );
}

/** The share of clearing in a shutdown that clears every page. */
function shares(platform: Platform, path: TeardownPath, clear: ClearReading): string {
  const found = shutdowns(platform, path, clear);
  return `${span(found.map((one) => (one.clear.share!.high * 100).toFixed(0)))}%`;
}

function span(figures: readonly string[]): string {
  const [low, high] = [...figures].sort((a, b) => Number(a) - Number(b)).filter((_, i, all) =>
    i === 0 || i === all.length - 1
  );
  return low === high ? low! : `${low} to ${high}`;
}

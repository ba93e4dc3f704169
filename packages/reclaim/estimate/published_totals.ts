import { GiB } from "@tdx/core";
import { TEARDOWN_PATHS, type TeardownPath } from "../teardown/options.ts";
import { PUBLISHED_SHUTDOWNS, type PublishedShutdown } from "./figures.ts";

/** Seconds of a shutdown with every page cleared, by path. */
export type Totals = Readonly<Record<TeardownPath, number>>;

/** What the published table says of a memory size. */
export interface PublishedReading {
  /**
   * One for a size that is in the table; two between its points, by the two straight lines (E2);
   * none outside it.
   */
  readonly totals: readonly Totals[];
  /** The points it comes from, one or two; outside the table the first and the last. */
  readonly points: readonly PublishedShutdown[];
}

/** Reads the published table, whose GB are taken as GiB (E1); nothing is extrapolated. */
export function readPublished(guestBytes: number): PublishedReading {
  const first = PUBLISHED_SHUTDOWNS[0]!;
  const last = PUBLISHED_SHUTDOWNS.at(-1)!;
  const above = PUBLISHED_SHUTDOWNS.find((point) => bytesOf(point) >= guestBytes);
  if (guestBytes < bytesOf(first) || above === undefined) {
    return { totals: [], points: [first, last] };
  }
  if (bytesOf(above) === guestBytes) return { totals: [above.seconds], points: [above] };
  const below = PUBLISHED_SHUTDOWNS[PUBLISHED_SHUTDOWNS.indexOf(above) - 1]!;
  const way = (guestBytes - bytesOf(below)) / (bytesOf(above) - bytesOf(below));
  const between = (scale: (point: PublishedShutdown) => number) =>
    Object.fromEntries(TEARDOWN_PATHS.map((path) => [
      path,
      below.seconds[path] * scale(below) * (1 - way) + above.seconds[path] * scale(above) * way,
    ])) as Totals;
  return {
    totals: [between(() => 1), between((point) => guestBytes / bytesOf(point))],
    points: [below, above],
  };
}

function bytesOf({ memoryGb }: PublishedShutdown): number {
  return memoryGb * GiB;
}

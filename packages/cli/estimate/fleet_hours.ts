import type { Known } from "@tdx/core";
import {
  type ClearOrigin,
  type Estimate,
  type Provenance,
  PUBLISHED_SHUTDOWNS_SOURCE,
} from "@tdx/reclaim";

const HOUR_SECONDS = 3600;

/** Hours a day, over the rows that tell them. */
export interface FleetHours {
  /** `shutdown, always`, or `saved, clear as` and the reading. */
  readonly name: string;
  /** Rows that are in it; the table does not reach the others, or the clear does not fit them. */
  readonly rows: number;
  /** Hours a day; `null` where no row tells. */
  readonly hoursPerDay: Known;
  /** Whose figure it is. */
  readonly provenance: Provenance;
  /** Where it was read. */
  readonly source: string;
}

/** What the rows of a platform, or of all, come to. */
export interface FleetGroup {
  /** Name of the platform; `all` for the whole fleet. */
  readonly platform: string;
  readonly rows: number;
  readonly shutdownsPerDay: number;
  /** How long TDs shut down for where every page is cleared. */
  readonly always: FleetHours;
  /** What the patch saves of it, one for each cost of a clear. */
  readonly saved: readonly FleetHours[];
}

/** Sums of the rows of a group. */
export class GroupSums {
  #rows = 0;
  #shutdowns = 0;
  readonly #always: HourSum;
  readonly #saved: readonly HourSum[];

  /**
   * @param platform Name of the group.
   * @param clears The costs of a clear.
   */
  constructor(readonly platform: string, clears: readonly ClearOrigin[]) {
    const { document, at } = PUBLISHED_SHUTDOWNS_SOURCE;
    const published = { provenance: "published", source: `${document}, ${at}` } as const;
    this.#always = new HourSum("shutdown, always", published);
    this.#saved = clears.map(({ name, provenance, source }) =>
      new HourSum(`saved, clear as ${name}`, {
        provenance: "derived",
        source: `the clear that is skipped, ${provenance}: ${source}`,
      })
    );
  }

  /**
   * Adds a row.
   *
   * @param always Seconds of a shutdown that clears every page.
   * @param estimates One for each cost of a clear; `undefined` where that does not fit the row.
   * @param shutdownsPerDay How often.
   */
  add(
    always: Known,
    estimates: readonly (Estimate | undefined)[],
    shutdownsPerDay: number,
  ): void {
    this.#rows++;
    this.#shutdowns += shutdownsPerDay;
    this.#always.add(always, shutdownsPerDay);
    estimates.forEach((found, i) =>
      this.#saved[i]!.add(found?.saved.seconds ?? null, shutdownsPerDay)
    );
  }

  group(): FleetGroup {
    return {
      platform: this.platform,
      rows: this.#rows,
      shutdownsPerDay: this.#shutdowns,
      always: this.#always.hours(),
      saved: this.#saved.map((sum) => sum.hours()),
    };
  }
}

class HourSum {
  #rows = 0;
  #low = 0;
  #high = 0;

  constructor(
    readonly name: string,
    readonly origin: { readonly provenance: Provenance; readonly source: string },
  ) {}

  add(seconds: Known, times: number): void {
    if (seconds === null) return;
    this.#rows++;
    this.#low += seconds.low * times;
    this.#high += seconds.high * times;
  }

  hours(): FleetHours {
    const { provenance, source } = this.origin;
    const [low, high] = [this.#low / HOUR_SECONDS, this.#high / HOUR_SECONDS];
    return {
      name: this.name,
      rows: this.#rows,
      hoursPerDay: this.#rows === 0 ? null : { low, high },
      provenance,
      source,
    };
  }
}

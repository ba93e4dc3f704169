import { type Interval, type Known, showCount, showRange } from "@tdx/core";
import {
  clearOrigin,
  type ClearReading,
  estimate,
  type EstimateAssumptionId,
  type Provenance,
  PUBLISHED_SHUTDOWNS_SOURCE,
  PUBLISHED_SIZES,
  type TeardownPath,
} from "@tdx/reclaim";
import { EXIT, type ExitStatus } from "../shell/command.ts";
import { openInput } from "../shell/input.ts";
import { PATHS } from "../shell/paths.ts";
import { printJson, table } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";
import type { ClearChoice } from "./clear.ts";
import { type InventoryEntry, readInventory, type RowTrouble } from "./inventory.ts";
import { orRefusal, spelledOut } from "./single.ts";

/** Rows between two words of progress. */
const ROWS_A_WORD = 1000;
/** How many rows of a kind are named; the others are counted. */
const MAX_NAMED = 20;
const HOUR_SECONDS = 3600;

/**
 * Sums up what the patch saves a fleet, row by row.
 *
 * Fine where every row is in every sum, those outside the published table extrapolated; could not tell
 * where some are not, being bad or too short for the clear; bad input where not one row is good.
 */
export async function showFleet(
  file: string,
  paths: readonly [TeardownPath, ...TeardownPath[]],
  clear: ClearChoice,
  stdio: Stdio,
  json: boolean,
): Promise<ExitStatus> {
  const tallies = paths.map((path) => new FleetTally(path, clear.readings));
  const [tally, ...others] = tallies as [FleetTally, ...FleetTally[]];
  let rows = 0;
  for await (const entry of readInventory(await openInput(file, stdio), file)) {
    for (const each of tallies) each.add(entry);
    if (++rows % ROWS_A_WORD === 0) stdio.progress(`${rows} rows`);
  }
  if (rows === 0) {
    throw new UsageError(`Expected an inventory as CSV or JSON lines, got no row in ${file}`);
  }
  if (json) {
    const otherPaths = others.map(({ path, platforms, all }) => ({ path, platforms, all }));
    printJson(stdio, { ...fleetFields(tally), otherPaths });
  } else stdio.print(fleetText(tally, others, file));
  if (tally.all.rows === 0) return EXIT.usage;
  const leftOut = tally.bad.count + tally.withoutClear.count;
  return leftOut > 0 ? EXIT.unknown : EXIT.fine;
}

/** Hours a day, over the rows that tell them. */
interface FleetHours {
  /** `shutdown, always`, or `saved, clear as` and the reading. */
  readonly name: string;
  /** Rows that are in it; the clear does not fit the others. */
  rows: number;
  /** Hours a day; `null` where no row tells. */
  hoursPerDay: Known;
  /** Whose figure; `extrapolated` once a row is that the published table does not reach. */
  provenance: Provenance;
  /** Where it was read. */
  readonly source: string;
}

/** What the rows of a platform, or of all, come to. */
interface PlatformHours {
  /** Name of the platform; `all` for the whole fleet. */
  readonly platform: string;
  rows: number;
  shutdownsPerDay: number;
  /** How long TDs shut down for where every page is cleared. */
  readonly always: FleetHours;
  /** What the patch saves of it, one for each cost of a clear. */
  readonly saved: readonly FleetHours[];
}

/** Rows with some trouble, of which the first are named. */
class TroubledRows {
  count = 0;
  readonly named: RowTrouble[] = [];

  add(trouble: RowTrouble): void {
    if (++this.count <= MAX_NAMED) this.named.push(trouble);
  }

  text(title: string, file: string): string[] {
    if (this.count === 0) return [];
    const more = this.count - this.named.length;
    return [
      "",
      `${title}: ${showCount(this.count)}`,
      ...this.named.map(({ row, column, trouble }) => `  ${file}:${row}:${column}: ${trouble}`),
      ...(more > 0 ? [`  and ${showCount(more)} more`] : []),
    ];
  }
}

/** Adds rows up; keeps sums, a few troubled rows, and no other row. */
export class FleetTally {
  /** The platforms in the order they came. */
  readonly platforms: PlatformHours[] = [];
  readonly all: PlatformHours;
  /** Rows that the published table does not reach, so that they are extrapolated (E8). */
  outside = 0;
  /** Rows that are in no sum. */
  readonly bad: TroubledRows = new TroubledRows();
  /** Rows that are in every sum but that of the clear which was asked for: it does not fit them. */
  readonly withoutClear: TroubledRows = new TroubledRows();
  /** What the rows take for granted. */
  readonly assumptions: Set<EstimateAssumptionId> = new Set();

  constructor(readonly path: TeardownPath, readonly readings: readonly ClearReading[]) {
    this.all = noHours("all", readings);
  }

  /** Counts a row; one that no TD can be is bad too. */
  add(entry: InventoryEntry): void {
    if ("trouble" in entry) return this.bad.add(entry);
    const { row, found: { platform, guestBytes, vcpus, shutdownsPerDay } } = entry;
    const td = { platform, guestBytes, vcpus, path: this.path };
    const estimated = (clear: ClearReading) => orRefusal(() => estimate({ ...td, clear }));
    // The published clear fits every TD, so what is refused with it cannot be a TD.
    const published = estimated("published");
    if (typeof published === "string") {
      return this.bad.add({ row, column: 1, trouble: published });
    }
    const saved = this.readings.map((clear) => {
      const found = clear === "published" ? published : estimated(clear);
      if (typeof found !== "string") return found.saved.seconds;
      this.withoutClear.add({ row, column: 1, trouble: found });
      return null;
    });
    for (const sums of [this.#of(platform.name), this.all]) {
      sums.rows++;
      sums.shutdownsPerDay += shutdownsPerDay;
      addTo(sums.always, published.always.total.seconds, shutdownsPerDay);
      saved.forEach((seconds, i) => addTo(sums.saved[i]!, seconds, shutdownsPerDay));
      if (published.insideTable) continue;
      sums.always.provenance = "extrapolated";
      // The published saving is a share of the whole.
      sums.saved[this.readings.indexOf("published")]!.provenance = "extrapolated";
    }
    if (!published.insideTable) this.outside++;
    for (const id of published.assumptions) this.assumptions.add(id);
  }

  #of(name: string): PlatformHours {
    const known = this.platforms.find(({ platform }) => platform === name);
    if (known !== undefined) return known;
    const own = noHours(name, this.readings);
    this.platforms.push(own);
    return own;
  }
}

function noHours(platform: string, readings: readonly ClearReading[]): PlatformHours {
  const { document, at } = PUBLISHED_SHUTDOWNS_SOURCE;
  const hours = (name: string, provenance: Provenance, source: string): FleetHours => {
    return { name, rows: 0, hoursPerDay: null, provenance, source };
  };
  return {
    platform,
    rows: 0,
    shutdownsPerDay: 0,
    always: hours("shutdown, always", "published", `${document}, ${at}`),
    saved: readings.map(clearOrigin).map(({ name, provenance, source }) =>
      hours(
        `saved, clear as ${name}`,
        "derived",
        `the clear that is skipped, ${provenance}: ${source}`,
      )
    ),
  };
}

function addTo(hours: FleetHours, seconds: Known, timesPerDay: number): void {
  if (seconds === null) return;
  hours.rows++;
  const add = (end: keyof Interval) =>
    (hours.hoursPerDay?.[end] ?? 0) + seconds[end] * timesPerDay / HOUR_SECONDS;
  hours.hoursPerDay = { low: add("low"), high: add("high") };
}

function fleetFields(
  { path, platforms, all, outside, bad, withoutClear, assumptions }: FleetTally,
) {
  return {
    path,
    platforms,
    all: all.rows === 0 ? null : all,
    rowsOutsideTable: outside,
    rowsBad: bad.count,
    badRows: bad.named,
    rowsWithoutClear: withoutClear.count,
    withoutClearRows: withoutClear.named,
    assumptions: spelledOut([...assumptions].sort()),
  };
}

/** Writes what a fleet comes to for a person. */
function fleetText(tally: FleetTally, others: readonly FleetTally[], file: string): string {
  const { all, outside, bad, withoutClear, assumptions } = tally;
  const figures = [all.always, ...all.saved];
  const counted = all.rows > 0;
  return [
    ...(counted ? [[tally, ...others].map(hoursText).join("\n\n")] : ["No row could be counted"]),
    ...(outside === 0 ? [] : [
      "",
      `Rows outside the published table, ${PUBLISHED_SIZES}: ` +
      `${showCount(outside)}; their hours are extrapolated (E8)`,
    ]),
    ...bad.text(`Bad rows of ${file}, in no sum`, file),
    ...withoutClear.text("Rows that --clear does not fit, in every other sum", file),
    ...(counted
      ? [
        "",
        "The published saving is an upper bound, the measured one a core's own clearing: they do " +
        "not agree, and neither is taken for the truth",
        "",
        "Whose figures:",
        ...figures.map(({ name, provenance, source }) => `  ${name}: ${provenance}, ${source}`),
        "Assumptions:",
        ...spelledOut([...assumptions].sort()).map(({ id, text }) => `  ${id} ${text}`),
      ]
      : []),
  ].join("\n");
}

function hoursText({ path, platforms, all }: FleetTally): string {
  const header = [
    "platform",
    "rows",
    "shutdowns a day",
    ...[all.always, ...all.saved].map(({ name }) => name),
  ];
  const rows = [...platforms, all].map(cells);
  return `Hours a day, path ${path} (${PATHS[path]})\n\n${table(header, rows)}`;
}

function cells({ platform, rows, shutdownsPerDay, always, saved }: PlatformHours): string[] {
  const figures = [always, ...saved].map(({ hoursPerDay, rows: told }) =>
    showRange(hoursPerDay) + (told < rows ? ` (${showCount(told)} of ${showCount(rows)} rows)` : "")
  );
  return [platform, showCount(rows), showCount(shutdownsPerDay), ...figures];
}

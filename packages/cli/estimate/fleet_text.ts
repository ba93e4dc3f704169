import { showCount, showRange } from "@tdx/core";
import { PUBLISHED_SHUTDOWNS } from "@tdx/reclaim";
import { table } from "../table.ts";
import type { FleetGroup } from "./fleet_hours.ts";
import type { FleetTally, TroubledRows } from "./fleet_tally.ts";
import { spelledOut } from "./spelled_out.ts";

/** Writes what a fleet comes to for a person. */
export function fleetText(tally: FleetTally, file: string): string {
  const all = tally.all();
  return [
    ...(all === undefined ? ["No row could be showCount"] : sums(tally, all)),
    ...(tally.outside > 0 ? ["", outside(tally.outside)] : []),
    ...troubles(`Bad rows of ${file}, in no sum`, tally.bad),
    ...troubles("Rows that --clear does not fit, in every other sum", tally.withoutClear),
    ...(all === undefined ? [] : ["", ...origins(tally, all)]),
  ].join("\n");
}

function sums(tally: FleetTally, all: FleetGroup): string[] {
  const groups = [...tally.groups(), all];
  const figures = [all.always, ...all.saved];
  return [
    `Hours a day, path ${tally.path}`,
    "",
    table(
      ["platform", "rows", "shutdowns a day", ...figures.map(({ name }) => name)],
      groups.map(({ platform, rows, shutdownsPerDay, always, saved }) => [
        platform,
        showCount(rows),
        showCount(shutdownsPerDay),
        ...[always, ...saved].map((hours) =>
          showRange(hours.hoursPerDay) +
          (hours.rows < rows ? ` (${showCount(hours.rows)} of ${showCount(rows)} rows)` : "")
        ),
      ]),
    ),
  ];
}

function outside(rows: number): string {
  const [first, last] = [PUBLISHED_SHUTDOWNS[0]!, PUBLISHED_SHUTDOWNS.at(-1)!];
  return `Rows outside the published table, ${first.memoryGb} to ${last.memoryGb} GiB: ` +
    `${showCount(rows)}; they are in no published sum`;
}

function troubles(title: string, { count, named }: TroubledRows): string[] {
  if (count === 0) return [];
  return [
    "",
    `${title}: ${showCount(count)}`,
    ...named.map(({ row, trouble }) => `  row ${row}: ${trouble}`),
    ...(count > named.length ? [`  and ${showCount(count - named.length)} more`] : []),
  ];
}

function origins(tally: FleetTally, { always, saved }: FleetGroup): string[] {
  return [
    "The published saving is an upper bound, the measured one a core's own clearing: they do not " +
    "agree, and neither is taken for the truth",
    "",
    "Whose figures:",
    ...[always, ...saved].map(({ name, provenance, source }) =>
      `  ${name}: ${provenance}, ${source}`
    ),
    "Assumptions:",
    ...spelledOut(tally.assumptions()).map(({ id, text }) => `  ${id} ${text}`),
  ];
}

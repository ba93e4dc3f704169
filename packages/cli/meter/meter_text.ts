import { showCount, showSize } from "@tdx/core";
import { type Measurement, METER_METHODS, type MeterReport } from "@tdx/host/meter";
import { bar, table } from "../shell/show.ts";
import { AS_LINUX, isAsLinux, meteredCpuName } from "./as_linux.ts";

const BAR_WIDTH = 24;

/** Writes what was measured for a person. */
export function meterText(report: MeterReport): string {
  const clears = report.measurements.filter((one) => !flushes(one));
  const fastest = Math.max(...clears.map(({ gibPerSecond }) => gibPerSecond));
  return [
    machine(report),
    ...notMeasured(report),
    ...groups(report.measurements).map((group) =>
      `\n${heading(group[0]!)}\n${figures(group, fastest)}`
    ),
    ...flushed(report.measurements),
    ...linux(report.measurements),
  ].join("\n");
}

function machine({ cpu, bytesPerThread }: MeterReport): string {
  const cache = cpu.lastLevelCacheBytes;
  const parts = [
    meteredCpuName(cpu),
    `last-level cache ${cache === null ? "unknown" : showSize(cache)}`,
    `${showSize(bytesPerThread)} a thread`,
  ];
  const warning = cache !== null && bytesPerThread <= cache
    ? "\nThis fits in the cache: the figures are the cache's, not the memory's; give a larger --size"
    : "";
  return parts.join("; ") + warning;
}

/** One line for each reason. */
function notMeasured({ notMeasured }: MeterReport): string[] {
  const byReason = Map.groupBy(notMeasured, ({ reason }) => reason);
  return [...byReason].map(([reason, all]) => {
    const what = all.map(({ method, stepBytes }) => {
      const steps = stepBytes === undefined ? [] : [`steps of ${showSize(stepBytes)}`];
      return [...(method === undefined ? [] : [method]), ...steps].join(" in ");
    });
    return `Not measured: ${what.join(", ")} (${reason})`;
  });
}

/** By threads and pages, in the order they were measured. */
function groups(measurements: readonly Measurement[]): Measurement[][] {
  const kind = ({ threads, backing }: Measurement) => `${threads} ${backing.pages}`;
  return [...Map.groupBy(measurements, kind).values()];
}

function heading({ threads, backing: { pages, from, hugeShare } }: Measurement): string {
  const who = showCount(threads, "thread");
  if (pages === "4KiB") {
    const besides = hugeShare ? `, ${percent(hugeShare)} on huge ones all the same` : "";
    return `${who}, 4 KiB pages${besides}`;
  }
  if (from === "pool") return `${who}, huge pages of 2 MiB from the pool`;
  const got = hugeShare === null
    ? "asked for; what was got cannot be read"
    : `${percent(hugeShare)} got`;
  return `${who}, transparent huge pages: ${got}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function figures(measurements: readonly Measurement[], fastest: number): string {
  return table(
    ["method", "step", "ns a page", "middle half", "GiB/s", "repeats", ""],
    measurements.map((one) => [
      METER_METHODS[one.method].title,
      showSize(one.stepBytes),
      one.nsPerPage.median.toFixed(0),
      `${one.nsPerPage.low.toFixed(0)} to ${one.nsPerPage.high.toFixed(0)}`,
      one.gibPerSecond.toFixed(1),
      String(one.repeats),
      flushes(one) ? "" : bar(one.gibPerSecond / fastest, BAR_WIDTH),
    ]),
  );
}

function flushes({ method }: Measurement): boolean {
  return METER_METHODS[method].keepsData;
}

/** Why a flush has no bar. */
function flushed(measurements: readonly Measurement[]): string[] {
  const sizes = measurements.filter(flushes).map(({ bytesPerThread }) => showSize(bytesPerThread));
  if (sizes.length === 0) return [];
  return [
    "",
    "A flush clears nothing. It is timed on lines that were written just before and that the cache " +
    `holds: ${[...new Set(sizes)].join(" or ")} a thread`,
  ];
}

/** The figure that an estimate takes. */
function linux(measurements: readonly Measurement[]): string[] {
  const found = measurements.find(isAsLinux);
  if (found === undefined) return [];
  return [
    "",
    `As Linux clears, ${AS_LINUX}: ${found.nsPerPage.median.toFixed(0)} ns a page ` +
    "(--json writes what tdx estimate --clear FILE takes)",
  ];
}

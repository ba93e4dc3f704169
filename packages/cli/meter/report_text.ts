import { AS_LINUX, isAsLinux } from "./as_linux.ts";
import { showSize } from "@tdx/core";
import { type Measurement, METER_METHODS, type MeterReport } from "@tdx/host/meter";
import { table } from "../table.ts";
import { bar } from "./bar.ts";
import { cpuName } from "./cpu_name.ts";

const BAR_WIDTH = 24;

/** Writes what was measured for a person. */
export function reportText(report: MeterReport): string {
  const fastest = Math.max(...report.measurements.map(({ gibPerSecond }) => gibPerSecond));
  return [
    machine(report),
    ...notMeasured(report),
    ...groups(report.measurements).map((group) =>
      `\n${heading(group[0]!)}\n${figures(group, fastest)}`
    ),
    ...linux(report.measurements),
  ].join("\n");
}

function machine({ cpu, bytesPerThread }: MeterReport): string {
  const cache = cpu.lastLevelCacheBytes;
  const parts = [
    cpuName(cpu),
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
    const what = all.map(({ method, stepBytes }) => method ?? `steps of ${showSize(stepBytes!)}`);
    return `Not measured: ${what.join(", ")} (${reason})`;
  });
}

/** By threads and pages, in the order they were measured. */
function groups(measurements: readonly Measurement[]): Measurement[][] {
  const kind = ({ threads, backing }: Measurement) => `${threads} ${backing.pages}`;
  return [...Map.groupBy(measurements, kind).values()];
}

function heading({ threads, backing: { pages, from, hugeShare } }: Measurement): string {
  const who = threads === 1 ? "1 thread" : `${threads} threads`;
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
    measurements.map(({ method, stepBytes, nsPerPage, gibPerSecond, repeats }) => [
      METER_METHODS[method].title,
      showSize(stepBytes),
      nsPerPage.median.toFixed(0),
      `${nsPerPage.low.toFixed(0)} to ${nsPerPage.high.toFixed(0)}`,
      gibPerSecond.toFixed(1),
      String(repeats),
      bar(gibPerSecond / fastest, BAR_WIDTH),
    ]),
  );
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

import { showSize } from "@tdx/core";
import type { Measurement, MeterReport } from "@tdx/host/meter";
import type { MeteredClear } from "@tdx/reclaim";
import { AS_LINUX, isAsLinux } from "../meter/as_linux.ts";
import { cpuName } from "../meter/cpu_name.ts";
import { UsageError } from "../usage_error.ts";
import { readMeterReport } from "./read_meter_report.ts";

/**
 * Takes what clearing costs as Linux does it from what `tdx meter --json` wrote.
 *
 * @param text What it wrote.
 * @param name The file, for messages.
 * @returns The middle half of what was measured, with machine, method and spread as the source.
 * @throws {UsageError} Where it is something else, or that machine did not measure it.
 */
export function meteredClear(text: string, name: string): MeteredClear {
  const report = readMeterReport(text, name);
  const found = report.measurements.find(isAsLinux);
  if (found === undefined) {
    const why = report.notMeasured.find(({ method }) => method === "movdir64b")?.reason;
    throw new UsageError(
      `Expected ${name} to have ${AS_LINUX}, got none: not measured on ${cpuName(report.cpu)}` +
        (why === undefined ? "" : `: ${why}`),
    );
  }
  const { low, high } = found.nsPerPage;
  return { nsPerPage: { low, high }, source: sourceOf(report, found) };
}

function sourceOf({ cpu, bytesPerThread }: MeterReport, { nsPerPage, repeats }: Measurement) {
  const [median, low, high] = [nsPerPage.median, nsPerPage.low, nsPerPage.high].map((ns) =>
    ns.toFixed(0)
  );
  const cached = cpu.lastLevelCacheBytes !== null && bytesPerThread <= cpu.lastLevelCacheBytes;
  return `tdx meter on ${cpuName(cpu)}: ${AS_LINUX}; median ${median} ns, middle half ${low} to ` +
    `${high} ns, ${repeats} repeats of ${showSize(bytesPerThread)}` +
    (cached ? ", which fits in its cache" : "");
}

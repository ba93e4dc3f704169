import { showSize } from "@tdx/core";
import type { Measurement, MeterCpu, MeterReport } from "@tdx/host/meter";
import { type ClearReading, KNOWN_CLEARS, type MeteredClear } from "@tdx/reclaim";
import { AS_LINUX, isAsLinux, meteredCpuName } from "../meter/as_linux.ts";
import { readInput } from "../shell/input.ts";
import { FORMAT_VERSION } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";

/** What `--clear` says: the reading to put first, and all that are shown. */
export interface ClearChoice {
  /** `undefined` where none was asked for, so that none is chosen. */
  readonly headline: ClearReading | undefined;
  /** The headline first; the published bound and the measured figure are always among them. */
  readonly readings: readonly ClearReading[];
}

/** Whose figure `measured` is: not this machine's. */
export const MEASURED_WHERE = "for this project on an Emerald Rapids core";

const EXPECTED =
  "--clear as measured, published, nanoseconds a page like 410, or a readable file " +
  "that tdx meter --json wrote";

/**
 * Reads `--clear`.
 *
 * @throws {UsageError} If it is not a cost, or its file is not what a meter wrote.
 */
export async function readClear(text: string | undefined, stdio: Stdio): Promise<ClearChoice> {
  if (text === undefined) return { headline: undefined, readings: KNOWN_CLEARS };
  const headline = await clearOf(text, stdio);
  return { headline, readings: [headline, ...KNOWN_CLEARS.filter((known) => known !== headline)] };
}

async function clearOf(text: string, stdio: Stdio): Promise<ClearReading> {
  if (text === "published" || text === "measured") return text;
  // What looks like a number is not a file's name: ./410 is.
  if (!Number.isNaN(Number(text))) return nanoseconds(text);
  const report = await readInput(text, stdio, EXPECTED);
  return meteredClear(report, text === "-" ? "standard input" : text);
}

function nanoseconds(text: string): number {
  const ns = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN;
  if (ns > 0 && ns < Infinity) return ns;
  throw new UsageError(`Expected ${EXPECTED}, got ${text}`);
}

/**
 * Takes what clearing costs as Linux does it from what `tdx meter --json` wrote: the middle half of
 * what was measured, with machine, method and spread as the source.
 *
 * @throws {UsageError} If it is something else, or that machine did not measure it.
 */
export function meteredClear(text: string, name: string): MeteredClear {
  const report = readMeterReport(text, name);
  const found = report.measurements.find(isAsLinux);
  if (found === undefined) {
    const why = report.notMeasured.find(({ method }) => method === "movdir64b")?.reason;
    throw new UsageError(
      `Expected ${name} to have ${AS_LINUX}, got none: not measured on ` +
        meteredCpuName(report.cpu) + (why === undefined ? "" : `: ${why}`),
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
  return `tdx meter on ${meteredCpuName(cpu)}: ${AS_LINUX}; median ${median} ns, middle half ` +
    `${low} to ${high} ns, ${repeats} repeats of ${showSize(bytesPerThread)}` +
    (cached ? ", which fits in its cache" : "");
}

/** What is read of a report, and how to tell that a meter wrote it. */
const FIELDS: Readonly<Record<string, (value: never) => boolean>> = {
  formatVersion: (version: unknown) => version === FORMAT_VERSION,
  cpu: (cpu?: MeterCpu) =>
    isPlain(cpu?.vendor) && [cpu!.family, cpu!.model].every(Number.isSafeInteger) &&
    isPlain(meteredCpuName(cpu!)),
  bytesPerThread: isCount,
  measurements: (all: unknown) => Array.isArray(all) && all.every(isMeasurement),
  notMeasured: (all: unknown) => Array.isArray(all) && all.every((one) => isPlain(one?.reason)),
};

function readMeterReport(text: string, name: string): MeterReport {
  const refused = (got: string) =>
    new UsageError(`Expected ${name} to be what tdx meter --json writes, got ${got}`);
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    throw refused("no JSON");
  }
  const other = Object.keys(FIELDS).find((field) => !FIELDS[field]!(report?.[field] as never));
  if (other !== undefined) throw refused(`another ${other}`);
  return report;
}

function isMeasurement(value: Measurement | null): boolean {
  const { backing, repeats, nsPerPage } = value ?? {};
  const { low = 0, median = 0, high = 0 } = nsPerPage ?? {};
  return backing !== undefined && isCount(repeats) &&
    0 < low && low <= median && median <= high && high < Infinity;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && value as number > 0;
}

/** Whether a message can show it: a terminal must not be steered. */
function isPlain(value: unknown): boolean {
  return typeof value === "string" && /^\P{C}{1,200}$/u.test(value);
}

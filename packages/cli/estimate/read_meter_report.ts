import {
  outOfRange,
  requireArray,
  requireBoolean,
  requireNumber,
  requireObject,
  requireString,
  requireWhole,
} from "@tdx/core/arguments";
import type { Measurement, MeterCpu, MeterReport, NotMeasured } from "@tdx/host/meter";
import { FORMAT_VERSION } from "../shared_options.ts";
import { UsageError } from "../usage_error.ts";

/** Longer texts are none that a meter writes. */
const MAX_TEXT = 200;

/**
 * Reads what `tdx meter --json` wrote.
 *
 * @param text What it wrote.
 * @param name The file, for messages.
 * @throws {UsageError} Where it is something else.
 */
export function readMeterReport(text: string, name: string): MeterReport {
  const value = parse(text, name);
  try {
    requireReport(value);
  } catch (error) {
    // What a library calls a caller's mistake is here one in the file.
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new UsageError(`${name}: ${error.message}`);
  }
  return value;
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`Expected ${name} to be what tdx meter --json writes, got no JSON`);
  }
}

function requireReport(value: unknown): asserts value is MeterReport {
  requireObject("the report", value);
  const { formatVersion, cpu, bytesPerThread, measurements, notMeasured } = value as
    & MeterReport
    & { readonly formatVersion: number };
  if (formatVersion !== FORMAT_VERSION) {
    throw outOfRange("formatVersion", `${FORMAT_VERSION}`, formatVersion);
  }
  requireCpu(cpu);
  requireWhole("bytesPerThread", bytesPerThread, 1);
  requireArray("measurements", measurements, requireMeasurement);
  requireArray("notMeasured", notMeasured, requireNotMeasured);
}

function requireCpu(value: unknown): void {
  requireObject("cpu", value);
  const { vendor, family, model, brand, hypervisor, lastLevelCacheBytes } = value as MeterCpu;
  requirePlain("cpu.vendor", vendor);
  requireWhole("cpu.family", family, 0);
  requireWhole("cpu.model", model, 0);
  if (brand !== undefined) requirePlain("cpu.brand", brand);
  if (hypervisor !== undefined) requireBoolean("cpu.hypervisor", hypervisor);
  if (lastLevelCacheBytes !== null) requireWhole("cpu.lastLevelCacheBytes", lastLevelCacheBytes, 0);
}

function requireMeasurement(name: string, value: unknown): void {
  requireObject(name, value);
  const { method, stepBytes, backing, threads, nsPerPage, repeats } = value as Measurement;
  requireString(`${name}.method`, method);
  requireWhole(`${name}.stepBytes`, stepBytes, 1);
  requireObject(`${name}.backing`, backing);
  requireString(`${name}.backing.pages`, backing.pages);
  requireWhole(`${name}.threads`, threads, 1);
  requireWhole(`${name}.repeats`, repeats, 1);
  requireObject(`${name}.nsPerPage`, nsPerPage);
  const { low, median, high } = nsPerPage;
  for (const [key, ns] of Object.entries({ low, median, high })) {
    requireNumber(`${name}.nsPerPage.${key}`, ns);
  }
  if (0 < low && low <= median && median <= high && high < Infinity) return;
  throw outOfRange(`${name}.nsPerPage`, "low, median and high in order, above 0", nsPerPage);
}

function requireNotMeasured(name: string, value: unknown): void {
  requireObject(name, value);
  requirePlain(`${name}.reason`, (value as NotMeasured).reason);
}

/** Refuses what a message or a source could not show: a terminal must not be steered. */
function requirePlain(name: string, value: unknown): void {
  requireString(name, value);
  const text = value as string;
  if (text !== "" && text.length <= MAX_TEXT && !/\p{C}/u.test(text)) return;
  throw new RangeError(`Expected ${name} to be a short text, got something else`);
}

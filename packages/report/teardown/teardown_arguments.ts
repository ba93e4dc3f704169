import { MODES, requirePlatform } from "@tdx/core";
import {
  outOfRange,
  requireArray,
  requireBoolean,
  requireNumber,
  requireObject,
  requireOneOf,
  requireString,
  requireWhole,
} from "@tdx/core/arguments";
import {
  type Decision,
  HOST_KEYS,
  PAGE_FATES,
  type PageWork,
  POLICIES,
  type ShutdownTime,
  TEARDOWN_PATHS,
  type TeardownReport,
  type TimeTerm,
} from "@tdx/reclaim";
import { requireOrigin } from "../page/page_arguments.ts";
import type { ComparedTeardown } from "./compared.ts";
import type { ListedPage, MemoryMap } from "./map_memory.ts";
import type { TeardownPage } from "./teardown_html.tsx";

/** Refuses what no report on a teardown can be written from. */
export function requireTeardownPage(page: TeardownPage): void {
  requireObject("page", page);
  requireOrigin("origin", page.origin);
  requirePlatform("platform", page.platform);
  requireOneOf("mode", page.mode, MODES);
  requireNumber("guestBytes", page.guestBytes);
  requireNumber("vcpus", page.vcpus);
  requireDecision("decision", page.decision);
  requireReport("report", page.report);
  requireCounts("rules", page.rules);
  requireMap("map", page.map);
  requireArray("compared", page.compared, requireCompared);
  if (page.compared.length === 0) {
    throw new RangeError("Expected at least one teardown in compared, got none");
  }
  const shapes = page.compared.map(({ times }) => shape(times));
  shapes.forEach((found, i) => {
    if (found !== shapes[0]) {
      throw outOfRange(`compared[${i}].times`, `by the readings ${shapes[0]}`, found);
    }
  });
}

function requireDecision(name: string, value: Decision): void {
  requireObject(name, value);
  requireOneOf(`${name}.hostKeys`, value.hostKeys, HOST_KEYS);
  requireBoolean(`${name}.clear`, value.clear);
  requireString(`${name}.reason`, value.reason);
  requireArray(`${name}.rules`, value.rules, requireString);
}

function requireReport(name: string, value: TeardownReport): void {
  requireWork(name, value);
  requireOneOf(`${name}.path`, value.path, TEARDOWN_PATHS);
  requireOneOf(`${name}.policy`, value.policy, POLICIES);
  requireWork(`${name}.control`, value.control);
  requireCounts(`${name}.seamcalls`, value.seamcalls);
  for (const field of ["retries", "leakedPages", "machineChecks", "retiredPages"] as const) {
    requireWhole(`${name}.${field}`, value[field], 0);
  }
  requireBoolean(`${name}.leakedHkid`, value.leakedHkid);
}

function requireWork(name: string, value: PageWork): void {
  requireObject(name, value);
  for (const field of ["pagesReclaimed", "linesCleared", "fences"] as const) {
    requireWhole(`${name}.${field}`, value[field], 0);
  }
}

/** Counts by name. */
function requireCounts(name: string, value: Readonly<Record<string, number>>): void {
  requireObject(name, value);
  for (const [key, count] of Object.entries(value)) requireWhole(`${name}.${key}`, count, 0);
}

function requireMap(name: string, value: MemoryMap): void {
  requireObject(name, value);
  requireWhole(`${name}.bytes`, value.bytes, 1);
  requireWhole(`${name}.cellBytes`, value.cellBytes, 1);
  requireArray(`${name}.cells`, value.cells, requireFates);
  requireFates(`${name}.total`, value.total);
  requireCounts(`${name}.retiredBy`, value.retiredBy);
  requireArray(`${name}.listed`, value.listed, requireListed);
}

function requireFates(name: string, value: unknown): void {
  requireObject(name, value);
  for (const fate of PAGE_FATES) {
    requireWhole(`${name}.${fate}`, (value as MemoryMap["total"])[fate], 0);
  }
}

function requireListed(name: string, value: unknown): void {
  requireObject(name, value);
  const { pa, fate, type, poisonedLines, origins } = value as ListedPage;
  requireWhole(`${name}.pa`, pa, 0);
  requireOneOf(`${name}.fate`, fate, PAGE_FATES);
  if (type !== null) requireString(`${name}.type`, type);
  requireWhole(`${name}.poisonedLines`, poisonedLines, 0);
  requireArray(`${name}.origins`, origins, requireString);
}

function requireCompared(name: string, value: unknown): void {
  requireObject(name, value);
  const { platform, policy, report, times } = value as ComparedTeardown;
  requirePlatform(`${name}.platform`, platform);
  requireOneOf(`${name}.policy`, policy, POLICIES);
  requireReport(`${name}.report`, report);
  requireArray(`${name}.times`, times, requireTime);
  if (times.length === 0) {
    throw new RangeError(`Expected ${name}.times to have at least one time, got none`);
  }
}

function requireTime(name: string, value: unknown): void {
  requireObject(name, value);
  const { clearAs, clears, total, terms } = value as ComparedTeardown["times"][number];
  requireString(`${name}.clearAs`, clearAs);
  requireBoolean(`${name}.clears`, clears);
  requireTerm(`${name}.total`, total);
  requireArray(`${name}.terms`, terms, requireTerm);
}

function requireTerm(name: string, value: unknown): void {
  requireObject(name, value);
  const { name: phase, seconds, provenance, source } = value as TimeTerm;
  requireString(`${name}.name`, phase);
  if (seconds !== null) {
    requireObject(`${name}.seconds`, seconds);
    requireNumber(`${name}.seconds.low`, seconds.low);
    requireNumber(`${name}.seconds.high`, seconds.high);
  }
  requireString(`${name}.provenance`, provenance);
  requireString(`${name}.source`, source);
}

/** What the tables and charts put side by side must have alike. */
function shape(times: readonly (ShutdownTime & { readonly clearAs: string })[]): string {
  return times.map(({ clearAs, terms }) => `${clearAs} (${terms.length} phases)`).join(", ");
}

import type { Interval } from "@tdx/core";
import { quote, type Refuse } from "../../_text_lines.ts";
import { plainName, SHUTDOWN_FUNCTIONS } from "../functions.ts";
import type { MeasurementFormat } from "./format.ts";

/** One class of a histogram; the last may have no `max`, the first no `min`. */
interface Class {
  readonly min?: number;
  readonly max?: number;
  readonly count: number;
}

/** A value of a map of `stats`. */
interface Stats {
  readonly count: number;
  readonly total: number;
}

/** The types that maps are written as, the most exact time first. */
const MAPS = ["stats", "hist", "lhist", "map"];
const NAME = /(?:tdh|tdx)_[a-z0-9_]+/;

/**
 * What `bpftrace -f json` writes: maps of `stats` and of `hist` are nanoseconds, unless the map's
 * name says `us` or `ms`; maps of numbers whose keys end in a status are statuses. A function is named
 * by the key, or else by the name of the map.
 */
export const bpftrace: MeasurementFormat = {
  signature: /^\{"type": *"(?:attached_probes|map|stats|hist|lhist|lost_events|printf|time)"/,
  read(lines, tally) {
    const { refuse } = tally;
    /** The map that tells a function's time: `stats` before histograms, which are less exact. */
    const told = new Map<string, string>();
    const maps = lines.flatMap(({ text, number }) => {
      if (text.trim() === "") return [];
      const { type, data } = parse(text, number, refuse);
      const { events } = (data ?? {}) as { events?: unknown };
      if (type === "lost_events" && isCount(events)) tally.lost += events;
      return MAPS.includes(type) && typeof data === "object" && data !== null
        ? Object.entries(data).map(([map, value]) => ({ type, map, value, line: number }))
        : [];
    });
    maps.sort((a, b) => MAPS.indexOf(a.type) - MAPS.indexOf(b.type));
    const printed = new Set<string>();
    for (const { type, map, value, line } of maps) {
      if (printed.has(map)) throw refuse(line, `Expected each map once, got ${quote(map)} again`);
      printed.add(map);
      const unit = unitOf(map);
      const entries = entriesOf(type, value);
      const hasStatuses = type === "map" && entries.every(([key]) => isStatus(lastOf(key)));
      for (const [key, item] of entries) {
        const symbol = NAME.exec(key)?.[0] ??
          NAME.exec(map)?.[0].replace(/_(ns|us|ms|status)$/, "");
        if (symbol === undefined) continue;
        const name = plainName(symbol);
        if (!Object.hasOwn(SHUTDOWN_FUNCTIONS, name)) continue;
        if (hasStatuses && isCount(item)) {
          const status = BigInt.asUintN(64, BigInt(lastOf(key)));
          tally.add(line, name, { status, statusCalls: item });
        }
        // What avg() counts is of type stats too, a number.
        if (typeof item !== "object" || (told.get(name) ?? map) !== map) continue;
        if (type === "stats") {
          const { count, total } = (item ?? {}) as Stats;
          if (!isCount(count) || !isCount(total)) {
            throw refuse(line, "Expected count and total of stats");
          }
          tally.add(line, name, { calls: count, ns: total * unit });
          told.set(name, map);
        } else if (type === "hist" || type === "lhist") {
          if (!Array.isArray(item)) continue;
          const classes = item as Class[];
          if (!classes.every(isClass)) throw refuse(line, "Expected min, max and count of a class");
          const calls = classes.reduce((sum, { count }) => sum + count, 0);
          tally.add(line, name, { calls, ns: boundsOf(classes, unit) });
          told.set(name, map);
        }
      }
    }
  },
};

function parse(text: string, line: number, refuse: Refuse): { type: string; data: unknown } {
  try {
    const value = JSON.parse(text);
    if (typeof value?.type === "string") return value;
  } catch { /* The same mistake. */ }
  throw refuse(line, `Expected one JSON object of bpftrace a line, got ${quote(text)}`);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function isClass(value: Class | null): boolean {
  const { min = 0, max = 0, count } = value ?? {};
  return isCount(count) && [min, max].every((end) => Number.isFinite(end));
}

function lastOf(key: string): string {
  return key.slice(key.lastIndexOf(",") + 1).trim();
}

/** Whether it can be a SEAMCALL's, not a process or a CPU: success, or bits of the upper half. */
function isStatus(text: string): boolean {
  return /^-?\d+$/.test(text) &&
    (/^0+$/.test(text) || BigInt.asUintN(64, BigInt(text)) >> 32n !== 0n);
}

/** A map with keys, or the only value of one without. */
function entriesOf(type: string, value: unknown): [string, unknown][] {
  const alone = typeof value !== "object" || value === null || Array.isArray(value) ||
    (type === "stats" && "count" in value);
  return alone ? [["", value]] : Object.entries(value);
}

/** Nanoseconds in the unit that a map's name says. */
function unitOf(map: string): number {
  if (/_us(ecs?)?$|_usecs/.test(map)) return 1_000;
  return /_ms(ecs?)?$/.test(map) ? 1_000_000 : 1;
}

function boundsOf(classes: readonly Class[], unit: number): Interval {
  let [low, high] = [0, 0];
  for (const { min = 0, max, count } of classes) {
    low += min * count * unit;
    // The class without an end has no bound; its beginning is the least that can be said.
    high += (max === undefined ? Infinity : max + 1) * (count || 0) * unit || 0;
  }
  return { low, high };
}

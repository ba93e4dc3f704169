import { showRange } from "@tdx/reclaim";
import { table } from "../table.ts";
import type { SimulatedTime } from "./simulated_times.ts";

/** Writes how long a teardown would take on a real host. */
export function timesText(times: readonly SimulatedTime[]): string {
  const all = times.map(({ terms, total }) => [...terms, total]);
  const rows = all[0]!.map(({ name }, i) => [
    name,
    ...all.map((terms) => showRange(terms[i]!.seconds)),
  ]);
  const unknown = all.flat().find(({ seconds }) => seconds === null);
  return [
    table(["simulated seconds", ...times.map(({ clearAs }) => `clear as ${clearAs}`)], rows),
    ...(unknown === undefined ? [] : [`unknown: ${unknown.source}`]),
    "tdx estimate says whose figures these are",
  ].join("\n");
}

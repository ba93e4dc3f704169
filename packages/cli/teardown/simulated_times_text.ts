import { showRange } from "@tdx/core";
import { table } from "../table.ts";
import type { SimulatedTime } from "./simulated_times.ts";

/** Writes how long a teardown would take on a real host. */
export function timesText(times: readonly SimulatedTime[]): string {
  const all = times.map(({ terms, total }) => [...terms, total]);
  const rows = all[0]!.map(({ name }, i) => [
    name,
    ...all.map((terms) => terms[i]!).flatMap(({ seconds, provenance }) => [
      showRange(seconds),
      provenance,
    ]),
  ]);
  const unknown = all.flat().find(({ seconds }) => seconds === null);
  return [
    table(
      [
        "simulated seconds",
        ...times.flatMap(({ clearAs }) => [`clear as ${clearAs}`, "whose figure"]),
      ],
      rows,
    ),
    ...(unknown === undefined ? [] : [`unknown: ${unknown.source}`]),
    "tdx estimate says where these figures were read",
  ].join("\n");
}

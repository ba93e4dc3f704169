import { groupsOf } from "../page/groups_of.ts";

/** A platform, and what else tells one case on it from another. */
export interface Place {
  readonly platform: string;
  /** For example `Ci never`. */
  readonly at: string;
}

/** Names places briefly: `spr, emr (Li, Ci); gnr (Ci)`. */
export function placesText(places: readonly Place[]): string {
  const platforms = groupsOf(places, ({ platform }) => platform)
    .map((same) => ({ name: same[0]!.platform, at: same.map(({ at }) => at).join(", ") }));
  return groupsOf(platforms, ({ at }) => at)
    .map((same) => `${same.map(({ name }) => name).join(", ")} (${same[0]!.at})`)
    .join("; ");
}

import { assertEquals } from "@std/assert";
import { placesText } from "./places.ts";

Deno.test("placesText() puts platforms together that have the same cases", () => {
  const place = (text: string) => {
    const [platform, at] = text.split(" ") as [string, string];
    return { platform, at };
  };
  const table: readonly (readonly [readonly string[], string])[] = [
    [["spr Li"], "spr (Li)"],
    [["spr Li", "spr Ci", "emr Li", "emr Ci"], "spr, emr (Li, Ci)"],
    [["spr Li", "spr Ci", "gnr Ci", "emr Li", "emr Ci"], "spr, emr (Li, Ci); gnr (Ci)"],
  ];
  for (const [places, text] of table) assertEquals(placesText(places.map(place)), text);
});

import { assertEquals, assertMatch } from "@std/assert";
import { POLICIES } from "@tdx/reclaim";
import { read, text } from "../fixtures_test.ts";
import { type TimeBar, timeChart } from "./time_chart.ts";

function bars(platforms: string, seconds: TimeBar["seconds"]): TimeBar[] {
  return POLICIES.flatMap((policy) =>
    ["published", "measured"].map((clearAs) => ({ platforms, policy, clearAs, seconds }))
  );
}

/** The words of a chart. */
function words(svg: string): string[] {
  return [...read(`<!doctype html><html><body>${svg}</body></html>`).querySelectorAll("text")]
    .map(text);
}

Deno.test("timeChart() writes the range beside every bar", () => {
  const shown = words(timeChart("clear", bars("spr, emr", { low: 1.5, high: 33.1 }), 80));
  assertEquals(shown.filter((word) => word === "1.5–33.1 s").length, 6);
  for (const word of ["spr, emr", ...POLICIES, "seconds"]) {
    assertEquals(shown.includes(word), true, word);
  }
});

Deno.test("timeChart() says unknown, and draws no bar for it", () => {
  const svg = timeChart("total", [...bars("spr", null), ...bars("gnr", { low: 2, high: 2 })], 2);
  const shown = words(svg);
  assertEquals(shown.filter((word) => word === "unknown").length, 6);
  assertEquals(shown.filter((word) => word === "2 s").length, 6);
  // A bar and its two ends for each of the six that are known.
  assertEquals(svg.match(/<rect/g)?.length, 6);
});

Deno.test("timeChart() is one picture to those who hear it, and says where its figures stand", () => {
  const svg = timeChart("clear", bars("spr", { low: 0, high: 1 }), 1);
  assertMatch(svg, /^<svg [^>]*role="img"/);
  assertEquals(svg.match(/aria-label/g)?.length, 1);
  assertMatch(svg, /^<svg [^>]*aria-label="clear: seconds by platform and policy; the tables /);
});

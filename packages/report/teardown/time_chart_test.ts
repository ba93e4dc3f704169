import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { POLICIES } from "@tdx/reclaim";
import { read, text } from "../fixtures_test.ts";
import { readingsAgree, type TimeBar, timeChart } from "./time_chart.ts";

/** The bars of three policies, by both readings. */
function bars(
  platforms: string,
  published: TimeBar["seconds"],
  measured: TimeBar["seconds"] = published,
): TimeBar[] {
  return POLICIES.flatMap((policy) => [
    { platforms, policy, clearAs: "published", seconds: published },
    { platforms, policy, clearAs: "measured", seconds: measured },
  ]);
}

/** The words of a chart. */
function words(svg: string): string[] {
  return [...read(`<!doctype html><html><body>${svg}</body></html>`).querySelectorAll("text")]
    .map(text);
}

Deno.test("timeChart() writes the range beside every bar", () => {
  const [published, measured] = [{ low: 1.5, high: 33.1 }, { low: 7, high: 7 }];
  const shown = words(timeChart("clear", bars("spr, emr", published, measured), 80));
  for (const range of ["1.5–33.1 s", "7 s"]) {
    assertEquals(shown.filter((word) => word === range).length, 3);
  }
  for (const word of ["spr, emr", ...POLICIES, "seconds"]) {
    assertEquals(shown.includes(word), true, word);
  }
});

Deno.test("timeChart() draws a bar from the least to the most, hollow where it was measured", () => {
  const svg = timeChart("clear", bars("spr", { low: 20, high: 60 }, { low: 10, high: 80 }), 80);
  const drawn = (look: string) => {
    const group = read(svg).querySelector(`g[stroke="var(--${look})"]:has(rect)`)!;
    const [bar] = group.querySelectorAll("rect");
    const [x, width] = ["x", "width"].map((name) => Number(bar!.getAttribute(name)));
    return [group.getAttribute("fill"), x!, width!] as const;
  };
  const [published, measured] = [drawn("published"), drawn("measured")];
  assertEquals([published[0], measured[0]], ["var(--published)", "none"]);
  // 40 and 70 of 80 seconds; one begins 10 seconds before the other.
  const second = published[2] / 40;
  assertAlmostEquals(measured[2], 70 * second, 1e-6);
  assertAlmostEquals(published[1] - measured[1], 10 * second, 1e-6);
});

Deno.test("timeChart() has one grey bar where the readings agree on every one of a phase", () => {
  const assumed = bars("spr", { low: 0, high: 2 });
  const svg = timeChart("cache write-back", assumed, 2);
  assertEquals(readingsAgree(assumed), true);
  assertEquals(svg.match(/<rect/g)?.length, 3);
  assertEquals(words(svg).filter((word) => word === "0–2 s").length, 3);
  assertEquals(/var\(--(published|measured)\)/.test(svg), false);

  const [first, ...rest] = assumed as [TimeBar, ...TimeBar[]];
  const once = [{ ...first, seconds: { low: 0, high: 1 } }, ...rest];
  assertEquals(readingsAgree(once), false);
  assertEquals(timeChart("reclaim", once, 2).match(/<rect/g)?.length, 6);
});

Deno.test("timeChart() is one picture to those who hear it, and says where its figures stand", () => {
  const svg = timeChart("clear", bars("spr", { low: 0, high: 1 }), 1);
  assertMatch(svg, /^<svg [^>]*role="img"/);
  assertEquals(svg.match(/aria-label/g)?.length, 1);
  assertMatch(svg, /^<svg [^>]*aria-label="clear: seconds by platform and policy; the tables /);
});

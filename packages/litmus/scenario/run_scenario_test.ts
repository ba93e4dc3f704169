import { assertEquals } from "@std/assert";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { parseScenario } from "./parse_scenario.ts";
import { runScenario } from "./run_scenario.ts";

const PLATFORMS = [spr, gnr];
const NAMES = PLATFORMS.map(({ name }) => name);

/** What is expected of a scenario on spr and gnr, in Li and Ci each. */
async function expectations(lines: readonly string[]): Promise<(string | null)[]> {
  const text = 'TDX one "A load." { X = td secret } host ; load X -> r0 ; exists mc ' +
    lines.join(" ");
  const scenario = parseScenario(text, { platforms: NAMES });
  const found: (string | null)[] = [];
  for (const platform of PLATFORMS) {
    for (const mode of ["Li", "Ci"] as const) {
      found.push((await runScenario(scenario, { platform, mode })).expected);
    }
  }
  return found;
}

// The most special one speaks, wherever it stands: platform and mode, either, neither.
const EXPECTED: readonly (readonly [lines: readonly string[], expected: readonly string[]])[] = [
  [["expect: Never", "expect spr: Always"], ["Always", "Always", "Never", "Never"]],
  [["expect: Never", "expect Ci: Sometimes"], ["Never", "Sometimes", "Never", "Sometimes"]],
  [
    ["expect: Never", "expect Ci: Sometimes", "expect spr Ci: Always"],
    ["Never", "Always", "Never", "Sometimes"],
  ],
  [
    ["expect: Never", "expect spr: Sometimes", "expect spr Li: Always"],
    ["Always", "Sometimes", "Never", "Never"],
  ],
];

Deno.test("runScenario() expects what the most special expectation says, in any order", async () => {
  for (const [lines, expected] of EXPECTED) {
    for (const order of [lines, lines.toReversed(), [...lines.slice(1), lines[0]!]]) {
      assertEquals(await expectations(order), expected as string[], order.join(" "));
    }
  }
});

// A program, a platform, how often the host meets a machine check.
const OBSERVED = [
  ["host ; partial-write X host ; load X -> r0", "spr", "Always"],
  ["host ; partial-write X host ; load X -> r0", "gnr", "Never"],
  ["a: host | b: host ; partial-write X host | load X -> r0", "spr", "Sometimes"],
] as const;

Deno.test("runScenario() validates a quantifier by the final states in which the statement holds", async () => {
  for (const [program, name, observed] of OBSERVED) {
    for (const quantifier of ["exists", "~exists", "forall"] as const) {
      const text =
        `TDX one "A load." { X = td secret } ${program} ; ${quantifier} mc expect: Sometimes`;
      const scenario = parseScenario(text, { platforms: NAMES });
      const platform = PLATFORMS.find((platform) => platform.name === name)!;
      const result = await runScenario(scenario, { platform });
      const { observation, validated, ok, positive, negative, outcomes, trace } = result;
      const holds = {
        "exists": observed !== "Never",
        "~exists": observed === "Never",
        "forall": observed === "Always",
      }[quantifier];
      assertEquals([observation, validated, ok], [observed, holds, observed === "Sometimes"]);
      assertEquals([positive > 0, negative > 0], [observed !== "Never", observed !== "Always"]);
      const counted = Object.fromEntries(outcomes.map(({ outcome, count }) => [outcome, count]));
      assertEquals([counted["mc=1;"] ?? 0, counted["mc=0;"] ?? 0], [positive, negative]);
      // A witness of the statement; of forall one against it.
      const telling = quantifier === "forall" ? negative : positive;
      assertEquals(trace.length > 0, telling > 0);
    }
  }
});

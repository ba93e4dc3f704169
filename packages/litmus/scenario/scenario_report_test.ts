import { assertEquals } from "@std/assert";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { parseScenario } from "./parse_scenario.ts";
import { runScenario } from "./run_scenario.ts";
import { scenarioReport } from "./scenario_report.ts";

/** The report of a scenario with a load of a line that the TD left; W5 then R0 where one writes. */
async function report(end: string, options: { trace?: boolean; time?: boolean } = {}) {
  const text = `TDX one "A line that a TD left." { X = td secret } host ; ${end}`;
  const scenario = parseScenario(text, { platforms: ["spr", "gnr"] });
  const [platform, mode] = [end.startsWith("partial") ? spr : gnr, "Li"] as const;
  const result = await runScenario(scenario, { platform, mode });
  return scenarioReport(result, { hash: "0123", trace: false, time: false, ...options }).split(
    "\n",
  );
}

const ZEROS = "load X -> r0 ;";
const POISON = "partial-write X host ; load X -> r0 ;";

Deno.test("scenarioReport() says how often the statement was seen, and what was expected instead", async () => {
  // The line is loaded, and its clean copy may have left the cache again: two states at the end.
  // Condition and expectation; the test, the verdict, positive and negative, the observation.
  const table = [
    ["exists host:r0 = zeros expect: Always", "Allowed", "Ok", 2, 0, "Always"],
    ["exists host:r0 = zeros expect: Never", "Allowed", "Ok", 2, 0, "Always", "Never"],
    ["~exists host:r0 = zeros expect: Always", "Forbidden", "No", 2, 0, "Always"],
    ["exists host:r0 = secret expect: Never", "Allowed", "No", 0, 2, "Never"],
    ["~exists host:r0 = secret expect: Never", "Forbidden", "Ok", 0, 2, "Never"],
    ["forall host:r0 = zeros expect: Always", "Required", "Ok", 2, 0, "Always"],
    ["forall host:r0 = secret expect: Never", "Required", "No", 0, 2, "Never"],
    ["forall host:r0 = secret expect: Always", "Required", "No", 0, 2, "Never", "Always"],
  ] as const;
  for (const [end, test, verdict, positive, negative, seen, expected] of table) {
    const condition = end.slice(0, end.indexOf(" expect"));
    assertEquals((await report(`${ZEROS} ${end}`)).slice(0, -1), [
      `Test one ${test}  gnr Li quirk`,
      "States 1",
      "2:>host:r0=zeros;",
      verdict,
      "Witnesses",
      `Positive: ${positive} Negative: ${negative}`,
      `Condition ${condition}`,
      `Observation one ${seen} ${positive} ${negative}` +
      (expected === undefined ? "" : `  (expected ${expected})`),
      "Hash=0123",
    ]);
  }
});

Deno.test("scenarioReport() shows a witness or a counterexample, and the time, where it is asked to", async () => {
  const witness = [
    "  1. host: partial write host, line X, KeyID 0  [W5]",
    "     memory poisoned (partial-write), TD owner 1",
    "  2. host: load, line X, KeyID 0  [K1 R0]",
  ];
  for (
    const [end, title] of [
      ["exists mc expect: Always", "Witness"],
      ["forall ~mc expect: Never", "Counterexample"],
    ] as const
  ) {
    const lines = await report(`${POISON} ${end}`, { trace: true });
    const at = lines.indexOf("Hash=0123") + 1;
    assertEquals(lines.slice(at, at + 4), [title, ...witness]);
    assertEquals((await report(`${POISON} ${end}`)).indexOf(title), -1);
  }
  const last = async (time: boolean) =>
    (await report(`${POISON} exists mc expect: Always`, { time })).at(-1)!;
  const explored = await last(false);
  assertEquals(explored.replace(/\d+/g, "N"), "Explored N states, N transitions, depth N");
  assertEquals((await last(true)).replace(/[\d.]+ ms$/, "N ms"), `${explored}, N ms`);
});

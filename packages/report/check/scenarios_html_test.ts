import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseScenario, runScenario, scenarioHash } from "@tdx/litmus";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { assertSelfContained, ORIGIN, read, table, text } from "../fixtures_test.ts";
import { type HashedScenarioResult, scenariosHtml } from "./scenarios_html.tsx";

const PLATFORMS = [spr, emr, gnr];

const CONVERTS = `TDX partial-converts
"A partial write <script>converts</script> or poisons."
{ X = td secret; }
policy never
 host           ;
 partial-write X host ;
 load X -> r0   ;
exists (host:r0 = host)
expect spr emr: Never
expect: Always`;

/** Runs a scenario everywhere. */
async function runs(source: string): Promise<HashedScenarioResult[]> {
  const names = PLATFORMS.map(({ name }) => name);
  const scenario = parseScenario(source, { file: "test.tdx", platforms: names });
  const hash = await scenarioHash(scenario);
  const results: HashedScenarioResult[] = [];
  for (const platform of PLATFORMS) {
    for (const mode of ["Li", "Ci"] as const) {
      results.push({ ...await runScenario(scenario, { platform, mode }), hash });
    }
  }
  return results;
}

const RUNS = await runs(CONVERTS);

Deno.test("scenariosHtml() shows what each scenario asks and what came out, alike runs in one row", () => {
  const html = scenariosHtml({ origin: ORIGIN, platforms: PLATFORMS, runs: RUNS });
  assertSelfContained(html);
  assertEquals(html.match(/<script/g)?.length, 1);
  const page = read(html);
  assertEquals(text(page.querySelector("h1")), "Scenario partial-converts");
  const article = text(page.querySelector("article"));
  assertStringIncludes(article, "A partial write <script>converts</script> or poisons.");
  assertStringIncludes(article, "exists (host:r0 = host) policy never, host KeyIDs keyid0, hash ");
  const states = (i: number) => String(RUNS[i]!.exploration.states);
  assertEquals(table(page, "Final states in which the condition holds"), [
    ["On", "Observed", "Yes", "No", "States"],
    ["spr, emr (Li, Ci)", "Never ✓, as expected", "0", "1", states(0)],
    ["gnr (Li, Ci)", "Always ✓, as expected", "2", "0", states(4)],
  ]);
  assertEquals(page.querySelector(".lead strong")!.getAttribute("class"), "right");
  const witnesses = [...page.querySelectorAll("details:not(.chapter) > summary")].map(text);
  assertEquals(witnesses, ["Witness on gnr (Li)", "Witness on gnr (Ci)"]);
});

Deno.test("scenariosHtml() says in words what is not as expected, and calls a counterexample so", async () => {
  const wrong = CONVERTS.replace("exists", "forall").replace("expect: Always", "expect: Never");
  const page = read(
    scenariosHtml({ origin: ORIGIN, platforms: PLATFORMS, runs: await runs(wrong) }),
  );
  assertEquals(text(page.querySelector(".lead strong.wrong")), "2 runs not as expected.");
  const [, , gnr] = table(page, "Final states in which the condition holds");
  assertEquals(gnr![1], "Always ✗ expected Never");
  assertStringIncludes(text(page.querySelector("summary")), "Counterexample on spr, emr (Li, Ci)");
});

Deno.test("scenariosHtml() expects nothing of a scenario under another policy than its own", () => {
  const other = RUNS.map((run) => ({ ...run, expected: null }));
  const page = read(scenariosHtml({ origin: ORIGIN, platforms: PLATFORMS, runs: other }));
  assertEquals(table(page, "Final states in which the condition holds")[1]![1], "Never");
});

Deno.test("scenariosHtml() keeps runs apart of which not all was expected, and scenarios of one name", async () => {
  const [first, ...rest] = RUNS as [HashedScenarioResult, ...HashedScenarioResult[]];
  const wrong = { ...first, expected: "Always" as const, ok: false };
  const page = (runs: HashedScenarioResult[]) =>
    read(scenariosHtml({ origin: ORIGIN, platforms: PLATFORMS, runs }));
  const rows = table(page([wrong, ...rest]), "Final states in which the condition holds");
  assertEquals(rows.slice(1, 3).map((row) => row.slice(0, 2)), [
    ["spr (Li)", "Never ✗ expected Always"],
    ["spr (Ci); emr (Li, Ci)", "Never ✓, as expected"],
  ]);
  const other = await runs(CONVERTS.replace("exists (host:r0 = host)", "exists mc"));
  const both = page([...RUNS, ...other]);
  assertEquals([...both.querySelectorAll("h3")].map(text), Array(2).fill("partial-converts"));
  assertStringIncludes(text(both.querySelector(".lead")), "2 scenarios, 12 runs.");
});

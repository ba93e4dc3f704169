import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Scenario, StateLimitError } from "@tdx/litmus";
import { readCorpus } from "../../tasks/corpus.ts";
import { readLink, writeLink } from "./link.ts";
import { isStopped, play } from "./play.ts";
import { readScenario, runEverywhere, situationOf, type TextProblem } from "./play_scenario.ts";
import { START } from "./situation.ts";

const corpus = readCorpus().map(({ name, file }) => ({ name, text: Deno.readTextFileSync(file) }));
const named = (name: string) => corpus.find((scenario) => scenario.name === name)!.text;
const options = { signal: new AbortController().signal, onProgress: () => {} };

Deno.test("situationOf() makes every scenario of the corpus clicks that play and fit in a link", async () => {
  for (const { name, text } of corpus) {
    const scenario = readScenario(text) as Scenario;
    const first = { ...scenario, platforms: scenario.platforms.slice(0, 1) };
    const [run] = await runEverywhere(first, options);
    const situation = situationOf(scenario, run!, START.settings);
    assert(situation.acts.length > 0, name);
    assertEquals(readLink(writeLink(situation)), situation, name);
  }
});

// Scenario, what it shows on spr and gnr in Ci, where its clicks end in a machine check.
const SHOWN = [
  ["mixing-keyids", ["Always", "Always"], [true, true]],
  ["verdict-poison-quirk", ["Never", "Sometimes"], [false, true]],
  ["two-lines-two-hosts", ["Never", "Never"], [false, false]],
] as const;

for (const [name, observations, stopped] of SHOWN) {
  Deno.test(`runEverywhere() says what ${name} shows on each platform`, async () => {
    const scenario = readScenario(named(name)) as Scenario;
    const runs = await runEverywhere(scenario, options);
    assertEquals(runs.length, scenario.platforms.length * scenario.modes.length);
    const shown = ["spr", "gnr"].map((wanted) =>
      runs.find(({ platform, mode }) => platform === wanted && mode === "Ci")!
    );
    assertEquals(shown.map(({ observation }) => observation), [...observations]);
    const ends = shown.map((run) => {
      const situation = situationOf(scenario, run, START.settings);
      return isStopped(play(situation, run.platform).at(-1)!);
    });
    assertEquals(ends, [...stopped]);
  });
}

Deno.test("runEverywhere() reports what tdx litmus prints", async () => {
  const scenario = readScenario(named("partial-converts")) as Scenario;
  const [run] = await runEverywhere(scenario, options);
  assertEquals(run!.report.split("\n")[0], "Test partial-converts Allowed  spr Li never");
});

Deno.test("runEverywhere() stops where there are too many states, and when it is told to", async () => {
  const row = (step: string) => `${Array(8).fill(step).join(" | ")} ;\n`;
  const many = 'TDX many "Eight threads of four steps." { X = td secret; Y = td secret }' +
    `${[..."abcdefgh"].map((name) => `${name}: host`).join(" | ")} ;\n` +
    row("load X") + row("store Y host") + row("load Y") + row("clflush Y") +
    "exists mc expect: Sometimes";
  const scenario = readScenario(many) as Scenario;
  await assertRejects(() => runEverywhere(scenario, options), StateLimitError);
  const stopped = AbortSignal.abort(new DOMException("stopped", "AbortError"));
  await assertRejects(() => runEverywhere(scenario, { ...options, signal: stopped }), DOMException);
});

Deno.test("readScenario() says what is wrong, and where", () => {
  const wrong = named("partial-converts").replace("partial-write X", "partial-write Q");
  const { line, column, message } = readScenario(wrong) as TextProblem;
  const at = wrong.split("\n").findIndex((row) => row.includes("partial-write Q"));
  assertEquals([line, column], [at + 1, wrong.split("\n")[at]!.indexOf("Q") + 1]);
  assertEquals(message, "Expected a line (X), got Q");
  const long = readScenario(" ".repeat(2 ** 20)) as TextProblem;
  assertEquals(readScenario(`TDX${" ".repeat(2 ** 16 - 3)}`), {
    line: 1,
    column: 4,
    message: "Expected the name of the scenario, got the end of the file",
  });
  assertEquals(long.message, "Expected at most 65,536 characters, got 1,048,576");
});

Deno.test("situationOf() plays a program from the top, each thread behind those it waits for", () => {
  const scenario = readScenario(`TDX order "The host waits for the module, the module for the TD."
    { X = td secret; Y = keyid0 zeros } host after reclaim | reclaim after td | td ;
    clear X | cache-wb X | load X -> r0 ; load Y -> r1 | | store X secret ;
    exists mc expect: Never`) as Scenario;
  const run = { platform: "emr", mode: "Li" as const, trace: [] };
  const { acts, at, settings } = situationOf(scenario, run, START.settings);
  assertEquals(acts, [
    { by: "td", operation: "load", line: 0, key: "td" },
    { by: "td", operation: "store", line: 0, key: "td", data: "secret" },
    { by: "module", operation: "cache-wb", line: 0, key: "td" },
    { by: "host", operation: "clear", line: 0, key: "keyid0" },
    { by: "host", operation: "load", line: 1, key: "keyid0" },
  ]);
  assertEquals([at, settings.platform, settings.mode, settings.beside], [0, "emr", "Li", "gnr"]);
});

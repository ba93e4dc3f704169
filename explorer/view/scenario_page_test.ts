/// <reference lib="dom" />
// The page of scenarios: their list, the runs, the way to the line.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ensureSyntaxTree } from "@codemirror/language";
import { forEachDiagnostic } from "@codemirror/lint";
import { EditorView, runScopeHandlers } from "@codemirror/view";
import { h } from "preact";
import { act } from "preact/test-utils";
import { readScenario, runEverywhere, type ScenarioRun } from "../model/play_scenario.ts";
import { readScenarioLink, writeScenarioLink } from "../model/scenario_link.ts";
import {
  address,
  all,
  button,
  click,
  copied,
  draw,
  one,
  open,
  SCENARIO,
  server,
  settle,
  situation,
  text,
  texts,
  wait,
  window,
} from "./_fixtures_test.ts";
import { Runs } from "./runs.tsx";

Deno.test("the runs of a scenario: what each shows, and where that is not what is expected", async () => {
  const scenario = readScenario(`TDX one "A partial write, then a load (W5, R0)." { X = td secret }
    host ; partial-write X host ; load X -> r0 ; exists mc expect spr: Always expect: Never`);
  assert("problem" in scenario);
  const { signal } = new AbortController();
  const runs = await runEverywhere(scenario, { signal, onProgress: () => {} });
  const watched: string[] = [];
  const onWatch = ({ platform, mode }: ScenarioRun) => watched.push(`${platform} ${mode}`);
  await draw(h(Runs, { scenario, runs, onWatch }));
  // Emerald Rapids has the erratum too.
  const never = ["Never", "Never"];
  const emr = "Alwaysexpected Never";
  const expected = { spr: ["Always", "Always"], emr: [emr, emr] };
  for (const row of all("table.runs tbody tr")) {
    const name = text(row.querySelector("th")).split(" ")[0] as keyof typeof expected;
    assertEquals([...row.querySelectorAll("td")].map(text), expected[name] ?? never, name);
  }
  const wrong = all(".run.wrong");
  assertEquals(wrong.map(text), [emr, emr]);
  assertEquals(
    text(one("p .wrong")),
    `2 of ${runs.length} runs show something else than expected.`,
  );
  // The first that has a witness is chosen, then what is clicked.
  assertEquals(text(one(".report-head h3")), "spr, Li");
  assertMatch(text(one("pre")), /Witness 1\. host: partial write/);
  await click(wrong[1]!);
  assertEquals(text(one(".report-head h3")), "emr, Ci");
  assertEquals(texts("[aria-pressed=true]"), [emr]);
  await click(button("Watch the witness on the line"));
  assertEquals(watched, ["emr Ci"]);
  await click(all(".run").find((run) => text(run) === "Never")!);
  assert(button("Watch the program on the line") !== undefined);
});

Deno.test("a scenario that a link brings is run, and watched on the line", async () => {
  await open(`#${await writeScenarioLink(SCENARIO)}`);
  assertEquals(texts("header nav [aria-current=page]"), ["Write a scenario"]);
  await wait("table.runs");
  assertEquals(texts(".results .hint"), []);
  assertStringIncludes(text(one(".results p")), "exists mc: every run shows what is expected.");
  assertEquals(text(one(".checked")), "✓ reads as a scenario");
  assertEquals(texts(".corpus .hint"), ["1 of 1 scenarios"]);
  const find = one("input[type=search]") as HTMLInputElement;
  for (const [wanted, hint] of [["no such", "0 of 1"], ["  ANOTHER ", "1 of 1"]] as const) {
    find.value = wanted;
    await act(() => void find.dispatchEvent(new window.Event("input", { bubbles: true })));
    assertEquals(texts(".corpus .hint"), [`${hint} scenarios`]);
  }
  await click(button("Watch the program on the line"));
  assertEquals(texts("header nav [aria-current=page]"), ["Watch a line"]);
  assertMatch(
    text(one(".notice.info")),
    /^loads: A load \(C8\)\. exists mc holds at the end on spr in Li: Never, and no single run/,
  );
  assertEquals(situation().acts.map(({ by, operation }) => `${by} ${operation}`), ["host load"]);
});

Deno.test("a witness of one step is shown as one", async () => {
  // C6: the first load through a KeyID with integrity.
  await open(`#${await writeScenarioLink(
    'TDX one "A load (C6)." { X = td secret }\nmodes Ci\nhosts shared-integrity\n' +
      "host ; load X -> r0 ; exists mc expect: Always",
  )}`);
  assertEquals(text(one(".checked")), "✓ reads as a scenario");
  await wait("table.runs");
  await click(button("Watch the witness on the line"));
  assertMatch(text(one(".notice.info")), / Always, as this run shows\. Go through it/);
  assertEquals(situation().acts.length, 1);
});

Deno.test("a known scenario replaces the text, and runs", async () => {
  await open(`#${await writeScenarioLink("TDX one")}`);
  await settle();
  assertMatch(text(one(".checked .problem")), /^1:8: Expected /);
  assertEquals(button("Run").getAttribute("aria-disabled"), "true");
  assertMatch(text(one(".results .hint")), /^Run tries every interleaving/);
  await click(button("another"));
  await wait("table.runs");
  assertEquals(texts(".checked .problem"), []);
  assertEquals(button("Run").getAttribute("aria-disabled"), "false");
  assertStringIncludes(text(one(".results p")), "every run shows what is expected.");
});

/** The editor on the page, once it is loaded. */
async function editor(): Promise<EditorView> {
  const root = () => one(".code").shadowRoot;
  for (let i = 0; i < 500 && root() === null; i++) await settle();
  return EditorView.findFromDOM(root()!.querySelector<HTMLElement>(".cm-editor")!)!;
}

/** Types a text in place of all there is. */
async function type(view: EditorView, insert: string): Promise<void> {
  await act(() => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert } }));
  await settle();
}

/** The address is written anew only once nobody types any more. */
async function newAddress(): Promise<void> {
  const before = address.hash;
  for (let i = 0; i < 500 && address.hash === before; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("what is typed is read at once, marked where it is wrong, and kept in the address", async () => {
  await open(`#${await writeScenarioLink(SCENARIO)}`);
  await wait("table.runs");
  const view = await editor();
  const marks = () => {
    const found: string[] = [];
    forEachDiagnostic(
      view.state,
      ({ message, severity }, from, to) =>
        found.push(`${severity} ${view.state.sliceDoc(from, to)}: ${message}`),
    );
    return found;
  };
  assertEquals([view.state.doc.toString(), marks()], [SCENARIO, []]);
  const wrong = SCENARIO.replace("load X", "\n load QQ");
  await type(view, wrong);
  assertEquals(marks(), ["error QQ: Expected a line (X), got QQ"]);
  // What was shown is that of another text.
  assertEquals([texts("table.runs"), all(".results .hint").length], [[], 1]);
  await click(button("2:7: Expected a line (X), got QQ"));
  assertEquals(view.state.selection.main.head, wrong.indexOf("QQ"));
  // Where no word is, the place alone is marked.
  await type(view, "TDX one  ;");
  assertEquals(marks(), ["error : Expected a sentence in double quotes, got ;"]);
  await type(view, SCENARIO.replace("loads", "typed"));
  assertEquals(marks(), []);
  await newAddress();
  assertEquals(await readScenarioLink(address.hash), SCENARIO.replace("loads", "typed"));
  await click(button("Copy link"));
  assertEquals(new URL(copied.at(-1)!).hash, address.hash);
  // The text of another scenario stands in no address that has none of its own.
  await type(view, " ".repeat(2 ** 16 + 1));
  await newAddress();
  assertEquals(address.hash, "#");
  const run = Object.assign(new window.Event("keydown"), {
    key: "Enter",
    ctrlKey: true,
    keyCode: 13,
  });
  await type(view, SCENARIO);
  assert(runScopeHandlers(view, run as KeyboardEvent, "editor"));
  await wait("table.runs");
});

// A text and what its words are taken for.
const WORDS = [
  ["TDX", "keyword"],
  ["one", ""],
  ['"a load of"', "string"],
  ["(* a (* nested\n", "comment"],
  ["*) load\n", "comment"],
  ["*)", "comment"],
  ["X", ""],
  ["=", ""],
  ["td", "atom"],
  ["secret", "atom"],
  ["// load\n", "comment"],
  ["partial-write", "typeName"],
  ["load", "typeName"],
  ["->", ""],
  ["exists", "keyword"],
  ["td-mc", "keyword"],
  ["Never", "keyword"],
] as const;

Deno.test("the editor tells keywords, operations, keys and comments apart", async () => {
  await open(`#${await writeScenarioLink(SCENARIO)}`);
  const view = await editor();
  await type(view, WORDS.map(([word]) => word).join(" "));
  const tree = ensureSyntaxTree(view.state, view.state.doc.length, 1000)!;
  let at = 0;
  for (const [word, kind] of WORDS) {
    const { name } = tree.resolve(at + Math.floor((word.trimEnd().length - 1) / 2), 1);
    assertEquals(name === "Document" ? "" : name, kind, word);
    at += word.length + 1;
  }
});

Deno.test("who comes without a scenario gets the first; where there is none, that is told", async () => {
  server.scenarios = [...server.scenarios, {
    name: "partial-converts",
    sentence: "A partial write.",
    text: SCENARIO.replace("loads", "partial-converts"),
  }];
  await open("");
  await click(button("Write a scenario"));
  await wait("table.runs");
  assertEquals((await editor()).state.doc.toString(), server.scenarios[1]!.text);
  server.status = 404;
  await open("");
  await click(button("Write a scenario"));
  await wait(".results .wrong");
  server.status = 200;
  assertEquals(texts(".results .wrong"), ["No scenarios: scenarios.json: 404 Not Found"]);
  // The line is where it was, with nothing lost.
  await click(button("Watch a line"));
  assertEquals(all(".stage").length, 2);
});

Deno.test("a run can be stopped", async () => {
  const row = (step: string) => `${Array(8).fill(step).join(" | ")} ;`;
  const many = 'TDX many "Eight threads." { X = td secret; Y = td secret }' +
    `${[..."abcdefgh"].map((name) => `${name}: host`).join(" | ")} ;` +
    `${row("load X")} ${row("store Y host")} ${row("load Y")} exists mc expect: Sometimes`;
  await open(`#${await writeScenarioLink(many)}`);
  await wait(".results [role=status]");
  assertMatch(text(one(".results [role=status]")), /^Exploring \w+, Li: [\d,]+ states … Stop$/);
  await click(button("Stop"));
  await settle();
  assertEquals([texts(".results [role=status]"), all(".results .hint").length], [[], 1]);
});

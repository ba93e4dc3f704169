/// <reference lib="dom" />
// The page in a document without a browser: what a click, a key and an address show. How it looks, and
// the editor, are for the tests in a browser.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseHTML } from "linkedom";
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { readLink, writeLink } from "../model/link.ts";
import { readScenario, runEverywhere, type ScenarioRun } from "../model/play_scenario.ts";
import { writeScenarioLink } from "../model/scenario_link.ts";
import { FAULT_ACTS } from "../model/panel.ts";
import { type Act, type Situation, START } from "../model/situation.ts";

const { document, window } = parseHTML("<!doctype html><html><head></head><body></body></html>");
Object.assign(document, { getSelection: () => null, hasFocus: () => false });
// What the editor asks of a browser besides.
Object.assign(window, { requestAnimationFrame: () => 0, cancelAnimationFrame() {} });
Object.assign(window, { getComputedStyle: () => ({ direction: "ltr" }) });
const keys = new EventTarget();
const address = { hash: "", href: "http://127.0.0.1/" };
const copied: string[] = [];
/** C8: the host reads zeros where TD owner is 1. */
const SCENARIO = 'TDX loads "A load (C8)." { X = td secret } host ; load X -> r0 ; exists mc ' +
  "expect: Never";
for (
  const [name, value] of Object.entries({
    document,
    window,
    location: address,
    history: { replaceState: (_: unknown, __: string, hash: string) => address.hash = hash },
    matchMedia: () => ({ matches: true, addListener() {}, removeListener() {} }),
    MutationObserver: window.MutationObserver,
    fetch: () =>
      Promise.resolve(Response.json([{ name: "another", sentence: "A load.", text: SCENARIO }])),
    addEventListener: keys.addEventListener.bind(keys),
    removeEventListener: keys.removeEventListener.bind(keys),
    navigator: {
      clipboard: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
    },
  })
) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

const { App } = await import("./app.tsx");
const { Runs } = await import("./runs.tsx");
const { openAddress } = await import("./use_page.ts");

/** Folds blanks as a browser does. */
const text = (element: Element | null) => (element?.textContent ?? "").replace(/\s+/g, " ").trim();
const all = (selector: string) => [...document.querySelectorAll(selector)] as unknown as Element[];
const texts = (selector: string) => all(selector).map(text);
const one = (selector: string) => {
  const found = all(selector);
  assertEquals(found.length, 1, `${selector}: ${found.map(text).join(" | ")}`);
  return found[0]!;
};

/** Opens the page at an address, and lets all that it explores come to its end. */
async function open(hash: string): Promise<void> {
  address.hash = hash;
  document.body.innerHTML = "";
  const root = document.createElement("div");
  document.body.append(root);
  const first = await openAddress(hash);
  await act(() => render(h(App, { first }), root as unknown as Element));
  await settle();
}

/** What is explored comes in between. */
async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await act(() => new Promise((resolve) => setTimeout(resolve, 1)));
    if (!texts(".verdict").some((words) => words.includes("Exploring"))) return;
  }
}

async function click(button: Element): Promise<void> {
  await act(() => void button.dispatchEvent(new window.Event("click", { bubbles: true })));
  await settle();
}

const button = (name: string) => all("button").find((button) => text(button) === name)!;
const operation = (name: string) => one(`[data-act="${name}"]`);
const situation = (): Situation => readLink(address.hash);
const stage = (platform: string) => `.stage[data-platform="${platform}"]`;
const bits = (platform: string) => texts(`${stage(platform)} .bit dd`);

Deno.test("the page begins with the tour, and a line that the TD has written", async () => {
  await open("");
  assertEquals(texts(".tour h2").length, 1);
  assertMatch(text(one(".tour h2")), /^1 of 3 /);
  assertEquals(texts(".tour button"), ["Next", "Skip"]);
  await click(button("Next"));
  assertEquals(texts(".tour button"), ["Next", "Previous", "Skip"]);
  await click(button("Next"));
  assertEquals(texts(".tour button"), ["Done", "Previous"]);
  assertMatch(text(one(".tour h2")), /^3 of 3 /);
  await click(button("Previous"));
  assertMatch(text(one(".tour h2")), /^2 of 3 /);
  await click(button("Skip"));
  assertEquals(all(".tour"), []);
  await click(button("Tour"));
  assertMatch(text(one(".tour h2")), /^1 of 3 /);
});

const HOST = { by: "host", line: 0, key: "keyid0" } as const;
const ACTS: readonly Act[] = [
  { ...HOST, operation: "partial-write", data: "host" },
  { ...HOST, operation: "load" },
];
const linkOf = (changed: Partial<Situation>) => `#${writeLink({ ...START, ...changed })}`;
/** A line that a TD has written, on spr beside gnr in Ci; then W5 or W4 and a load. */
const LINE = linkOf({});
const LOADED = linkOf({ acts: ACTS, at: 2 });

Deno.test("clicks say what became of the line on both platforms: W5, then R0 (table 1.2)", async () => {
  await open(LINE);
  assertEquals(all(".tour"), []);
  assertEquals(texts(".outcome h3"), ["Beginning", "Beginning"]);
  // TD owner, MAC, poison of the line that the TD left.
  assertEquals([bits("spr"), bits("gnr")], [["1", "fits", "none"], ["1", "fits", "none"]]);
  await click(operation("host.partial-write.keyid0"));
  const [owner, , poison] = bits("spr");
  assertEquals([owner, poison], ["1", "from a partial write"]);
  assertEquals(bits("gnr"), ["0", "none that fits", "none"]);
  const changed = (platform: string) =>
    texts(`${stage(platform)} .bit.changed dt`).map((name) => name.split(" ")[0]);
  assertEquals([changed("spr").includes("Poison"), changed("spr").includes("TD")], [true, false]);
  assertEquals(changed("gnr"), ["TD", "MAC"]);
  assertEquals(texts(`${stage("spr")} .rule-id`), ["W5"]);
  assertEquals(document.title, "tdx-reclaim explorer");
  assertEquals(texts(".copies li.changed"), []);
  await click(operation("host.load.keyid0"));
  // K1: the line is in the caches under KeyID 0 now, and nowhere else.
  assertEquals(texts(".copies li.changed"), [
    "KeyID 0poisonclean",
    "KeyID 0host dataclean",
  ]);
  assertEquals(texts(".copies li").filter((copy) => copy.endsWith("no copy")).length, 2);
  assertEquals(document.title, "Machine check! tdx-reclaim explorer");
  assertStringIncludes(text(one(`${stage("spr")} .machine-check`)), "A load by the host consumed");
  assertEquals(all(`${stage("gnr")} .machine-check`), []);
  assertEquals(texts(".steps ol .mark"), [
    "spr W5",
    "gnr C8 W4",
    "spr K1 R0 machine check",
    "gnr K1 C7",
  ]);
  assertEquals(texts(".parting"), ["Here spr and gnr part"]);
  assertEquals(texts("[aria-current=step]").length, 1);
  assertEquals(situation().acts.map(({ by, operation }) => `${by} ${operation}`), [
    "host partial-write",
    "host load",
  ]);
});

Deno.test("steps go back and forward: by buttons, by a click on one, by arrow keys", async () => {
  await open(LOADED);
  const at = () => [situation().at, text(one("#steps-title small"))];
  const disabled = (name: string) => button(name).getAttribute("aria-disabled");
  assertEquals([...at(), disabled("Forward →"), disabled("← Back")], [
    2,
    "2 of 2",
    "true",
    "false",
  ]);
  await click(button("← Back"));
  assertEquals(at(), [1, "1 of 2"]);
  assertEquals(texts(".steps li.ahead").length, 1);
  await click(button("Start"));
  assertEquals([...at(), disabled("Start"), disabled("← Back")], [0, "0 of 2", "true", "true"]);
  assertEquals(texts(".steps li.ahead").length, 2);
  await click(button("Forward →"));
  assertEquals(at(), [1, "1 of 2"]);
  await click(all(".steps li > button")[1]!);
  assertEquals(at(), [2, "2 of 2"]);
  const press = async (key: string, more: Partial<KeyboardEvent> = {}, inside = document.body) => {
    const event = Object.assign(new Event("keydown"), { key, ...more });
    Object.defineProperty(event, "target", { value: inside });
    await act(() => void keys.dispatchEvent(event));
    await settle();
  };
  await press("ArrowLeft");
  assertEquals(at(), [1, "1 of 2"]);
  await press("ArrowRight");
  assertEquals(at(), [2, "2 of 2"]);
  // These are not for the steps.
  await press("ArrowUp");
  await press("ArrowLeft", { ctrlKey: true });
  await press("ArrowLeft", { altKey: true });
  await press("ArrowLeft", { metaKey: true });
  await press("ArrowLeft", {}, document.querySelector("select") as unknown as HTMLElement);
  assertEquals(at(), [2, "2 of 2"]);
  await click(button("Clear steps"));
  assertEquals([...at(), situation().acts], [0, "0 of 0", []]);
  assertEquals(disabled("Clear steps"), "true");
});

Deno.test("the ticker says the last step, and steps too", async () => {
  await open(LOADED);
  const ticker = one(".ticker");
  assertMatch(text(ticker), /^2\. host: load, KeyID 0 ?Machine check spr: .* gnr: /);
  assertEquals(ticker.className.split(" ").filter(Boolean), ["ticker", "stopped"]);
  await click(one('[aria-label="Step back"]'));
  assertEquals(situation().at, 1);
  await click(one('[aria-label="Step forward"]'));
  assertEquals(situation().at, 2);
  await click(button("Clear steps"));
  assertEquals(one(".ticker").className.split(" ").filter(Boolean), ["ticker", "idle"]);
});

Deno.test("the verdict of each platform, and its witness played (chapter 7)", async () => {
  await open(LINE);
  assertEquals(all(".verdict").map((of) => of.className.split(" ").filter(Boolean)), [
    ["verdict", "hazard"],
    ["verdict", "safe"],
  ]);
  assertMatch(
    text(one(`${stage("spr")} .verdict > p`)),
    /^Yes: .*partial write \(W5\), load \(R0\)/,
  );
  assertMatch(text(one(`${stage("gnr")} .verdict > p`)), /^Never\. All [\d,]+ states explored\.$/);
  await click(button("Play the witness"));
  assertMatch(text(one(".notice.info")), /^The witness, from what the TD left: .* [1-9] steps/);
  assertEquals(situation().at, 0);
  assert(situation().acts.some(({ operation }) => operation === "partial-write"));
  await click(one('[aria-label="Dismiss"]'));
  assertEquals(all(".notice"), []);
});

/** Chooses from the list with a label. */
async function choose(label: string, value: string): Promise<void> {
  const id = all("label").find((found) => text(found) === label)!.getAttribute("for")!;
  const select = document.getElementById(id)!;
  const options = [...select.querySelectorAll("option")];
  const index = options.findIndex((option) => option.getAttribute("value") === value);
  Object.defineProperty(select, "selectedIndex", { value: index, configurable: true });
  await act(() => void select.dispatchEvent(new window.Event("change", { bubbles: true })));
  await settle();
}

Deno.test("settings change the address, and beside it may be nothing", async () => {
  await open(LINE);
  await choose("Beside it", "");
  assertEquals([situation().settings.beside, all(".stage").length], [null, 1]);
  await choose("Mode", "Li");
  await choose("Host KeyID", "shared");
  await choose("Clearing policy", "quirk");
  await choose("Platform", "emr");
  assertEquals(situation().settings, {
    platform: "emr",
    beside: null,
    mode: "Li",
    keys: "shared",
    policy: "quirk",
  });
  assertStringIncludes(text(one(`${stage("emr")} h2`)), "clears");
  assertEquals(bits("emr")[1], "not used in Li");
});

Deno.test("nothing more happens to a line after the machine check, on every platform shown", async () => {
  const settings = { ...START.settings, beside: null };
  await open(linkOf({ settings, acts: ACTS, at: 2 }));
  assertStringIncludes(text(one(".operations > .hint")), "nothing more happens");
  const load = operation("host.load.keyid0");
  assertEquals(load.getAttribute("aria-disabled"), "true");
  await click(load);
  assertEquals(situation().acts.length, 2);
});

Deno.test("a link is copied, and one that cannot be opened is told", async () => {
  await open(LINE);
  await click(button("Copy link"));
  assertEquals(copied.length, 1);
  assertEquals(readLink(new URL(copied[0]!).hash), situation());
  await open("#v=1&platform=none");
  assertMatch(text(one(".notice.error")), /^This link cannot be opened; .* platform as one of /);
  assertEquals(one(".notice").getAttribute("role"), "alert");
});

/** Opens a part of the page that is folded. */
async function unfold(title: string): Promise<Element> {
  const details = one(`[aria-label="${title}"] > details`);
  Object.defineProperty(details, "open", { value: true, configurable: true });
  await act(() => void details.dispatchEvent(new window.Event("toggle")));
  return details;
}

Deno.test("the map counts the states, and a dot goes there by the shortest way", async () => {
  await open(LINE);
  assertEquals(all(".map"), []);
  await unfold("Map of all states");
  const [states, reached, dangers] = texts(".fold p").join(" ").match(/\d[\d,]*/g)!
    .map((count) => Number(count.replaceAll(",", "")));
  assertEquals(all(".map .dot").length, states);
  assertEquals(all(".map .dot.present").length, 1);
  assertEquals(one(".map .dot.present").getAttribute("aria-current"), "true");
  // Where we are the host stands already.
  assertEquals(all(".map .dot.future").length, reached! - 1);
  const danger = all(".map .dot.danger");
  assert(danger.length >= dangers! && dangers! > 0);
  for (const dot of danger) {
    assertMatch(dot.getAttribute("aria-label")!, /, a load by the host is a machine check$/);
  }
  assertEquals(all('.map .dot:not(.danger)[aria-label*="machine check"]'), []);
  await click(danger[0]!);
  const { acts, at } = situation();
  assertEquals(at, acts.length);
  assert(at > 0);
  await click(operation("host.load.keyid0"));
  assertEquals(document.title, "Machine check! tdx-reclaim explorer");
});

Deno.test("the map is that of the settings", async () => {
  await open(LINE);
  await unfold("Map of all states");
  const states = () => all(".map .dot").length;
  const withErratum = states();
  await choose("Platform", "gnr");
  // Without the erratum a partial write poisons nothing.
  assert(states() < withErratum, `${states()} of ${withErratum}`);
});

Deno.test("the map says so where the state needs a fault, which it leaves out", async () => {
  await open(linkOf({ acts: [FAULT_ACTS[0]!], at: 1 }));
  await unfold("Map of all states");
  assertStringIncludes(texts(".fold .hint").join(), "needs a fault");
  assertEquals(all(".map .dot.present"), []);
});

Deno.test("each agent acts through the KeyID that is chosen, and evicts what is cached", async () => {
  await open(linkOf({ settings: { ...START.settings, beside: null, keys: "keyid0+integrity" } }));
  const cache = () => text(one('[aria-label="Cache"] .buttons'));
  assertEquals(cache(), "no copy to evict");
  const select = one('[aria-label="KeyID of Host"]');
  Object.defineProperty(select, "selectedIndex", { value: 1, configurable: true });
  await act(() => void select.dispatchEvent(new window.Event("change", { bubbles: true })));
  // C6: a load through a KeyID with integrity of a line with TD owner 1.
  await click(operation("host.load.integrity"));
  assertEquals(texts(".stage .rule-id"), ["K1", "C6"]);
  assertEquals(document.title, "Machine check! tdx-reclaim explorer");
  await open(linkOf({ acts: [ACTS[1]!], at: 1 }));
  assertEquals(texts(".stage .copies li").filter((copy) => copy.includes("clean")).length, 2);
  await click(all('[aria-label="Cache"] button')[0]!);
  assertEquals(cache(), "no copy to evict");
  assertEquals(texts(".outcome h3")[0], texts(".outcome h3")[1]);
  assertEquals(situation().acts.at(-1)!.operation, "evict");
});

Deno.test("with two lines a click goes to the one that is chosen", async () => {
  const lines = ["X", "Y"].map((name) => ({ ...START.lines[0]!, name }));
  await open(linkOf({ lines, settings: { ...START.settings, beside: null } }));
  assertEquals(texts(".line-frame label"), ["Line X", "Line Y"]);
  await act(() => void all(".line-frame input")[1]!.dispatchEvent(new window.Event("change")));
  await click(operation("host.partial-write.keyid0"));
  assertEquals(situation().acts.map(({ line }) => line), [1]);
  assertEquals(bits("spr").filter((_, i) => i % 3 === 2), ["none", "from a partial write"]);
});

Deno.test("the runs of a scenario: what each shows, and where that is not what is expected", async () => {
  const scenario = readScenario(`TDX one "A partial write, then a load (W5, R0)." { X = td secret }
    host ; partial-write X host ; load X -> r0 ; exists mc expect spr: Always expect: Never`);
  assert("problem" in scenario);
  const { signal } = new AbortController();
  const runs = await runEverywhere(scenario, { signal, onProgress: () => {} });
  const watched: string[] = [];
  document.body.innerHTML = "<div></div>";
  const onWatch = ({ platform, mode }: ScenarioRun) => watched.push(`${platform} ${mode}`);
  await act(() => render(h(Runs, { scenario, runs, onWatch }), one("div")));
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

/** Waits for the runs of a scenario. */
async function settleRuns(): Promise<void> {
  for (let i = 0; i < 500 && all("table.runs").length === 0; i++) await settle();
}

Deno.test("a scenario that a link brings is run, and watched on the line", async () => {
  await open(`#${await writeScenarioLink(SCENARIO)}`);
  assertEquals(texts("header nav [aria-current=page]"), ["Write a scenario"]);
  await settleRuns();
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

Deno.test("a known scenario replaces the text, and runs", async () => {
  await open(`#${await writeScenarioLink("TDX one")}`);
  await settle();
  assertMatch(text(one(".checked .problem")), /^1:8: Expected /);
  assertEquals(button("Run").getAttribute("aria-disabled"), "true");
  assertMatch(text(one(".results .hint")), /^Run tries every interleaving/);
  await click(button("another"));
  await settleRuns();
  assertEquals(all(".checked .problem"), []);
  assertEquals(button("Run").getAttribute("aria-disabled"), "false");
  assertStringIncludes(text(one(".results p")), "every run shows what is expected.");
});

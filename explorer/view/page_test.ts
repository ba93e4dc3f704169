/// <reference lib="dom" />
// One line: what a click, a key and an address show. How it looks is for the tests in a browser.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { act } from "preact/test-utils";
import { readLink, writeLink } from "../model/link.ts";
import { FAULT_ACTS } from "../model/panel.ts";
import { type Act, type Situation, START } from "../model/situation.ts";
import { TOUR } from "../model/tour.ts";
import {
  address,
  all,
  button,
  choose,
  click,
  copied,
  document,
  keys,
  one,
  open,
  settle,
  situation,
  text,
  texts,
  unfold,
  wait,
  window,
} from "./_fixtures_test.ts";

const operation = (name: string) => one(`[data-act="${name}"]`);
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
  assertEquals(texts(".tour"), []);
  await click(button("Tour"));
  assertMatch(text(one(".tour h2")), /^1 of 3 /);
});

const HOST = { by: "host", line: 0, key: "keyid0" } as const;
const ACTS: readonly Act[] = [
  { ...HOST, operation: "partial-write", data: "host" },
  { ...HOST, operation: "load" },
];
const linkOf = (changed: Partial<Situation>) => `#${writeLink({ ...START, ...changed })}`;
/** On one platform. */
const ALONE = { ...START.settings, beside: null };
/** A line that a TD has written, on spr beside gnr in Ci; then W5 or W4 and a load. */
const LINE = linkOf({});
const LOADED = linkOf({ acts: ACTS, at: 2 });

Deno.test("clicks say what became of the line on both platforms: W5, then R0 (table 1.2)", async () => {
  await open(LINE);
  assertEquals(texts(".tour"), []);
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
  assertEquals(texts(`${stage("gnr")} .machine-check`), []);
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
  const press = async (
    key: string,
    more: Partial<KeyboardEvent> = {},
    inside: Element = document.body,
  ) => {
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
  await press("ArrowLeft", {}, document.querySelector("select")!);
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
  assertEquals(texts(".notice"), []);
});

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
  // Beside a platform that goes on all goes on there, with what is cached there alone.
  const evict: Act = { by: "cache", operation: "evict", line: 0, key: "keyid0" };
  await open(linkOf({ acts: [...ACTS, evict], at: 3 }));
  assertEquals(texts(".operations > .hint"), []);
  assertEquals(text(one('[aria-label="Cache"] .buttons')), "no copy to evict");
  await click(operation("host.load.keyid0"));
  assertEquals(situation().acts.length, 4);
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

Deno.test("the map counts the states, and a dot goes there by the shortest way", async () => {
  await open(LINE);
  assertEquals(texts(".map"), []);
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
  assertEquals(texts('.map .dot:not(.danger)[aria-label*="machine check"]'), []);
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
  assertEquals(texts(".map .dot.present"), []);
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
  await click(operation("host.clflush.keyid0"));
  // What changed is told of each line by itself: this did nothing.
  assertEquals(texts(".bit.changed, .cell.changed"), []);
  // The map is that of the line, and goes on with it alone.
  await unfold("Map of all states");
  await click(all(".map .dot.danger")[0]!);
  assertEquals(situation().lines.map(({ name }) => name), ["Y"]);
  // What is opened anew begins with its first line.
  await open(linkOf({ lines, settings: ALONE }));
  await act(() => void all(".line-frame input")[1]!.dispatchEvent(new window.Event("change")));
  await click(button("Play the witness"));
  await click(operation("host.load.keyid0"));
  assertEquals(situation().acts.map(({ line }) => line), [0]);
});

/** The classes of an element. */
const classes = (of: Element) => of.className.split(" ").filter(Boolean);

// What was left in the line; whether there is a machine check on gnr and on spr with the patch: chapter
// 7, N1, N5.
const LEFT = [
  ["none", "Never", "Never"],
  ["unconsumed", "Yes", "Never"],
  ["consumed", "Never", "Never"],
  ["logged", "Never", "Never"],
  ["consumed-kept", "Yes", "Never"],
] as const;

Deno.test("the verdict is that of what was left in the line besides", async () => {
  await open(
    linkOf({ settings: { ...START.settings, platform: "gnr", beside: "spr", policy: "quirk" } }),
  );
  for (const [left, ...said] of LEFT) {
    await choose("In the line besides", left);
    assertEquals(texts(".verdict > p").map((words) => words.split(/\W/)[0]), said, left);
  }
});

Deno.test("each verdict says why, and unfolds it at the beginning alone", async () => {
  await open(LINE);
  const unfolded = () => all(".verdict details").map((details) => details.hasAttribute("open"));
  assertEquals(unfolded(), [true, true]);
  const [spr, gnr] = texts(".verdict details p");
  assertMatch(spr!, /^Sapphire Rapids has the erratum .*: a hazard\.$/);
  assertMatch(gnr!, /^Granite Rapids does not have the erratum /);
  await click(operation("host.load.keyid0"));
  assertEquals(unfolded(), [false, false]);
  await choose("Host KeyID", "keyid0+integrity");
  assertMatch(texts(".verdict details p")[1]!, /^Mixing KeyIDs on one line .* \(C5\)\.$/);
  await choose("Mode", "Li");
  assert(!texts(".verdict details p").some((words) => words.startsWith("Mixing")));
});

Deno.test("each step of the tour is played on the line: a machine check on spr, then none", async () => {
  await open("");
  for (const [i, { situation: played }] of TOUR.entries()) {
    assertEquals(situation(), played);
    assertEquals(
      texts("[data-platform].stopped h2").map((title) => title.split(" ")[0]),
      i === 1 ? ["Sapphire"] : [],
    );
    if (i < 2) await click(button("Next"));
  }
  await click(button("Done"));
  assertEquals([situation(), texts(".tour")], [TOUR[2]!.situation, []]);
});

// Who loads poison; the mark of the step, and what it means to the host: section 4.
const CONSUMERS = [
  ["td", "TD machine check", / the TD is marked fatal\. With SEAM_NR Linux goes on, .*\.$/],
  ["module", "TDX module machine check", / TDX is off until the reset\.$/],
  ["host", "machine check", /^The host consumed poison: machine check\.$/],
] as const;

Deno.test("a machine check is that of who consumed the poison", async () => {
  for (const [by, mark, said] of CONSUMERS) {
    const load: Act = { by, operation: "load", line: 0, key: by === "host" ? "keyid0" : "td" };
    await open(linkOf({ acts: [FAULT_ACTS[0]!, load, load], at: 2, settings: ALONE }));
    assertEquals(texts(".steps .mark")[1]!.replace(/^[\w ]*\b(R0|K\d)\b /, ""), mark);
    assertEquals(all(".steps .mark.alarm").length, 1);
    assertMatch(text(one(".outcome > p")), said);
    assertEquals(
      [all(".machine-check").length, all(".stage.stopped").length],
      by === "host" ? [1, 1] : [0, 0],
    );
    assertEquals(
      texts(".steps .mark")[2]!.trim(),
      { td: "TD is dead", module: "TDX is off", host: "stopped" }[by],
    );
  }
  await open(linkOf({ acts: [{ ...HOST, operation: "clear" }], at: 1, settings: ALONE }));
  assertEquals(texts(".steps .mark").map((mark) => mark.trim()), ["skipped"]);
});

Deno.test("each KeyID that is used has its place in the caches, and what memory was written under", async () => {
  const store: Act = { by: "td", operation: "store", line: 0, key: "td3", data: "guest" };
  const next: Act = { ...store, operation: "movdir64b", key: "td2" };
  const evict: Act = { by: "cache", operation: "evict", line: 0, key: "keyid0" };
  const settings = { ...ALONE, keys: "shared-integrity" } as const;
  await open(linkOf({ acts: [store, next, evict], at: 2, settings }));
  // The host has KeyID 2, the TDs 33 and 34; an eviction of what is not there adds none.
  assertEquals(texts(".copies .tag"), ["KeyID 2", "KeyID 33", "KeyID 34"]);
  assertEquals(text(one(".memory .cell")), "another TD's datawritten under KeyID 33, key 2");
  assertEquals(all(".memory .cell.changed").length, 1);
  await click(button("← Back"));
  assertEquals(text(one(".memory .cell")), "the TD's secretwritten under KeyID 33");
  assertEquals(all(".memory .cell.changed").length, 0);
  assertEquals(texts(".copies .dirty"), ["dirty"]);
  // TD owner 1 and a MAC that fits stand out; 0 and none do not.
  const lit = () => all(".bit").map((bit) => classes(bit).includes("on"));
  assertEquals(lit(), [true, true, false]);
  await click(operation("host.movdir64b.integrity"));
  assertEquals(lit(), [false, true, false]);
  await open(linkOf({ acts: ACTS, at: 1, settings: ALONE }));
  assertEquals(texts(".memory .cell"), ["poisonno key gives sense"]);
  assertEquals(all(".bit").map(classes), [["bit", "on"], ["bit", "changed"], [
    "bit",
    "alarm",
    "changed",
  ]]);
});

Deno.test("a rule is told with its source, its confidence and what it assumes", async () => {
  await open(linkOf({ acts: ACTS, at: 1, settings: ALONE }));
  assertEquals(one(".rules .rule-id").getAttribute("href"), "rules.html#w5");
  // W5 leaves the TD owner bit as it is: A4.
  assertMatch(text(one(".rules em")), /^Assumption A4: /);
  assertMatch(text(one(".rules cite")), /, (exact|stated|inferred)$/);
  assertMatch(one(".rules cite a").getAttribute("href")!, /^https:\/\//);
});

Deno.test("choices say what is meant: no integrity in Li, and what each policy is", async () => {
  await open(linkOf({ settings: { ...START.settings, mode: "Li" } }));
  const words = (label: string) => {
    const id = all("label").find((found) => text(found) === label)!.getAttribute("for")!;
    return [...document.getElementById(id)!.querySelectorAll("option")].map(text);
  };
  const ofKeys = [
    "KeyID 0, as Linux",
    "shared, no integrity",
    "shared, integrity",
    "0 and integrity, mixed",
  ];
  assertEquals(words("Host KeyID"), ofKeys.map((key, i) => i < 2 ? key : `${key} (not in Li)`));
  await choose("Mode", "Ci");
  assertEquals(words("Host KeyID"), ofKeys);
  assertEquals(words("Beside it")[0], "nothing");
  assertEquals(words("Beside it").slice(1), words("Platform"));
  // X1: who cleared always, and who by the erratum.
  assertMatch(
    words("Clearing policy").join("; "),
    /^always, Linux 6\.16 .*; quirk, Linux from 6\.18 .*; never, no Linux$/,
  );
});

Deno.test("a situation is full after 200 steps", async () => {
  const acts = Array.from({ length: 200 }, (): Act => ({ ...HOST, operation: "prefetch" }));
  await open(linkOf({ acts, at: 199, settings: ALONE }));
  assertEquals(texts(".operations > .hint"), []);
  await click(operation("host.load.keyid0"));
  assertEquals([situation().acts.length, situation().acts.at(-1)!.operation], [200, "load"]);
  assertEquals(texts(".operations > .hint"), [
    "A situation holds at most 200 steps. Step back to go on.",
  ]);
  assertEquals(operation("host.load.keyid0").getAttribute("aria-disabled"), "true");
  await click(operation("host.store.keyid0"));
  assertEquals(situation().acts.at(-1)!.operation, "load");
});

Deno.test("a key that is gone is no longer offered, and the next one stands in its place", async () => {
  await open(linkOf({ settings: ALONE }));
  const offered = () => [...one('[aria-label="KeyID of TD"]').querySelectorAll("option")].map(text);
  assertEquals(offered().length, 3);
  const select = one('[aria-label="KeyID of TDX module"]');
  Object.defineProperty(select, "selectedIndex", { value: 1, configurable: true });
  await act(() => void select.dispatchEvent(new window.Event("change", { bubbles: true })));
  await click(operation("module.cache-wb.td2"));
  assertEquals(offered(), ["KeyID 33, the next TD's", "KeyID 34, another TD's"]);
  await click(operation("td.load.td2"));
  assertEquals(situation().acts.at(-1)!.key, "td2");
});

Deno.test("another address opens another situation", async () => {
  await open(LINE);
  address.hash = LOADED;
  await act(() => void keys.dispatchEvent(new Event("hashchange")));
  await settle();
  assertEquals(text(one("#steps-title small")), "2 of 2");
  // A change of the settings or the steps leaves no word of before.
  await click(button("Play the witness"));
  assertEquals(all(".notice").length, 1);
  await choose("Mode", "Li");
  assertEquals(all(".notice").length, 0);
});

Deno.test("a link that cannot be copied is told", async () => {
  await open(LINE);
  const { clipboard } = navigator;
  Object.assign(navigator, { clipboard: undefined });
  await click(button("Copy link"));
  Object.assign(navigator, { clipboard });
  assertStringIncludes(
    text(one(".steps .controls")),
    "The browser refused: copy it from the address bar.",
  );
  await click(button("Copy link"));
  assertStringIncludes(text(one(".steps .controls")), "Copied.");
});

Deno.test("of a map of many states only the table of the present memory is open", async () => {
  await open(linkOf({ settings: { ...ALONE, keys: "keyid0+integrity" } }));
  await unfold("Map of all states");
  assert(all(".map .dot").length > 400);
  assertEquals(texts(".map details[open] > summary"), [
    "the TD's secret under KeyID 33, TD owner 1, MAC fits",
  ]);
  await choose("Host KeyID", "keyid0");
  assert(all(".map .dot").length < 400);
  assertEquals(all(".map details:not([open])").length, 0);
  // A dot stands where its column and its row say.
  const cell = one(".map .dot.present").closest("td")!;
  const column = [...cell.parentElement!.children].indexOf(cell);
  const names = [...cell.closest("table")!.querySelectorAll("thead th")].map(text);
  assertEquals(one(".map .dot.present").getAttribute("aria-label"), "TD's copy none, others none");
  assertEquals([names[column], text(cell.parentElement!.querySelector("th"))], ["none", "none"]);
});

Deno.test("left and right go from dot to dot of the map", async () => {
  await open(linkOf({ settings: ALONE }));
  await unfold("Map of all states");
  const dots = [...all(".map table")[0]!.querySelectorAll<HTMLElement>("button")];
  let focused: Element = dots[0]!;
  Object.defineProperty(document, "activeElement", { get: () => focused, configurable: true });
  for (const dot of dots) dot.focus = () => focused = dot;
  const press = async (key: string) => {
    const event = Object.assign(new window.Event("keydown", { cancelable: true }), { key });
    await act(() => void focused.closest("table")!.dispatchEvent(event));
    return [dots.indexOf(focused as HTMLElement), event.defaultPrevented];
  };
  assertEquals(await press("ArrowLeft"), [0, false]);
  assertEquals(await press("ArrowRight"), [1, true]);
  assertEquals(await press("ArrowRight"), [2, true]);
  assertEquals(await press("ArrowLeft"), [1, true]);
  assertEquals(await press("ArrowUp"), [1, false]);
});

Deno.test("the whole teardown is proved: what Linux 6.19 gave up is broken on the dynamic path (X2)", async () => {
  await open(linkOf({ settings: ALONE }));
  await unfold("The whole teardown, proved");
  const title = '[aria-label="The whole teardown, proved"]';
  assertStringIncludes(text(one(`${title} [role=status]`)), "Exploring");
  await wait(".properties");
  const said = () => texts(".properties > li > b").join(" ");
  // The page goes back uncleared, perhaps still mapped: reach, dirty lines and a machine check.
  assertEquals(said(), "broken broken broken holds holds holds holds holds");
  assertMatch(text(all(".properties details")[0]!), / 3 steps\..*, injected/);
  assertEquals(all(".properties details")[0]!.querySelectorAll("ol > li").length, 3);
  assertMatch(
    texts(`${title} .hint`).join(),
    /^[\d,]+ states, the farthest \d+ steps away\. The machine has 2 guest pages, 2 vCPUs and 2 packages; at most 1 SEAMCALL fails .* and 1 is busy/,
  );
  await choose("Path", "terminate");
  await wait(".properties");
  assertEquals(said(), Array(8).fill("holds").join(" "));
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { definePlatform, type MachineCheckBehaviour } from "@tdx/core";
import { verdict, verdictQuestions, type VerdictRow } from "@tdx/litmus";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { assertSelfContained, ORIGIN, read, text } from "../fixtures_test.ts";
import { verdictsHtml } from "./verdicts_html.tsx";

const VERDICTS = await Promise.all([spr, gnr].flatMap(verdictQuestions).map((q) => verdict(q)));

function page(verdicts: readonly VerdictRow[]): Document {
  return read(verdictsHtml({ origin: ORIGIN, platforms: [spr, gnr], verdicts }));
}

/** The rows of a table of verdicts, as texts. */
function rows(article: Element): string[][] {
  return [...article.querySelectorAll("tr")].map((row) => [...row.children].map(text));
}

Deno.test("verdictsHtml() needs nothing but itself", () => {
  const html = verdictsHtml({ origin: ORIGIN, platforms: [spr, gnr], verdicts: VERDICTS });
  assertSelfContained(html);
  assertEquals(html.match(/<script/g)?.length, 1);
});

Deno.test("verdictsHtml() begins with the answer: where clearing is needed, and where not", () => {
  const lead = page(VERDICTS).querySelector(".lead")!;
  assertEquals(
    text(lead.querySelector("strong")),
    "Yes, on spr: a host that uses KeyID 0, as Linux, can meet a machine check there, so clearing " +
      "is needed.",
  );
  assertStringIncludes(text(lead), "No, on gnr: without clearing no sequence ends in one.");
  // Chapter 7: as many as the tables below show.
  const hits = page(VERDICTS).querySelectorAll("td.hit").length;
  assertStringIncludes(text(lead), `${VERDICTS.length} questions, each answered by exploring`);
  assertStringIncludes(text(lead), `Questions with a machine check: ${hits}. Every answer is the`);
  const quirk = page(
    VERDICTS.filter(({ policy, poison, hostKeys }) =>
      policy === "quirk" && poison === "none" && hostKeys === "keyid0"
    ),
  );
  assertEquals(
    text(quirk.querySelector(".lead strong.right")),
    "With policy quirk no sequence ends in one.",
  );
});

Deno.test("verdictsHtml() has a table for each kind of host KeyIDs and left poison", () => {
  assertEquals([...page(VERDICTS).querySelectorAll("h3")].map(text), [
    "Host uses KeyID 0, as Linux",
    "Host uses a shared KeyID without integrity",
    "Host uses a shared KeyID with integrity",
    "Host uses KeyID 0 and an integrity KeyID on the same line",
    "Host uses KeyID 0, as Linux; hardware poison is left that the TD never consumed",
    "Host uses KeyID 0, as Linux; hardware poison is left that the TD consumed, with SEAM_NR and no " +
    "KeyID bits in MCi_ADDR: the page is retired",
    "Host uses KeyID 0, as Linux; hardware poison is left whose generation was logged: " +
    "memory_failure took the page (N5)",
  ]);
  assertStringIncludes(
    text(page(VERDICTS).querySelector("#verdicts")),
    "always, Linux 6.16 and 6.17; quirk, Linux from 6.18 on; never, no Linux",
  );
});

Deno.test("verdictsHtml() shows observed, expected and states of every question", () => {
  const states = (policy: string) =>
    VERDICTS.find((v) => v.platform === "spr" && v.mode === "Li" && v.policy === policy)!.states;
  const [first] = page(VERDICTS).querySelectorAll("article");
  const shown = rows(first!).map((row) => row.map((cell) => cell.replace(/ [0-9,]+ states$/, "")));
  const [no, mc] = ["no MC✓, as expected", "MC✓, as expected"];
  assertEquals(shown, [
    ["policy", "spr", "gnr"],
    ["Li, logical integrity"],
    ["always", no, no],
    ["quirk", no, no],
    ["never", mc, no],
    ["Ci, cryptographic integrity"],
    ["always", no, no],
    ["quirk", no, no],
    ["never", mc, no],
  ]);
  assertEquals(rows(first!)[4]![1], `MC✓, as expected ${states("never")} states`);
});

Deno.test("verdictsHtml() folds every witness, its steps with rule, words, source and line", () => {
  const [first] = page(VERDICTS).querySelectorAll("article");
  const [witness] = first!.querySelectorAll("details");
  assertEquals(witness!.hasAttribute("open"), false);
  assertEquals(
    text(witness!.querySelector("summary")),
    "spr (Li never): partial write [W5], load [R0]",
  );
  assertEquals([...witness!.querySelectorAll("li")].map((step) => [...step.children].map(text)), [
    [
      "reclaim: TDH.PHYMEM.CACHE.WB, line X, KeyID 33",
      "No rule fires.",
      "Afterwards: memory secret by KeyID 33, TD owner 1",
    ],
    [
      "host: partial write host, line X, KeyID 0",
      "W5 The erratum: a partial write to a TD-owned line poisons it silently, with KeyID 0 too. " +
      "Linux 1e536e106897 (exact)",
      "Afterwards: memory poisoned (partial-write), TD owner 1",
    ],
    [
      "host: load, line X, KeyID 0",
      "K1 A miss fills the cache by a read under the reader's KeyID; poison travels with the " +
      "copy. TDX CPU Architectural Extensions, 343754 (exact)",
      "R0 Any read of a poisoned line returns poison, whatever the checks would say. " +
      "TDX CPU Architectural Extensions, 343754 (exact)",
      "Afterwards: memory poisoned (partial-write), TD owner 1; cached under KeyID 0: poison " +
      "(partial-write)",
    ],
  ]);
});

Deno.test("verdictsHtml() says what comes of consumed poison without SEAM_NR, as declared", async () => {
  const note = (article: Element) => text(article.querySelector(":scope > p"));
  const articles = [...page(VERDICTS).querySelectorAll("article")];
  assertEquals(articles.map(note).map((words) => words !== ""), [
    ...Array(5).fill(false),
    true,
    false,
  ]);
  const enumerated = "MCG_CAP bit 12 says whether the machine has SEAM_NR; without it the " +
    "host may panic when the TD consumes the poison.";
  assertStringIncludes(note(articles[5]!), `: spr, gnr: ${enumerated}`);

  const other = (name: string, machineCheck: Partial<MachineCheckBehaviour>) =>
    definePlatform({ ...gnr, name, machineCheck: { ...gnr.machineCheck, ...machineCheck } });
  const platforms = [
    gnr,
    other("always", { seamNr: "yes" }),
    other("never", { seamNr: "no", tdPoisonWithoutSeamNr: "survives" }),
  ];
  const verdicts = await Promise.all(
    platforms.flatMap(verdictQuestions).filter(({ poison }) => poison === "consumed")
      .map((question) => verdict(question)),
  );
  const html = verdictsHtml({ origin: ORIGIN, platforms: [spr, ...platforms], verdicts });
  assertStringIncludes(
    note(read(html).querySelector("article")!),
    `: gnr: ${enumerated} always: has SEAM_NR. never: has no SEAM_NR; without it the host survives ` +
      "that the TD consumes the poison.",
  );
});

Deno.test("verdictsHtml() says whose table the expectations are, and where it stands", () => {
  const words = text(page(VERDICTS).querySelector("#verdicts"));
  assertStringIncludes(
    words,
    "as this project's verdict table expects (EXPECTED in packages/litmus/questions/verdicts.ts)",
  );
  const source = Deno.readTextFileSync(
    new URL("../../litmus/questions/verdicts.ts", import.meta.url),
  );
  assertStringIncludes(source, "const EXPECTED");
});

Deno.test("verdictsHtml() has a witness for every hazard, and none twice in a table", () => {
  for (const article of page(VERDICTS).querySelectorAll("article")) {
    const hits = article.querySelectorAll("td.hit").length;
    const summaries = [...article.querySelectorAll("summary")].map(text);
    assertEquals(new Set(summaries).size, summaries.length);
    assertEquals(hits > 0, summaries.length > 0);
  }
});

Deno.test("verdictsHtml() says in words what is not as expected", () => {
  const [first, ...rest] = VERDICTS as [VerdictRow, ...VerdictRow[]];
  assertEquals(first.observation, "Never");
  const wrong: VerdictRow = {
    ...first,
    expected: "Sometimes",
    decided: "Sometimes",
    secretRead: true,
    ok: false,
  };
  const read = page([wrong, ...rest]);
  assertStringIncludes(text(read.querySelector(".lead")), "1 answer not as expected.");
  const states = VERDICTS.reduce((sum, { states }) => sum + states, 0).toLocaleString("en");
  assertStringIncludes(text(read.querySelector(".lead")), `: ${states} states. `);
  const never = VERDICTS.map((verdict) =>
    verdict.observation === "Never"
      ? verdict
      : { ...verdict, expected: "Never" as const, ok: false }
  );
  const [hit] = page(never).querySelectorAll("td.hit");
  assertStringIncludes(text(hit!), "MC✗ expected no MC");
  const cell = text(read.querySelector("article td"));
  for (const words of ["✗ expected MC", "decide disagrees", "the TD's plaintext can be read"]) {
    assertStringIncludes(cell, words);
  }
  for (const words of ["✗", "disagrees", "plaintext can be read"]) {
    assert(!text(page(VERDICTS).querySelector("main")).includes(words), words);
  }
});

Deno.test("verdictsHtml() leaves the place of a question that was not asked empty", () => {
  const asked = VERDICTS.filter(({ platform, policy }) => platform !== "spr" || policy !== "never");
  const [first] = page(asked).querySelectorAll("article");
  const [, , , , never] = rows(first!).map((row) => row.map((cell) => cell.split("✓")[0]));
  assertEquals(never, ["never", "", "no MC"]);
});

Deno.test("verdictsHtml() lists assumptions, rules and platforms with their sources", () => {
  const read = page(VERDICTS);
  const assumed = [...read.querySelectorAll("#assumptions dt")].map(text);
  assertEquals(assumed, ["A1", "A2", "A3", "A4", "A5"]);
  const sources = text(read.querySelector("#sources"));
  assertStringIncludes(sources, "TDX Module Base Architecture, table 16.2 (exact; assumes A3)");
  assertStringIncludes(sources, "Linux, 1e536e106897, partial write machine check erratum");
});

Deno.test("verdictsHtml() leads to where a plugin says that it was read", () => {
  const url = "https://example.org/errata.pdf";
  const own = definePlatform({ ...gnr, sources: [{ document: "Errata", at: "GNR7", url }] });
  const html = verdictsHtml({ origin: ORIGIN, platforms: [own], verdicts: VERDICTS });
  assertEquals(text(read(html).querySelector(`#sources a[href="${url}"]`)), "Errata, GNR7");
});

Deno.test("verdictsHtml() has titles of groups that span their table", () => {
  const titles = [...page(VERDICTS).querySelectorAll("#verdicts th[scope=rowgroup]")];
  assert(titles.length > 0);
  for (const title of titles) {
    const head = title.closest("table")!.querySelector("thead tr")!;
    assertEquals(Number(title.getAttribute("colspan")), head.children.length, text(title));
  }
});

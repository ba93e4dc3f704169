import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { GiB, MiB, type Platform } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import {
  createReclaimer,
  createTdHost,
  followPages,
  POLICIES,
  type Policy,
  simulatedTime,
  type TeardownPath,
  type TeardownReport,
} from "@tdx/reclaim";
import { assertSelfContained, ORIGIN, read, table, text } from "../fixtures_test.ts";
import type { ComparedTeardown, TeardownPage } from "./teardown_page.ts";
import { mapMemory } from "./map_memory.ts";
import { teardownHtml } from "./teardown_html.tsx";

const VCPUS = 4;

async function tearDown(
  platform: Platform,
  policy: Policy,
  guestBytes: number,
  struck: readonly number[] = [],
) {
  const td = { guestBytes, vcpus: VCPUS };
  const host = createTdHost({ platform, ...td });
  host.memory.poison(struck);
  const { onBack, fates } = followPages(host);
  const reclaimer = createReclaimer({ memory: host.memory, policy });
  const report = await reclaimer.teardown(host.module, host.tdr, {
    path: "terminate",
    reuse: true,
    onBack,
  });
  const times = (["published", "measured"] as const).map((clear) => ({
    clearAs: clear,
    ...simulatedTime(report, { ...td, clear }),
  }));
  return { host, fates, decision: reclaimer.decision, report, times };
}

/** A teardown on a platform, compared with those on three. */
async function page(
  platform: Platform,
  policy: Policy,
  guestBytes: number,
  struck: readonly number[] = [],
): Promise<TeardownPage> {
  const { host, fates, decision, report } = await tearDown(platform, policy, guestBytes, struck);
  const compared: ComparedTeardown[] = [];
  for (const platform of [spr, gnr, emr]) {
    for (const policy of POLICIES) {
      const { report, times } = await tearDown(platform, policy, guestBytes, struck);
      compared.push({ platform, policy, report, times });
    }
  }
  return {
    origin: ORIGIN,
    platform,
    mode: "Ci",
    guestBytes,
    vcpus: VCPUS,
    decision,
    report,
    rules: host.memory.counts.rules,
    map: mapMemory(host, fates()),
    compared,
  };
}

/** The paragraphs that the page begins with, but for the time saved. */
function lead(data: TeardownPage): string {
  return [...read(teardownHtml(data)).querySelectorAll(".lead p:not(.saving, .other-path)")].map(
    text,
  ).join(" ");
}

const HAZARD = await page(spr, "never", 4 * MiB);
const TABLED = await page(gnr, "quirk", 18 * GiB);

Deno.test("teardownHtml() needs nothing but itself and stays small", () => {
  for (const data of [HAZARD, TABLED]) {
    const html = teardownHtml(data);
    assertSelfContained(html);
    assertEquals(html.match(/<script/g)?.length, 1);
    assertEquals(html.length < 300_000, true);
  }
});

Deno.test("teardownHtml() begins with what met the host, and why", () => {
  assertEquals(
    lead(HAZARD),
    "The host met 1,024 machine checks when it used the pages, and retired 1,024 pages. " +
      "They are counted as loads in user mode, each of which retires its page; a load in the " +
      "kernel panics at the first. " +
      "The poison came from partial writes of the host under the erratum, W5 (1,024 pages). The same " +
      "teardown here: with policy always 0 machine checks, with policy quirk 0 machine checks. " +
      "Sapphire Rapids has the erratum tdx_pw_mce: a partial write to a line a TD owned poisons " +
      "it silently, and the next read is a machine check, with KeyID 0 too. Policy never skips " +
      "the clearing: a hazard.",
  );
  assertEquals(
    lead(TABLED),
    "The host used every page it got back: no machine check. Granite Rapids does not have the " +
      "erratum tdx_pw_mce; without integrity the host reads old private lines as zeros, and any " +
      "full write converts them. Policy quirk skips the clearing.",
  );
});

Deno.test("teardownHtml() tells hardware errors from the erratum, and what always gives", async () => {
  assertEquals(
    lead(await page(gnr, "quirk", 4 * MiB, [0x1000, 0x5000, 0x5040])),
    "The host met 2 machine checks when it used the pages, and retired 2 pages. They are counted " +
      "as loads in user mode, each of which retires its page; a load in the kernel panics at the " +
      "first. The poison came from hardware errors put into this run, which the TD never consumed " +
      "(2 pages). The same teardown here: with policy always 0 machine checks, with policy never " +
      "2 machine checks. The decision looks at the erratum and the host's KeyIDs, not at hardware " +
      "errors: Granite Rapids does not have the erratum tdx_pw_mce; without integrity the host " +
      "reads old private lines as zeros, and any full write converts them. Policy quirk skips the " +
      "clearing.",
  );
});

// Where poison came from, how that is said, and whether it was a fault of the hardware.
const ORIGINS = [
  ["partial-write", "partial writes of the host under the erratum, W5", false],
  ["integrity", "failed integrity checks", false],
  ["hardware-transient", "hardware errors put into this run, which the TD never consumed", true],
  ["hardware-stuck", "stuck memory cells put into this run", true],
] as const;

Deno.test("teardownHtml() names each origin of poison, and what the decision does not look at", () => {
  const none = { ...HAZARD.map.retiredBy, "partial-write": [] };
  for (const [origin, words, isHardware] of ORIGINS) {
    const retiredBy = { ...none, [origin]: [1, 2] };
    const said = lead({ ...HAZARD, map: { ...HAZARD.map, retiredBy } });
    assertStringIncludes(said, ` The poison came from ${words} (3 pages). `);
    assertEquals(said.includes("The decision looks at the erratum and"), isHardware, origin);
  }
});

Deno.test("teardownHtml() says in a sentence what not clearing saves, and what clearing takes", async () => {
  const saving = (data: TeardownPage) => text(read(teardownHtml(data)).querySelector(".saving"));
  // 40% of 24 s at most; 4,727,858 pages of 410 ns.
  const most = "Most of a shutdown is reclaiming the pages, not clearing, as far as it is known. ";
  const seconds = "0–9.6 s of 24 s (published), 1.94 s of 24 s (measured).";
  assertEquals(saving(TABLED), `${most}Not clearing saves ${seconds}`);
  const cleared = await page(spr, "quirk", 18 * GiB);
  assertEquals(saving(cleared), `${most}Clearing takes ${seconds}`);
  assertEquals(saving({ ...TABLED, compared: TABLED.compared.slice(1, 2) }), "");
  // It is this platform's time, whatever the others take.
  const { times } = HAZARD.compared[0]!;
  const others = TABLED.compared.map((one) => one.platform === gnr ? one : { ...one, times });
  assertEquals(saving({ ...TABLED, compared: others }), `${most}Not clearing saves ${seconds}`);
  const slow = TABLED.compared.map((one) => ({
    ...one,
    times: one.times.map((time) => ({
      ...time,
      terms: time.terms.map((term) =>
        term.name === "clear" ? { ...term, seconds: { low: 20, high: 20 } } : term
      ),
    })),
  }));
  assertEquals(
    saving({ ...TABLED, compared: slow }),
    "Not clearing saves 20 s of 24 s (published), 20 s of 24 s (measured).",
  );
});

Deno.test("teardownHtml() says what another path would change", async () => {
  const { report, times } = await tearDown(gnr, "quirk", 18 * GiB);
  const others = (path: TeardownPath, counts: Partial<TeardownReport> = {}) =>
    text(
      read(
        teardownHtml({
          ...TABLED,
          otherPaths: [{ report: { ...report, ...counts, path }, times }],
        }),
      ).querySelector(".other-path"),
    );
  assertEquals(
    others("terminate"),
    "By path terminate, which no Linux has yet, instead: 0 machine checks, 0 pages leaked, 0 back " +
      "uncleared; in all 14.4–24 s (published), 22.1 s (measured).",
  );
  assertStringIncludes(
    others("dynamic", { machineChecks: 1, leakedPages: 2, unclearedPages: 3 }),
    "By path dynamic instead: 1 machine check, 2 pages leaked, 3 back uncleared; in all ",
  );
});

Deno.test("teardownHtml() tells leaked pages from those that came back uncleared", () => {
  const refused = (report: Partial<TeardownReport>) => {
    const none = { machineChecks: 0, retiredPages: 0, pagesReclaimed: 0 };
    return lead({ ...HAZARD, report: { ...HAZARD.report, ...none, ...report } });
  };
  assertStringIncludes(
    refused({ leakedPages: 1025 }),
    "No guest page came back to the host. 1,025 pages leaked: given up on purpose after a refusal.",
  );
  // As many came back as they are as cleared: some did come back.
  for (const [pagesReclaimed, unclearedPages] of [[2, 2], [0, 3], [3, 0]] as const) {
    const said = refused({ pagesReclaimed, unclearedPages });
    assertEquals(said.includes("No guest page came back"), false, said);
  }
  assertStringIncludes(
    refused({ leakedPages: 1, unclearedPages: 1024, mappedPages: 1000 }),
    "1 page leaked: given up on purpose after a refusal. 1,024 pages went back to the host " +
      "uncleared after a refusal, 1,000 of them still mapped in the Secure EPT.",
  );
});

Deno.test("teardownHtml() has the figures of the run", () => {
  const shown = read(teardownHtml(HAZARD));
  // Control: Secure EPT 2 + 1 + 1, vCPUs 24, TDCS 6, TDR 1.
  assertEquals(table(shown, "Pages of 4 KiB that came back"), [
    ["Of the", "Pages", "Lines cleared", "Fences"],
    ["guest", "1,024", "0", "0"],
    ["control", "35", "0", "0"],
  ]);
  assertEquals(table(shown, "SEAMCALLs").slice(1, 3), [
    ["TDH.VP.FLUSH", "4"],
    ["TDH.MNG.VPFLUSHDONE", "1"],
  ]);
  assertEquals(table(shown, "What went otherwise").slice(3), [
    ["Pages back uncleared", "0"],
    ["Of these still mapped", "0"],
    ["HKID leaked", "no"],
    ["Machine checks of the host", "1,024"],
    ["Pages retired", "1,024"],
  ]);
  // Every line of the guest met a partial write.
  const rules = table(shown, "Rules that fired in this run");
  const w5 = rules.find(([id]) => id === "W5")!;
  assertEquals([w5[1], w5.length], ["65,536", rules[0]!.length]);
});

Deno.test("teardownHtml() puts each figure of the run under its own name", () => {
  const work = (from: number) => ({
    pagesReclaimed: from,
    linesCleared: from + 1,
    fences: from + 2,
  });
  const report = {
    ...HAZARD.report,
    ...work(1001),
    control: work(2001),
    pamt: work(3001),
    seamcalls: { "TDH.MEM.TRACK": 4001 },
    retries: 1,
    leakedPages: 2,
    unclearedPages: 3,
    mappedPages: 4,
    leakedHkid: true,
    machineChecks: 5,
    retiredPages: 6,
  };
  const shown = read(teardownHtml({ ...HAZARD, report }));
  assertEquals(table(shown, "Pages of 4 KiB that came back").slice(1), [
    ["guest", "1,001", "1,002", "1,003"],
    ["control", "2,001", "2,002", "2,003"],
    ["PAMT pairs", "3,001", "3,002", "3,003"],
  ]);
  assertEquals(table(shown, "SEAMCALLs").slice(1), [["TDH.MEM.TRACK", "4,001"]]);
  assertEquals(table(shown, "What went otherwise").slice(1), [
    ["SEAMCALLs issued again", "1"],
    ["Pages leaked", "2"],
    ["Pages back uncleared", "3"],
    ["Of these still mapped", "4"],
    ["HKID leaked", "yes"],
    ["Machine checks of the host", "5"],
    ["Pages retired", "6"],
  ]);
});

Deno.test("teardownHtml() says of what run it tells, with units", () => {
  const facts = (data: TeardownPage) =>
    [...read(teardownHtml(data)).querySelectorAll("#run dl div")].map((row) =>
      text(row.querySelector("dt")) + ": " + text(row.querySelector("dd"))
    );
  assertEquals(facts(TABLED), [
    "Platform: gnr, Granite Rapids (confirmed)",
    "TD: 18 GiB, 4 vCPUs",
    "Host memory: 19 GiB",
    "Integrity mode: Ci",
    "Host KeyIDs: KeyID 0, as Linux",
    "Path: terminate: the key is freed first, then the pages come back (a proposed patch)",
    "Kernel: Linux 7.3",
    "Policy: quirk: clears nothing here",
    `Decided by: ${TABLED.decision.rules.join(", ")}`,
  ]);
  const { decision, report } = TABLED;
  const other = facts({
    ...TABLED,
    mode: "Li",
    vcpus: 1,
    decision: { ...decision, hostKeys: "shared-integrity", clear: true, kernelNote: "as asked" },
    report: { ...report, path: "dynamic", policy: "always" },
  });
  assertEquals([other[1], ...other.slice(3, 8)], [
    "TD: 18 GiB, 1 vCPU",
    "Integrity mode: Li",
    "Host KeyIDs: shared, with integrity",
    "Path: dynamic: the guest's pages are removed first, then the key is freed (mainline Linux)",
    "Kernel: Linux 7.3 (as asked)",
    "Policy: always: clears here",
  ]);
});

/** The maps of memory: what each says, and the titles of its marks. */
function maps(data: TeardownPage): [caption: string, titles: string[]][] {
  return [...read(teardownHtml(data)).querySelectorAll(".maps figure")].map((figure) => [
    text(figure.querySelector("figcaption")),
    [...figure.querySelectorAll("title")].map(text),
  ]);
}

Deno.test("teardownHtml() draws a map for each thing that became of pages", () => {
  // 1 GiB in 1024 cells of 1 MiB: the TD fills four of them, its control pages stand in the fifth.
  assertEquals(maps(HAZARD), [
    [
      "retired: 1,024 pages a load in user mode met a machine check, and the host takes the page " +
      "out of use",
      [],
    ],
    ["free: 35 pages came back, not used yet", []],
  ]);
  const shown = read(teardownHtml(HAZARD));
  // Rows of 32 cells, of which every fourth says where it begins.
  const labels = [...shown.querySelector(".maps figure")!.querySelectorAll("svg text")];
  assertEquals(
    labels.map(text),
    [0, 128, 256, 384, 512, 640, 768, 896].map((at) => at === 0 ? "0 B" : `${at} MiB`),
  );
  // 32 cells of 16 side by side, and room for the addresses before them.
  const [x, y, width, height] = shown.querySelector(".maps svg")!.getAttribute("viewBox")!.split(
    " ",
  )
    .map(Number);
  assertEquals([x! < 0, y, width! + x!, height], [true, 0, 32 * 16, 32 * 16]);
  const full = shown.querySelector(".maps path.retired")!.getAttribute("d")!;
  // Side by side in the first row, almost as wide as their cells of 16.
  const corners = [...full.matchAll(/M([\d.]+) ([\d.]+)/g)].map((
    [, x, y],
  ) => [Number(x), Number(y)]);
  assertEquals(corners, [0.8, 16.8, 32.8, 48.8].map((x) => [x, 0.8]));
  assertStringIncludes(
    text(shown.querySelector("#memory")),
    "261,085 pages were not the TD's. No page is poisoned or leaked.",
  );
  const { map } = HAZARD;
  assertStringIncludes(
    text(
      read(teardownHtml({ ...HAZARD, map: { ...map, total: { ...map.total, other: 1 } } }))
        .querySelector("#memory"),
    ),
    "1 page was not the TD's. No page",
  );
  const listed = table(shown, "The first of them by address: 10 of 1,024 retired");
  assertEquals(listed[0], ["Address", "Became", "PAMT now", "Poisoned", "Poison from"]);
  assertEquals(listed[1], ["0x0", "retired", "NDA", "64 of 64", "partial write"]);
  assertEquals(listed.length, 11);
  assertStringIncludes(
    text(read(teardownHtml(TABLED)).querySelector("#memory")),
    "No page is retired, poisoned or leaked.",
  );
});

Deno.test("teardownHtml() shows single pages among many of another kind", async () => {
  const struck = await page(spr, "never", 4 * MiB, [0x5000, 0x105000]);
  assertEquals(
    maps(struck).slice(0, 2).map(([caption, titles]) => [caption.split(" a ")[0], titles]),
    [
      ["retired, poison from partial write: 1,024 pages", []],
      ["retired, poison from hardware transient: 2 pages", [
        "0x0: 1 retired, poison from hardware transient",
        "0x100000: 1 retired, poison from hardware transient",
      ]],
    ],
  );
});

Deno.test("teardownHtml() shows both readings of a clear, ranges as ranges, alike platforms together", () => {
  const shown = read(teardownHtml(TABLED));
  // 18 GiB in 24 s, less 40% at most; measured less 4,727,858 pages of 410 ns.
  const totals = (clearAs: string) =>
    table(shown, `Seconds, a clear as ${clearAs}`).slice(1).map((row) => row.slice(0, 2));
  const rows = (skipped: string) => [
    ["spr, emr"],
    ["always", "24 published"],
    ["quirk", "24 published"],
    ["never", skipped],
    ["gnr"],
    ["always", "24 published"],
    ["quirk", skipped],
    ["never", skipped],
  ];
  assertEquals(totals("published"), rows("14.4–24 derived"));
  assertEquals(totals("measured"), rows("22.1 derived"));
  const measured = table(shown, "Seconds, a clear as measured");
  assertEquals(measured[0]!.slice(0, 3), ["Policy", "total", "vCPU flush"]);
  // Each figure says whose it is, under each policy.
  const whose = (row: number) => measured[row]!.slice(1, -1).map((cell) => cell.split(" ").at(-1));
  assertEquals(whose(2), ["published", "assumed", "assumed", "derived", "measured"]);
  assertEquals(whose(4), ["derived", "assumed", "assumed", "derived", "derived"]);
  assertEquals([...shown.querySelectorAll("#time figcaption")].map(text), [
    "total",
    "cache write-back (assumed)",
    "reclaim",
    "clear",
  ]);
  assertStringIncludes(
    text(shown.querySelector("#time")),
    "Too short to be seen here: vCPU flush (at most 0.0004 s, assumed).",
  );
  // Where every phase can be seen nothing is said of others.
  const seen = TABLED.compared.map((one) => ({
    ...one,
    times: one.times.map((time) => ({
      ...time,
      terms: time.terms.filter(({ name }) => name !== "vCPU flush"),
    })),
  }));
  const all = read(teardownHtml({ ...TABLED, compared: seen }));
  assertEquals(text(all.querySelector("#time")).includes("Too short"), false);
  // What is assumed has a bar for either reading in neither's look: two groups, three policies.
  const bars = [...shown.querySelectorAll("#time figure")].map((figure) =>
    ["any", "published", "measured"].map((look) =>
      figure.querySelectorAll(`g[stroke="var(--${look})"] rect`).length
    )
  );
  const [one, two] = [[6, 0, 0], [0, 6, 6]];
  assertEquals(bars, [two, one, two, two]);
  // Of runs that clear: what is left out where nothing is cleared is nobody's figure.
  const terms = shown.querySelectorAll("#time details table:last-of-type tbody tr");
  const whoseClear = [...terms].slice(-2).map((row) => row.querySelectorAll("li").length);
  assertEquals(whoseClear, [1, 1]);
  const figures = table(shown, "Whose figures").slice(-2);
  assertEquals(figures.map(([term, figure]) => `${term}: ${figure!.split(":")[0]}`), [
    "clear as published: published",
    "clear as measured: measured",
  ]);
});

Deno.test("teardownHtml() has the machine checks of every platform under every policy", () => {
  const rows = table(read(teardownHtml(HAZARD)), "Seconds, a clear as measured").slice(1);
  const checks = rows.map((row) => row.length === 1 ? row[0] : [row[0], row.at(-1)].join(" "));
  assertEquals(checks, [
    "spr, emr",
    "always 0",
    "quirk 0",
    "never 1,024",
    "gnr",
    "always 0",
    "quirk 0",
    "never 0",
  ]);
});

Deno.test("teardownHtml() says where the published table does not reach", () => {
  const shown = read(teardownHtml(HAZARD));
  assertStringIncludes(
    table(shown, "Seconds, a clear as published")[2]!.slice(0, 2).join(": "),
    "extrapolated",
  );
  assertStringIncludes(
    text(shown.querySelector("#time")),
    "extrapolated from 18 and 107 GiB (E8)",
  );
});

Deno.test("teardownHtml() names the assumptions that it stands on", () => {
  const ids = (data: TeardownPage) =>
    [...read(teardownHtml(data)).querySelectorAll("#assumptions dt")].map(text).join(" ");
  const always = "A1 A2 A3 A4 A5 S1 S2 S3 S4 S5 S6 S7";
  // At a point of the table nothing lies between two of them, and its TD has as many vCPUs.
  assertEquals(ids(TABLED), `${always} E1 E4 E5 E6 E7`);
  assertEquals(ids(HAZARD), `${always} E1 E3 E4 E5 E6 E7 E8`);
});

Deno.test("teardownHtml() refuses to compare nothing, and a platform by its name", () => {
  assertThrows(
    () => teardownHtml({ ...HAZARD, compared: [] }),
    RangeError,
    "Expected at least one teardown in compared, got none",
  );
  assertThrows(
    () => teardownHtml({ ...HAZARD, platform: "spr" as unknown as Platform }),
    TypeError,
    'Expected platform to be one from definePlatform() for contract 1, got "spr"',
  );
});

Deno.test("teardownHtml() names every column, and sets numbers to the right", () => {
  const heads = [...read(teardownHtml(HAZARD)).querySelectorAll("table")].map((table) => [
    text(table.querySelector("caption")),
    ...[...table.querySelectorAll("thead th")].map((head) =>
      head.getAttribute("class") === "number" ? `${text(head)} #` : text(head)
    ),
  ]);
  const seconds = ["total #", "vCPU flush #", "cache write-back #", "reclaim #", "clear #"];
  assertEquals(heads, [
    [
      "The first of them by address: 10 of 1,024 retired",
      "Address #",
      "Became",
      "PAMT now",
      "Poisoned #",
      "Poison from",
    ],
    ["Seconds, a clear as published", "Policy", ...seconds, "Machine checks #"],
    ["Seconds, a clear as measured", "Policy", ...seconds, "Machine checks #"],
    ["Whose figures", "Term", "Figure"],
    ["Pages of 4 KiB that came back", "Of the", "Pages #", "Lines cleared #", "Fences #"],
    ["SEAMCALLs", "Leaf", "Count #"],
    ["What went otherwise", "What", "Count #"],
    ["Rules that fired in this run", "Rule", "Lines #", "In words", "Source"],
    ["Platforms, as their plugins declare them", "Name", "Platform", "tdx_pw_mce", "Sources"],
  ]);
});

Deno.test("teardownHtml() says what the plugin declares of the erratum, and how sure that is", () => {
  const declared = (data: TeardownPage) =>
    table(read(teardownHtml(data)), "Platforms, as their plugins declare them").slice(1)
      .map((row) => [row[0], row[2]]);
  const all = [["spr", "yes, confirmed"], ["gnr", "no, confirmed"], ["emr", "yes, confirmed"]];
  for (const data of [HAZARD, TABLED]) {
    const rows = declared(data);
    assertEquals(rows.length > 0, true);
    for (const row of rows) assertEquals(row, all.find(([name]) => name === row[0]));
  }
});

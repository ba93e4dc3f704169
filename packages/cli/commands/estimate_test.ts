import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { meteredClear } from "../estimate/clear.ts";
import { PLATFORM_NAMES, refused, tdx, tdxJson, testData } from "../fixtures_test.ts";
import { UsageError } from "../shell/values.ts";

const MAINLINE = ["--platform", "gnr", "--memory", "400GiB", "--vcpus", "64"];
const LARGE = [...MAINLINE, "--path", "terminate"];

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test("tdx estimate gives the published seconds of a path back", async () => {
  for (const [path, seconds] of [["dynamic", 5539], ["terminate", 467]] as const) {
    const { status, answer } = await tdxJson("estimate", ...MAINLINE, "--path", path);
    assertEquals([status, answer.path, answer.insideTable, answer.headline], [0, path, true, null]);
    assertEquals(answer.estimates.map(({ clear }: Json) => clear.name), ["published", "measured"]);
    for (const { always } of answer.estimates) {
      assertEquals(always.total.seconds, { low: seconds, high: seconds });
    }
  }
});

Deno.test("tdx estimate reckons by the path of Linux, leads with removal, and shows the other path", async () => {
  const { answer } = await tdxJson("estimate", ...MAINLINE);
  assertEquals(answer.path, "dynamic");
  const [other, ...none] = answer.otherPaths;
  assertEquals([other.path, none], ["terminate", []]);
  for (const { always } of other.estimates) {
    assertEquals(always.total.seconds, { low: 467, high: 467 });
  }
  const { text } = await tdx("estimate", ...MAINLINE);
  // 187 s and 43.1 s, of 5539 s.
  assertEquals(
    text.split("\n")[1],
    "Most of it is removal (derived), not clearing: of 5539 s (published) clearing every page is " +
      "at most 3.4% (published), 0.78% (measured)",
  );
  assertMatch(
    text,
    /\nBy path terminate .*:\n {2}clear as published: always 467 s, quirk 280–467 s; /,
  );
  // A clear that takes most of it is not called less.
  const slow = await tdx("estimate", ...LARGE, "--clear", "4000");
  assertMatch(slow.text, /\nOf 467 s \(published\) clearing every page is 90% \(assumed\), /);
  // One that takes longer than all of the other path's shutdown has no estimate there.
  const slower = await tdx("estimate", ...MAINLINE, "--clear", "5000");
  assertEquals(slower.status, 0);
  assertStringIncludes(slower.text, "\n  Expected clear as at most 4444 ns a page");
});

Deno.test("tdx estimate --inventory sums both paths up where none is named", async () => {
  const args = ["--inventory", testData("inventory.csv")];
  const { answer } = await tdxJson("estimate", ...args);
  const hours = (found: Json) => [found.path, found.all.always.hoursPerDay.low * 3600];
  // gnr 10 of 5539 or 467 s, emr 100 of 517 or 134 s, srf 0.5 of 72 or 24 s.
  assertEquals([answer, ...answer.otherPaths].map(hours), [
    ["dynamic", 55390 + 51700 + 36],
    ["terminate", 4670 + 13400 + 12],
  ]);
  const { text } = await tdx("estimate", ...args);
  assertEquals(text.match(/^Hours a day, path \w+/gm), [
    "Hours a day, path dynamic",
    "Hours a day, path terminate",
  ]);
});

Deno.test("tdx estimate gives every term a range, whose figure it is, and its source", async () => {
  const { answer } = await tdxJson("estimate", ...LARGE);
  const terms = answer.estimates.flatMap(({ always, quirk }: Json) =>
    [always, quirk].flatMap(({ terms, total }) => [...terms, total])
  );
  assertEquals(terms.length, 2 * 2 * 5);
  for (const { name, seconds, provenance, source } of terms) {
    assert(seconds.low >= 0 && seconds.low <= seconds.high, name);
    assert(["published", "measured", "assumed", "derived"].includes(provenance), provenance);
    assert(source !== "");
  }
  assertEquals(answer.assumptions[0].id, "E1");
});

Deno.test("tdx estimate shows both costs of a clear, and chooses none", async () => {
  const { status, text } = await tdx("estimate", ...LARGE);
  assertEquals(status, 0);
  // 40% of 467 s over 105,063,192 pages; 105,063,192 pages of 410 ns.
  assertStringIncludes(text, "\nClear as published: at most 1778 ns a page\n");
  assertStringIncludes(text, "\nThe patch saves 0–187 s, 0–40%\n");
  assertStringIncludes(
    text,
    "\nClear as measured: 410 ns a page, for this project on an Emerald Rapids core\n",
  );
  assertStringIncludes(text, "\nThe patch saves 43.1 s, 9.2%\n");
  assertMatch(text, /\nseconds +always +whose figure +quirk +whose figure\n/);
  assertMatch(text, /\nclear +43\.1 +measured +0 +derived\n/);
  // Nobody published the 424 s, nor what the other terms leave of the 467 s.
  assertMatch(text, /\nreclaim +422–424 +derived +422–424 +derived\n/);
  assertMatch(text, /\ntotal +467 +published +424 +derived\n/);
  assertMatch(text, /\n {2}derived: reckoned from .* E4 and E5; nobody published it\n/);
  assertMatch(
    text,
    /up to 40% of the shutdown .*; the measured figure explains 9\.2%\.\n.*neither/,
  );
});

Deno.test("tdx estimate says that the patch saves nothing with the erratum", async () => {
  const emr = await tdx("estimate", "--platform", "emr", ...LARGE.slice(2));
  assertEquals(emr.text.match(/The patch saves nothing here: with the erratum/g)?.length, 2);
  assertMatch(emr.text, /\ntotal +467 +published +467 +published\n/);
});

// A kernel, and what it does on a reclaim (X1).
const KERNELS = [
  ["6.17", "Linux 6.17 goes as always"],
  ["6.18", "Linux 6.18 goes as quirk"],
  ["7.2", "Linux 7.2 goes as quirk"],
  ["6.8.0-1014-intel", "Whether Linux 6.8.0-1014-intel goes as always or quirk is not known"],
] as const;

Deno.test("tdx estimate says as which policy a kernel goes", async () => {
  for (const [kernel, said] of KERNELS) {
    assertStringIncludes(
      (await tdx("estimate", ...MAINLINE, "--kernel", kernel)).text,
      `\n${said}\n`,
    );
  }
});

// What is asked for, the name of the headline, the seconds it saves at least and at most.
const CLEAR = [
  ["published", "published", 0, 186.8],
  ["measured", "measured", 43.076, 43.076],
  ["240.5", "given", 25.268, 25.268],
] as const;

Deno.test("tdx estimate --clear puts one cost first, beside the others", async () => {
  for (const [clear, name, low, high] of CLEAR) {
    const { answer } = await tdxJson("estimate", ...LARGE, "--clear", clear);
    const names = answer.estimates.map(({ clear }: Json) => clear.name);
    assertEquals([answer.headline, names[0], new Set(names).size], [name, name, names.length]);
    for (const other of ["published", "measured"]) assert(names.includes(other));
    assertAlmostEquals(answer.estimates[0].saved.seconds.low, low, 1e-3);
    assertAlmostEquals(answer.estimates[0].saved.seconds.high, high, 1e-3);
    const { text } = await tdx("estimate", ...LARGE, "--clear", clear);
    assertEquals(text.match(/^Clear as \w+: /gm)?.length, 1);
    assertEquals(text.match(/^Clear as \w+, to compare: /gm)?.length, names.length - 1);
  }
});

/** What `tdx meter --json` wrote, changed. */
async function meterReport(change: (report: Json) => void): Promise<string> {
  const report = JSON.parse(await Deno.readTextFile(testData("meter.json")));
  change(report);
  return JSON.stringify(report);
}

const METER_SOURCE =
  "tdx meter on INTEL(R) XEON(R) 6980P: MOVDIR64B with a fence each 4 KiB through " +
  "huge pages, one thread; median 304 ns, middle half 299 to 312 ns, 15 repeats of 1 GiB";

Deno.test("tdx estimate --clear FILE takes what a meter measured, with its range and machine", async () => {
  const { status, answer } = await tdxJson("estimate", ...LARGE, "--clear", testData("meter.json"));
  assertEquals([status, answer.headline], [0, "metered"]);
  const [{ clear: { share, ...clear }, always, quirk, saved }, ...others] = answer.estimates;
  assertEquals(clear, {
    name: "metered",
    provenance: "measured here",
    source: METER_SOURCE,
    nsPerPage: { low: 298.5, high: 311.75 },
  });
  // 105,063,192 pages.
  for (const seconds of [saved.seconds, always.terms[3].seconds]) {
    assertAlmostEquals(seconds.low, 31.3614, 1e-3);
    assertAlmostEquals(seconds.high, 32.7534, 1e-3);
  }
  assertAlmostEquals(share.high, 32.7534 / 467, 1e-4);
  assertEquals(quirk.total.provenance, "derived");
  assertEquals(others.map(({ clear }: Json) => clear.name), ["published", "measured"]);

  const { text } = await tdx("estimate", ...LARGE, "--clear", testData("meter.json"));
  assertStringIncludes(text, "\nClear as metered: 299–312 ns a page\n");
  assertMatch(text, /\nclear +31\.4–32\.8 +measured here +0 +derived\n/);
  assertStringIncludes(text, `\n  clear, metered: ${METER_SOURCE}\n`);
});

Deno.test("meteredClear() says where what was measured fits in a cache, even just", async () => {
  for (const [more, fits] of [[-1, false], [0, true]] as const) {
    const text = await meterReport((report) =>
      report.cpu.lastLevelCacheBytes = report.bytesPerThread + more
    );
    const { source } = meteredClear(text, "meter.json");
    assertEquals(source.endsWith(", which fits in its cache"), fits);
  }
});

Deno.test("tdx estimate --clear FILE counts for a fleet too", async () => {
  const args = ["--inventory", testData("inventory.csv"), "--clear", testData("meter.json")];
  const { status, answer } = await tdxJson("estimate", ...args);
  const [saved] = answer.platforms[0].saved;
  assertEquals([status, saved.name], [0, "saved, clear as metered"]);
  assertAlmostEquals(saved.hoursPerDay.high, 327.534 / 3600, 1e-6);
  assertEquals(saved.source, `the clear that is skipped, measured here: ${METER_SOURCE}`);
});

Deno.test("tdx estimate --clear FILE says where the machine did not measure it, and why", async () => {
  const file = testData("meter_without_movdir64b.json");
  assertEquals(
    await refused("estimate", ...LARGE, "--clear", file),
    `tdx: Expected ${file} to have MOVDIR64B with a fence each 4 KiB through huge pages, one thread, ` +
      "got none: not measured on AMD EPYC, under a hypervisor: MOVDIR64B, CPUID.7.0 ECX[28], is 0: " +
      "this CPU lacks it or its hypervisor hides it",
  );
});

Deno.test("meteredClear() takes no other measurement for what Linux does", async () => {
  // The one that counts stands last.
  const others = await meterReport(({ measurements }) => measurements.pop());
  assertThrows(
    () => meteredClear(others, "meter.json"),
    UsageError,
    "got none: not measured on INTEL(R) XEON(R) 6980P",
  );
  const cached = await meterReport((report) => report.bytesPerThread = 2 ** 26);
  assertMatch(meteredClear(cached, "meter.json").source, /of 64 MiB, which fits in its cache$/);
});

// What is changed in a meter's report, and which part is refused then.
const NO_REPORT: readonly (readonly [string, (report: Json) => void, string])[] = [
  ["another format", (report) => report.formatVersion = 2, "formatVersion"],
  ["no CPU", (report) => delete report.cpu, "cpu"],
  ["a brand that steers", ({ cpu }) => cpu.brand = "\x1b[2J", "cpu"],
  ["no size", (report) => report.bytesPerThread = "1 GiB", "bytesPerThread"],
  ["no measurements", (report) => report.measurements = {}, "measurements"],
  ["no measurement", ({ measurements }) => measurements[4] = null, "measurements"],
  ["no figure", ({ measurements }) => measurements[4].nsPerPage.low = null, "measurements"],
  [
    "figures out of order",
    ({ measurements }) => measurements[4].nsPerPage.low = 400,
    "measurements",
  ],
  ["no reason", ({ notMeasured }) => delete notMeasured[0].reason, "notMeasured"],
];

Deno.test("meteredClear() refuses a report that no meter wrote, and says which part", async () => {
  for (const [what, change, part] of NO_REPORT) {
    const text = await meterReport(change);
    const { message } = assertThrows(() => meteredClear(text, "m.json"), UsageError);
    const expected = "Expected m.json to be what tdx meter --json writes";
    assertEquals(message, `${expected}, got another ${part}`, what);
  }
});

Deno.test("tdx estimate tells a bound beyond the published table, and how", async () => {
  const args = ["--platform", "gnr", "--memory", "401GiB", "--vcpus", "4", "--path", "terminate"];
  const { status, answer } = await tdxJson("estimate", ...args);
  assertEquals([status, answer.insideTable], [0, false]);
  for (const { always } of answer.estimates) {
    assertEquals(always.total.provenance, "extrapolated");
    assertMatch(always.total.source, /; extrapolated from 107 and 400 GiB \(E8\)/);
  }
  const { text } = await tdx("estimate", ...args);
  assertStringIncludes(
    text,
    "\nThe published table has 18 to 400 GiB: the total for this size is a bound, extrapolated as",
  );
  assertMatch(text, /\ntotal +468 +extrapolated +281–468 +extrapolated\n/);
  assertMatch(text, /\n {2}E8 Outside the published table /);
});

// Shutdowns a day, seconds and hours: gnr 10 of 467 s, emr 100 of 134 s, srf 0.5 of 24 s.
for (const file of ["inventory.csv", "inventory.jsonl"]) {
  Deno.test(`tdx estimate --inventory sums hours a day up by platform, ${file}`, async () => {
    const { status, answer } = await tdxJson(
      "estimate",
      "--inventory",
      testData(file),
      "--path",
      "terminate",
    );
    assertEquals([status, answer.rowsBad, answer.rowsOutsideTable], [0, 0, 0]);
    const rows = [...answer.platforms, answer.all].map((group: Json) => [
      group.platform,
      group.rows,
      group.shutdownsPerDay,
      ...[group.always, ...group.saved].flatMap(({ hoursPerDay: { low, high } }: Json) =>
        [low, high].map((hours) => Number((hours * 3600).toFixed(3)))
      ),
    ]);
    // Pages with the control pages: gnr 105,063,192, srf 4,727,858; 410 ns each.
    assertEquals(rows, [
      ["gnr", 1, 10, 4670, 4670, 0, 1868, 430.759, 430.759],
      ["emr", 1, 100, 13400, 13400, 0, 0, 0, 0],
      ["srf", 1, 0.5, 12, 12, 0, 4.8, 0.969, 0.969],
      ["all", 3, 110.5, 18082, 18082, 0, 1872.8, 431.728, 431.728],
    ]);
    const names = [answer.all.always, ...answer.all.saved].map(({ name, provenance }: Json) => [
      name,
      provenance,
    ]);
    assertEquals(names, [
      ["shutdown, always", "published"],
      ["saved, clear as published", "derived"],
      ["saved, clear as measured", "derived"],
    ]);
    assertMatch(answer.all.saved[1].source, /^the clear that is skipped, measured: measurement /);
  });
}

Deno.test("tdx estimate --inventory takes path and clear for every row", async () => {
  const args = ["--inventory", testData("inventory.csv"), "--path", "dynamic", "--clear", "1000"];
  const { answer } = await tdxJson("estimate", ...args);
  const [gnr] = answer.platforms;
  assertAlmostEquals(gnr.always.hoursPerDay.low, 55390 / 3600, 1e-9);
  assertEquals(gnr.saved[0].name, "saved, clear as given");
  assertAlmostEquals(gnr.saved[0].hoursPerDay.low, 1050.63192 / 3600, 1e-9);
});

Deno.test("tdx estimate --inventory counts a row that --clear does not fit in the other sums", async () => {
  // 467 s of 105,063,192 pages are 4444 ns each; the other rows take longer for a page.
  const args = ["--inventory", testData("inventory.csv"), "--clear", "4600", "--path", "terminate"];
  const { status, answer } = await tdxJson("estimate", ...args);
  assertEquals([status, answer.rowsBad, answer.badRows, answer.rowsWithoutClear], [3, 0, [], 1]);
  const trouble =
    "Expected clear as at most 4444 ns a page, which is the whole published shutdown " +
    "on the terminate path, got 4600";
  assertEquals(answer.withoutClearRows, [{ row: 2, column: 1, trouble }]);
  const { all, platforms: [gnr] } = answer;
  assertEquals([all.rows, all.always.rows], [3, 3]);
  assertAlmostEquals(all.always.hoursPerDay.low, 18082 / 3600, 1e-9);
  const saved = ({ saved }: Json) => saved.map(({ name, rows }: Json) => [name, rows]);
  assertEquals(saved(all), [
    ["saved, clear as given", 2],
    ["saved, clear as published", 3],
    ["saved, clear as measured", 3],
  ]);
  // 4,727,858 pages of 4600 ns, half a time a day.
  assertAlmostEquals(all.saved[0].hoursPerDay.low, 4_727_858 * 4600e-9 / 2 / 3600, 1e-9);
  assertEquals([gnr.rows, gnr.saved[0].hoursPerDay, gnr.saved[0].rows], [1, null, 0]);

  const { text } = await tdx("estimate", ...args);
  assertStringIncludes(
    text,
    `\nRows that --clear does not fit, in every other sum: 1\n  ${args[1]}:2:1: ${trouble}\n`,
  );
  assertMatch(text, /\ngnr +1 +10 +1\.3 +unknown \(0 of 1 rows\) /);
});

Deno.test("tdx estimate --inventory names bad rows and counts the good ones, status 3", async () => {
  const file = testData("inventory_bad.csv");
  const args = ["--inventory", file, "--path", "terminate"];
  const { status, answer } = await tdxJson("estimate", ...args);
  assertEquals([status, answer.rowsBad, answer.rowsOutsideTable], [3, 9, 1]);
  // The header is row 1, and row 2 is empty.
  const badRows = answer.badRows.map(({ row, trouble }: Json) => ({ row, trouble }));
  assertEquals(badRows, [
    {
      row: 5,
      trouble: `Expected platform to be one of ${PLATFORM_NAMES}, got sprr; did you mean spr?`,
    },
    {
      row: 6,
      trouble: "Expected memory as a size like 400GiB, 256G, 1.5T or 4096 (bytes), of powers of " +
        "1024, got 400 gigs",
    },
    { row: 7, trouble: "Expected vcpus as a whole number from 1, got -64" },
    { row: 8, trouble: "Expected shutdowns per day as a number from 0 to 1000000000, got -10" },
    { row: 9, trouble: "Expected guest memory as a positive multiple of 4096 bytes, got 5000" },
    { row: 10, trouble: "Expected 4 fields as in the header, got 3" },
    {
      row: 11,
      trouble: 'Expected fields of CSV, got extraneous or missing " in quoted-field',
    },
    { row: 12, trouble: "Expected platform, got none" },
    { row: 13, trouble: "Expected vcpus to be a whole number from 1 to 65535, got 65536" },
  ]);
  const [gnr, emr] = answer.platforms;
  assertEquals([gnr.rows, gnr.always.rows, gnr.saved[1].rows, emr.rows], [2, 2, 2, 1]);
  // 16 GiB: 24 / 18 s each, or 24 s less 2 times 110 / 89.
  assertAlmostEquals(gnr.always.hoursPerDay.low, (4670 + 10 * 16 * 24 / 18) / 3600, 1e-9);
  assertAlmostEquals(gnr.always.hoursPerDay.high, (4670 + 240 - 2200 / 89) / 3600, 1e-9);

  const { text } = await tdx("estimate", ...args);
  assertMatch(text, /\ngnr +2 +20 +1\.36 /);
  assertStringIncludes(
    text,
    "\nRows outside the published table, 18 to 400 GiB: 1; their hours are ex",
  );
  assertStringIncludes(
    text,
    `\nBad rows of ${file}, in no sum: 9\n  ${file}:5:1: Expected platform`,
  );
});

Deno.test("tdx estimate --inventory extrapolates hours beyond the table, and says so", async () => {
  const args = ["--inventory", testData("inventory_outside.csv"), "--path", "terminate"];
  const { status, answer: { platforms: [gnr, emr], ...answer } } = await tdxJson(
    "estimate",
    ...args,
  );
  assertEquals([status, answer.rowsBad, answer.rowsOutsideTable], [0, 0, 2]);
  const whose = [gnr.always, ...gnr.saved].map(({ provenance }: Json) => provenance);
  assertEquals(whose, ["extrapolated", "extrapolated", "derived"]);
  assertAlmostEquals(gnr.always.hoursPerDay.low, 10 * 16 * 24 / 18 / 3600, 1e-9);
  // 4,194,304 guest pages; control: Secure EPT 8,192 + 16 + 1, vCPUs 24, TDCS 6, TDR 1.
  assertAlmostEquals(gnr.saved[1].hoursPerDay.low, 10 * 4_202_544 * 410e-9 / 3600, 1e-12);
  // With the erratum nothing is saved, at any size.
  for (const { hoursPerDay } of emr.saved) assertEquals(hoursPerDay, { low: 0, high: 0 });
});

Deno.test("tdx estimate --inventory without a good row says why, status 1", async () => {
  const { status, text } = await tdx("estimate", "--inventory", testData("inventory_none.csv"));
  assertEquals(status, 1);
  assertStringIncludes(text, "No row could be counted\n");
  assertStringIncludes(text, ":2:1: Expected platform to be one of ");
  const { answer } = await tdxJson("estimate", "--inventory", testData("inventory_none.csv"));
  assertEquals([answer.all, answer.platforms], [null, []]);
});

// What is typed, and the message.
const CLEAR_EXPECTED =
  "tdx: Expected --clear as measured, published, nanoseconds a page like 410, or a readable file ";
const BAD: readonly (readonly [readonly string[], string])[] = [
  [[], "tdx: Expected --memory and --vcpus, or --inventory, got no --memory"],
  [["--memory", "18GiB"], "tdx: Expected --memory and --vcpus, or --inventory, got no --vcpus"],
  [["--memory", "18GiB", "--vcpus", "0"], "tdx: Expected --vcpus as a whole number from 1, got 0"],
  [
    [...LARGE.slice(2, 4), "--vcpus", "65536"],
    "tdx: Expected vcpus to be a whole number from 1 to",
  ],
  [["--memory", "0", "--vcpus", "4"], "tdx: Expected guest memory as a positive multiple of 4096 "],
  [["--memory", "18GiB", "--vcpus", "4", "--path", "fast"], "tdx: Expected --path to be one of "],
  [["--clear", "fast"], CLEAR_EXPECTED],
  [["--clear", "0"], CLEAR_EXPECTED],
  [["--clear", "-5"], CLEAR_EXPECTED],
  [
    [...LARGE.slice(2), "--clear", "10000"],
    "tdx: Expected clear as at most 4444 ns a page, which is the whole published shutdown on the ",
  ],
  [["--clear", testData("spr.cpuid")], "spr.cpuid to be what tdx meter --json writes, got no JSON"],
  [["--clear", "-", "--cpuid", "-"], "Expected standard input for one option, got it for --clear"],
  [
    ["--from", "x", "--memory", "1GiB", "--vcpus", "1"],
    "Expected --from without --platform, which",
  ],
  [["18GiB"], "tdx: Expected only options, got 18GiB"],
];
const BAD_INVENTORY: readonly (readonly [readonly string[], string])[] = [
  [[testData("empty.txt")], "tdx: Expected an inventory as CSV or JSON lines, got no "],
  [["nowhere.csv"], "nowhere.csv: no such file"],
  [[testData("spr.cpuid")], "spr.cpuid:1:1: Expected the columns platform, memory, "],
  [
    [testData("inventory.csv"), "--memory", "4GiB", "--platform", "gnr"],
    "tdx: Expected --inventory alone, got --platform --memory beside it",
  ],
];

Deno.test("tdx estimate refuses what makes no sense, in words", async () => {
  for (const [args, message] of BAD) {
    const platform = args.includes("--cpuid") ? [] : ["--platform", "gnr"];
    assertStringIncludes(await refused("estimate", ...platform, ...args), message);
  }
  for (const [args, message] of BAD_INVENTORY) {
    assertStringIncludes(await refused("estimate", "--inventory", ...args), message);
  }
});

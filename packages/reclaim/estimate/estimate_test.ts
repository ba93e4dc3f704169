import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { GiB, type Interval } from "@tdx/core";
import { linux } from "@tdx/linux";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import fc from "fast-check";
import { WITH_ERRATUM, WITHOUT_ERRATUM } from "../_fixtures_test.ts";
import { type Estimate, estimate, type EstimateOptions } from "./estimate.ts";
import { ESTIMATE_ASSUMPTIONS } from "./figures.ts";

// vCPUs, GiB, then by path: seconds, µs a guest page; the share that 40% of the terminate path is,
// and the share that the measured 0.41 µs a page is, in percent.
const TABLE = [
  [4, 18, "dynamic", 72, 15.3, 13.3, 2.7],
  [4, 18, "terminate", 24, 5.09, 40, 8.1],
  [32, 107, "dynamic", 517, 18.4, 10.4, 2.2],
  [32, 107, "terminate", 134, 4.78, 40, 8.6],
  [64, 400, "dynamic", 5539, 52.8, 3.4, 0.8],
  [64, 400, "terminate", 467, 4.45, 40, 9.2],
] as const;

const LARGE = { platform: gnr, guestBytes: 400 * GiB, vcpus: 64, path: "terminate" } as const;

function near(actual: Interval, low: number, high: number, tolerance: number) {
  assertAlmostEquals(actual.low, low, tolerance);
  assertAlmostEquals(actual.high, high, tolerance);
}

/** The terms as rows: name, seconds, provenance. */
function rows({ always: { terms, total } }: Pick<Estimate, "always">) {
  return [...terms, total].map(({ name, seconds, provenance }) => [name, seconds, provenance]);
}

for (const [vcpus, gib, path, seconds, usPerPage, boundPercent, measuredPercent] of TABLE) {
  Deno.test(`estimate() gives the published ${seconds} s back, ${gib} GiB, ${path} path`, () => {
    const td = { platform: gnr, guestBytes: gib * GiB, vcpus, path };
    const published = estimate({ ...td, clear: "published" });
    assertEquals(published.always.total.seconds, { low: seconds, high: seconds });
    assertAlmostEquals(seconds / (td.guestBytes / 4096) * 1e6, usPerPage, 0.05);
    // Seconds between none saved and the bound.
    const bound = seconds * boundPercent / 100;
    near(published.saved.share, 0, boundPercent / 100, 5e-4);
    near(published.saved.seconds, 0, bound, seconds * 5e-4);
    near(published.quirk.total.seconds, seconds - bound, seconds, seconds * 5e-4);
    // About 1.8 to 2.0 µs a page on either path.
    const { high } = published.clear.nsPerPage!;
    assert(high > 1770 && high < 2040, `${high}`);

    const measured = estimate({ ...td, clear: "measured" });
    assertEquals(measured.always.total.seconds, { low: seconds, high: seconds });
    assertEquals(measured.clear.nsPerPage, { low: 410, high: 410 });
    near(measured.saved.share, measuredPercent / 100, measuredPercent / 100, 5e-4);
    assertEquals(measured.assumptions, ["E1", "E4", "E5", "E6", "E7"]);
  });
}

Deno.test("estimate() takes the path of Linux by default", () => {
  const { path, always } = estimate({ platform: gnr, guestBytes: 400 * GiB, vcpus: 64 });
  assertEquals([path, always.total.seconds], ["dynamic", { low: 5539, high: 5539 }]);
});

Deno.test("estimate() splits the time by phase, with whose figure each is", () => {
  // 104,857,600 guest pages; control pages: Secure EPT 204,800 + 400 + 1, vCPUs 64 * 6, TDCS 6,
  // TDR 1. Clearing all 105,063,192 at 410 ns takes 43.08 s.
  const measured = estimate({ ...LARGE, clear: "measured" });
  assertEquals(measured.pages, 105_063_192);
  const [flush, writeBack, reclaim, clear, total] = rows(measured);
  assertEquals(flush, ["vCPU flush", { low: 0, high: 0.0064 }, "assumed"]);
  assertEquals(writeBack, ["cache write-back", { low: 0, high: 2 }, "assumed"]);
  assertEquals(total, ["total", { low: 467, high: 467 }, "published"]);
  assertEquals([reclaim![0], reclaim![2]], ["reclaim", "derived"]);
  near(reclaim![1] as Interval, 467 - 43.076 - 2.0064, 467 - 43.076, 1e-3);
  assertEquals([clear![0], clear![2]], ["clear", "measured"]);
  near(clear![1] as Interval, 43.076, 43.076, 1e-3);

  const published = rows(estimate(LARGE));
  assertEquals(published.map(([name]) => name), [
    "vCPU flush",
    "cache write-back",
    "reclaim",
    "clear",
    "total",
  ]);
  assertEquals(published[3]![2], "published");
  near(published[3]![1] as Interval, 0, 186.8, 1e-3);
  near(published[2]![1] as Interval, 280.2 - 2.0064, 467, 1e-3);

  assertEquals(rows(estimate({ ...LARGE, path: "dynamic" }))[2]![0], "removal");
});

Deno.test("estimate() calls derived what nobody published, and names what it comes from", () => {
  // 424 s: the published 467 s less 43 s that were measured elsewhere.
  const { always, quirk } = estimate({ ...LARGE, clear: "measured" });
  const whose = ({ terms, total }: Estimate["always"]) =>
    [...terms, total].map(({ provenance }) => provenance);
  assertEquals(whose(always), ["assumed", "assumed", "derived", "measured", "published"]);
  assertEquals(whose(quirk), ["assumed", "assumed", "derived", "derived", "derived"]);
  for (const { terms: [, , rest, clear] } of [always, quirk]) {
    assertEquals(
      rest!.source,
      "the published total less the clear as measured, assumption E4 and assumption E5",
    );
    assert(clear!.source !== "");
  }
  const published = "KVM_TDX_TERMINATE_VM posting to the KVM mailing list, June 2025, shutdown " +
    "times; hardware not stated; at 400 GiB";
  assertEquals(always.total.source, published);
  assertEquals(
    quirk.total.source,
    `${published}, less the clear that is skipped: measurement for this project, one core of an ` +
      "Emerald Rapids machine, MOVDIR64B with one fence per 4 KiB page",
  );
  // With the erratum both policies clear every page, as the published shutdowns did.
  const emrs = estimate({ ...LARGE, platform: emr });
  assertEquals(whose(emrs.quirk), ["assumed", "assumed", "derived", "published", "published"]);
});

for (const platform of [...WITH_ERRATUM, ...WITHOUT_ERRATUM]) {
  const erratum = WITH_ERRATUM.includes(platform);
  Deno.test(`estimate() ${erratum ? "saves nothing" : "skips the clear"} on ${platform.name}`, () => {
    for (const clear of ["published", "measured", 1000] as const) {
      // Neither inside the published table nor outside.
      for (const guestBytes of [400 * GiB, GiB]) {
        const { always, quirk, saved } = estimate({ ...LARGE, platform, guestBytes, clear });
        assertEquals([always.clears, quirk.clears], [true, erratum]);
        if (erratum) {
          assertEquals(quirk, always);
          assertEquals(saved, { seconds: { low: 0, high: 0 }, share: { low: 0, high: 0 } });
        } else {
          assertEquals(quirk.terms.at(-1)!.seconds, { low: 0, high: 0 });
          assert(saved.seconds === null || saved.seconds.high > 0);
        }
      }
    }
  });
}

// GiB, path, then the line of the time per page and the line of the time.
const BETWEEN = [
  [200, "dynamic", 1538.7, 2111.0],
  [200, "terminate", 245.1, 239.7],
  [62.5, "terminate", 80.8, 79],
] as const;

for (const [gib, path, perPage, straight] of BETWEEN) {
  Deno.test(`estimate() spans both lines between the points, ${gib} GiB, ${path} path`, () => {
    const { always, saved, assumptions, insideTable } = estimate({
      ...LARGE,
      guestBytes: gib * GiB,
      path,
    });
    near(always.total.seconds, Math.min(perPage, straight), Math.max(perPage, straight), 0.1);
    assert(always.total.source.includes("; interpolated between "), always.total.source);
    // The bound is a share of the same line.
    if (path === "terminate") near(saved.share, 0, 0.4, 1e-12);
    assertEquals([insideTable, assumptions], [true, ["E1", "E2", "E3", "E4", "E5", "E6", "E7"]]);
  });
}

// GiB, path; the bound, by hand from the published points (18: 72, 24; 107: 517, 134; 400: 5539, 467).
const OUTSIDE = [
  // 467 / 400 a GiB; 467 and 333 / 293 for each further one; 467 and 24 / 18, the longest published.
  [1024, "terminate", 1176.1877, 1299],
  // 5539 / 400 a GiB; the time a GiB goes on from 517 / 107 by its line: 33.0482 at 1024.
  [1024, "dynamic", 14179.84, 33841.3808],
  // 24 / 18 a GiB; the time's line: 24 less 2 times 110 / 89.
  [16, "terminate", 21.3333, 21.5281],
  // The time a GiB goes on from 517 / 107 by its line: 3.9813 at 16; 72 / 18.
  [16, "dynamic", 63.7009, 64],
] as const;

for (const [gib, path, low, high] of OUTSIDE) {
  Deno.test(`estimate() extrapolates ${gib} GiB on the ${path} path, and says so (E8)`, () => {
    const found = estimate({ ...LARGE, guestBytes: gib * GiB, path });
    assertEquals(found.insideTable, false);
    near(found.always.total.seconds, low, high, 1e-4);
    assertEquals(found.always.total.provenance, "extrapolated");
    const points = gib > 400 ? "107 and 400" : "18 and 107";
    assert(found.always.total.source.includes(`; extrapolated from ${points} GiB (E8)`));
    assert(found.assumptions.includes("E8"));
    assert(!estimate(LARGE).assumptions.includes("E8"));
    const [, , rest, clear] = rows(found);
    assertEquals([rest![2], clear![2]], ["extrapolated", "extrapolated"]);
    assertMatch(found.always.terms[2]!.source, /^the extrapolated total less the clear /);
    // What a core was measured to clear holds at any size.
    const measured = estimate({ ...LARGE, guestBytes: gib * GiB, path, clear: "measured" });
    assertEquals(rows(measured)[3]![2], "measured");
    const seconds = measured.pages * 410e-9;
    near(measured.saved.seconds, seconds, seconds, 1e-9);
  });
}

Deno.test("estimate() goes on where the table ends, and no larger TD is shut down sooner", () => {
  for (const path of ["terminate", "dynamic"] as const) {
    const at = (gib: number) =>
      estimate({ ...LARGE, guestBytes: gib * GiB, path }).always.total.seconds;
    near(at(400 + 1 / 1024), at(400).low, at(400).high, 0.1);
    near(at(18 - 1 / 1024), at(18).low, at(18).high, 0.1);
    for (const [smaller, larger] of [[1, 2], [8, 18], [400, 500], [1024, 2048], [4096, 8192]]) {
      assert(at(smaller!).low < at(larger!).low, `${path} ${smaller}`);
      assert(at(smaller!).high < at(larger!).high, `${path} ${smaller}`);
    }
  }
});

Deno.test("estimate() says that nobody published what Dynamic PAMT takes (X6, E9)", () => {
  const assumes = (version: string) =>
    estimate({ ...LARGE, kernel: linux(version) }).assumptions.includes("E9");
  assertEquals([assumes("7.3"), assumes("7.4")], [false, true]);
});

Deno.test("ESTIMATE_ASSUMPTIONS name their figures with the unit", () => {
  const { E4, E5 } = ESTIMATE_ASSUMPTIONS;
  assertEquals(E4, "TDH.VP.FLUSH takes at most 100 µs a vCPU");
  assertEquals(E5, "The host has 2 packages, and TDH.PHYMEM.CACHE.WB takes at most 1 s on each");
});

Deno.test("estimate() names the assumption where vCPUs are not those of the table", () => {
  const { assumptions, always } = estimate({ ...LARGE, vcpus: 8 });
  assertEquals(assumptions, ["E1", "E3", "E4", "E5", "E6", "E7"]);
  assertEquals(always.total.seconds, { low: 467, high: 467 });
  // Between two points neither's are the TD's.
  const between = estimate({ ...LARGE, guestBytes: 200 * GiB, vcpus: 32 });
  assert(between.assumptions.includes("E3"));
});

Deno.test("estimate() reckons with a given clear, up to the whole of what was published", () => {
  // 467 s / 105,063,192 pages = 4444.9 ns.
  const { clear, saved, always } = estimate({ ...LARGE, clear: 4444 });
  assertEquals([clear.name, clear.provenance], ["given", "assumed"]);
  assertEquals(clear.nsPerPage, { low: 4444, high: 4444 });
  near(saved.share, 0.9998, 0.9998, 1e-4);
  // Flush and write-back may take more than what is left.
  near(always.terms[2]!.seconds, 0, 467 - 466.9008, 1e-3);
  assertEquals(estimate({ ...LARGE, clear: 0.5 }).clear.nsPerPage, { low: 0.5, high: 0.5 });
  assertThrows(
    () => estimate({ ...LARGE, clear: 4445 }),
    RangeError,
    "Expected clear as at most 4444 ns a page, which is the whole published shutdown on the " +
      "terminate path, got 4445",
  );
  // Beyond the table nothing speaks against it.
  const { share } = estimate({ ...LARGE, guestBytes: GiB, clear: 4445 }).clear;
  // 262,693 pages in the 24 / 18 s of a GiB.
  near(share, 0.3907, 0.8758, 2e-3);
});

Deno.test("estimate() takes a clear that is longer than an extrapolated whole for all of it", () => {
  const { clear, saved, quirk } = estimate({ ...LARGE, guestBytes: GiB, clear: 1e6 });
  assertEquals([clear.share, saved.share], [{ low: 1, high: 1 }, { low: 1, high: 1 }]);
  assertEquals(quirk.total.seconds, { low: 0, high: 0 });
});

Deno.test("estimate() takes what a meter measured with its range, source and provenance", () => {
  const metered = { nsPerPage: { low: 300, high: 320 }, source: "a meter, on some machine" };
  const { clear: { share, ...clear }, always, quirk, saved } = estimate({
    ...LARGE,
    clear: metered,
  });
  assertEquals(clear, { name: "metered", provenance: "measured here", ...metered });
  near(share, 0.0675, 0.072, 1e-4);
  // 105,063,192 pages.
  near(saved.seconds, 31.519, 33.620, 1e-3);
  const [, , rest, term] = always.terms;
  assertEquals([term!.provenance, term!.source], ["measured here", metered.source]);
  near(rest!.seconds, 467 - 33.620 - 2.0064, 467 - 31.519, 1e-3);
  near(quirk.total.seconds, 467 - 33.620, 467 - 31.519, 1e-3);
  assertEquals(quirk.total.provenance, "derived");
  assert(quirk.total.source.endsWith("the clear that is skipped: a meter, on some machine"));
  // Its upper end must fit the shutdown too.
  assertThrows(
    () => estimate({ ...LARGE, clear: { ...metered, nsPerPage: { low: 300, high: 4445 } } }),
    RangeError,
    "Expected clear as at most 4444 ns a page, which is the whole published shutdown on the " +
      "terminate path, got 4445",
  );
  for (const [low, high] of [[0, 1], [-1, 1], [2, 1], [NaN, 1], [1, Infinity]] as const) {
    assertThrows(
      () => estimate({ ...LARGE, clear: { ...metered, nsPerPage: { low, high } } }),
      RangeError,
      "what a meter measured or a positive number of nanoseconds a page, got {",
    );
  }
});

Deno.test("estimate() refuses memory and vCPUs that no TD has, and other clears", () => {
  const clear =
    "Expected clear to be published, measured, what a meter measured or a positive number of " +
    "nanoseconds a page";
  const table: readonly (readonly [Partial<EstimateOptions>, string])[] = [
    [{ guestBytes: 0 }, "Expected guest memory as a positive multiple of 4096 bytes, got 0"],
    [{ guestBytes: -GiB }, "Expected guest memory as a positive multiple of 4096 bytes, got -1073"],
    [{ guestBytes: 5000 }, "Expected guest memory as a positive multiple of 4096 bytes, got 5000"],
    [{ vcpus: 0 }, "Expected vcpus to be a whole number from 1 to 65535, got 0"],
    [{ vcpus: 65536 }, "Expected vcpus to be a whole number from 1 to 65535, got 65536"],
    [{ clear: 0 }, `${clear}, got 0`],
    [{ clear: -1 }, `${clear}, got -1`],
    [{ clear: NaN }, `${clear}, got NaN`],
    [{ clear: Infinity }, `${clear}, got Infinity`],
    [{ clear: "slow" as "measured" }, `${clear}, got "slow"`],
  ];
  for (const [wrong, message] of table) {
    assertThrows(() => estimate({ ...LARGE, ...wrong }), RangeError, message);
  }
});

Deno.test("estimate() keeps every time inside the total, whatever the TD", () => {
  const td = fc.record({
    platform: fc.constantFrom(emr, gnr),
    guestBytes: fc.integer({ min: 18 * 2 ** 18, max: 400 * 2 ** 18 }).map((pages) => pages * 4096),
    vcpus: fc.integer({ min: 1, max: 65535 }),
    path: fc.constantFrom("terminate" as const, "dynamic" as const),
    clear: fc.constantFrom("published" as const, "measured" as const, 50, 4000),
  });
  fc.assert(fc.property(td, (options) => {
    const { always, quirk, saved } = estimate(options);
    for (const { total: { seconds }, terms } of [always, quirk]) {
      const parts = terms.map((term) => term.seconds!);
      assert(seconds.low > 0 && seconds.low <= seconds.high);
      for (const { low, high } of parts) assert(low >= 0 && low <= high);
      const sum = (end: "low" | "high") => parts.reduce((sum, part) => sum + part[end], 0);
      const slack = seconds.high * 1e-12;
      assert(sum("high") >= seconds.high - slack);
      assert(sum("low") <= seconds.high + slack);
    }
    assert(saved.share.low >= 0 && saved.share.high <= 1);
    assert(quirk.total.seconds.high <= always.total.seconds.high);
  }));
});

import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { GiB } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { busyAfterEach, tearDown } from "../_fixtures_test.ts";
import { createTdHost } from "../td_host/td_host.ts";
import { TEARDOWN_PATHS } from "../teardown/options.ts";
import { estimate } from "./estimate.ts";
import { clearingIsMinor, type ShutdownTime, simulatedTime } from "./shutdown_time.ts";

const CLEARS = ["published", "measured", 1234] as const;

/** Every second of it, in order; the total last. */
function seconds({ terms, total }: ShutdownTime): number[] {
  return [...terms, total].flatMap(({ seconds }) => [seconds.low, seconds.high]);
}

function assertSame(simulated: ShutdownTime, estimated: ShutdownTime) {
  assertEquals(simulated.clears, estimated.clears);
  const [expected, actual] = [seconds(estimated), seconds(simulated)];
  assertEquals(actual.length, expected.length);
  actual.forEach((time, i) => assertAlmostEquals(time, expected[i]!, 1e-6));
}

// The published TDs and one between them: vCPUs, GiB.
for (const [vcpus, gib] of [[4, 18], [32, 107], [64, 400], [7, 33]] as const) {
  Deno.test(`simulatedTime() and estimate() agree to rounding, ${gib} GiB, ${vcpus} vCPUs`, async () => {
    for (const platform of [emr, gnr]) {
      for (const path of TEARDOWN_PATHS) {
        for (const policy of ["always", "quirk"] as const) {
          const td = { guestBytes: gib * GiB, vcpus };
          const report = await tearDown(createTdHost({ platform, ...td }), { path }, { policy });
          for (const clear of CLEARS) {
            const estimated = estimate({ platform, path, ...td, clear });
            assertSame(simulatedTime(report, { ...td, clear }), estimated[policy]);
          }
        }
      }
    }
  });
}

Deno.test("simulatedTime() is the published figure where every page is cleared", async () => {
  const td = { guestBytes: 107 * GiB, vcpus: 32 };
  for (const [path, published] of [["terminate", 134], ["dynamic", 517]] as const) {
    const report = await tearDown(createTdHost({ platform: emr, ...td }), { path });
    const { total } = simulatedTime(report, { ...td, clear: "measured" });
    assertEquals(total.seconds, { low: published, high: published });
    assertEquals(total.provenance, "published");
  }
});

Deno.test("simulatedTime() without any clear is that much shorter, also on the erratum", async () => {
  const td = { guestBytes: 18 * GiB, vcpus: 4 };
  const report = await tearDown(createTdHost({ platform: emr, ...td }), { path: "terminate" }, {
    policy: "never",
  });
  // 4,718,592 guest pages; control: Secure EPT 9,216 + 18 + 1, vCPUs 24, TDCS 6, TDR 1.
  const { total, clears } = simulatedTime(report, { ...td, clear: "measured" });
  assertEquals(clears, false);
  assertAlmostEquals(total.seconds.high, 24 - 4_727_858 * 410e-9, 1e-9);
});

Deno.test("simulatedTime() counts no time for pages that were leaked", async () => {
  const td = { guestBytes: 18 * GiB, vcpus: 4 };
  const host = createTdHost({ platform: gnr, ...td });
  // 1,000 pages find their lock taken; they leave the TDR with children, so it is leaked too.
  const gaps = Array.from({ length: 1000 }, () => 1000);
  host.module.inject({ busyAfter: busyAfterEach(...gaps) });
  const report = await tearDown(host, { path: "terminate" });
  assertEquals(report.leakedPages, 1001);
  const back = 4_727_858 - 1001;
  const { total: { seconds, ...origin } } = simulatedTime(report, { ...td, clear: 1000 });
  assertEquals(origin.provenance, "derived");
  assertStringIncludes(
    origin.source,
    "at 18 GiB, the share of the pages that came back, corrected by assumption E4, corrected by " +
      "assumption E5, less the clear that is skipped: given by the caller",
  );
  const least = 24 * back / 4_727_858 - back * 1e-6;
  // The flush and the write-back, at most 2.0004 s, were done whole and not in part.
  assertAlmostEquals(seconds.low, least, 1e-9);
  assertAlmostEquals(seconds.high - least, 2.0004 * 1001 / 4_727_858, 1e-9);
});

Deno.test("simulatedTime() extrapolates where the published table does not reach", async () => {
  const td = { guestBytes: GiB, vcpus: 1 };
  const report = await tearDown(createTdHost({ platform: emr, ...td }));
  const { total, terms } = simulatedTime(report, { ...td, clear: "measured" });
  assertEquals(total.provenance, "extrapolated");
  // 262,144 guest pages; control: Secure EPT 512 + 1 + 1, vCPU 6, TDCS 6, TDR 1.
  assertAlmostEquals(terms.at(-1)!.seconds.low, 262_671 * 410e-9, 1e-12);
});

Deno.test("simulatedTime() takes none for a flush and a write-back that were not issued", async () => {
  const td = { guestBytes: 18 * GiB, vcpus: 4 };
  const report = await tearDown(createTdHost({ platform: emr, ...td }));
  const rest = { ...report, seamcalls: { "TDH.PHYMEM.PAGE.RECLAIM": 4_727_858 } };
  const { terms } = simulatedTime(rest, { ...td, clear: "measured" });
  const none = { low: 0, high: 0 };
  assertEquals(terms.slice(0, 2).map(({ name, seconds }) => [name, seconds]), [
    ["vCPU flush", none],
    ["cache write-back", none],
  ]);
  // As issued: 4 vCPUs of at most 100 µs (E4), 2 packages of at most a second (E5).
  const issued = simulatedTime(report, { ...td, clear: "measured" }).terms;
  assertEquals(issued.slice(0, 2).map(({ seconds }) => seconds), [
    { low: 0, high: 400e-6 },
    { low: 0, high: 2 },
  ]);
});

Deno.test("clearingIsMinor() where clearing takes less than half of every shutdown, not of one", () => {
  const taking = (seconds: number): ShutdownTime => {
    const whose = { provenance: "assumed", source: "" } as const;
    const clear = { name: "clear", seconds: { low: 0, high: seconds }, ...whose } as const;
    const total = { name: "total", seconds: { low: 100, high: 300 }, ...whose } as const;
    return { clears: true, total, terms: [clear] };
  };
  const minor = ([49, 50, 51] as const).map((seconds) => clearingIsMinor([taking(seconds)]));
  assertEquals(minor, [true, false, false]);
  assertEquals(clearingIsMinor([taking(49), taking(51)]), false);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Measurement, MeterReport } from "@tdx/host/meter";
import { meterText } from "./meter_text.ts";

const [MIB, GIB] = [2 ** 20, 2 ** 30];

// Figures of the kind that an Emerald Rapids core shows.
const AS_LINUX: Measurement = {
  method: "movdir64b",
  stepBytes: 4096,
  bytesPerThread: GIB,
  backing: { pages: "huge", from: "transparent", hugeShare: 1 },
  threads: 1,
  nsPerPage: { median: 410.2, low: 404.4, high: 419.8 },
  gibPerSecond: 9.3,
  repeats: 12,
};
const REPORT: MeterReport = {
  cpu: {
    vendor: "GenuineIntel",
    family: 6,
    model: 0xcf,
    stepping: 2,
    brand: "INTEL(R) XEON(R) PLATINUM 8581C",
    hypervisor: true,
    movdir64b: true,
    clflushopt: true,
    lastLevelCacheBytes: 260 * MIB,
  },
  bytesPerThread: GIB,
  measurements: [
    AS_LINUX,
    { ...AS_LINUX, method: "movdir64b-one-fence", gibPerSecond: 18.6 },
    { ...AS_LINUX, threads: 8, stepBytes: 2 * MIB, gibPerSecond: 37.2 },
  ],
  notMeasured: [],
};

function text(change: Partial<MeterReport> = {}): string {
  return meterText({ ...REPORT, ...change });
}

function onBacking(backing: Partial<Measurement["backing"]>): string {
  const one = { ...AS_LINUX, backing: { ...AS_LINUX.backing, ...backing } };
  return text({ measurements: [one] }).split("\n")[2]!;
}

Deno.test("meterText() has a table with bars for each number of threads", () => {
  assertEquals(text().split("\n"), [
    "INTEL(R) XEON(R) PLATINUM 8581C, under a hypervisor; last-level cache 260 MiB; 1 GiB a thread",
    "",
    "1 thread, transparent huge pages: 100% got",
    "method                            step  ns a page  middle half  GiB/s  repeats",
    "MOVDIR64B, a fence a step        4 KiB        410   404 to 420    9.3       12  ######",
    "MOVDIR64B, one fence at the end  4 KiB        410   404 to 420   18.6       12  ############",
    "",
    "8 threads, transparent huge pages: 100% got",
    "method                      step  ns a page  middle half  GiB/s  repeats",
    "MOVDIR64B, a fence a step  2 MiB        410   404 to 420   37.2       12  " + "#".repeat(24),
    "",
    "As Linux clears, MOVDIR64B with a fence each 4 KiB through huge pages, one thread: 410 ns a " +
    "page (--json writes what tdx estimate --clear FILE takes)",
  ]);
});

Deno.test("meterText() says which pages were asked for and which were got", () => {
  assertEquals(onBacking({ hugeShare: 0.25 }), "1 thread, transparent huge pages: 25% got");
  assertEquals(
    onBacking({ hugeShare: null }),
    "1 thread, transparent huge pages: asked for; what was got cannot be read",
  );
  assertEquals(onBacking({ from: "pool" }), "1 thread, huge pages of 2 MiB from the pool");
  assertEquals(onBacking({ pages: "4KiB", hugeShare: 0 }), "1 thread, 4 KiB pages");
  assertEquals(onBacking({ pages: "4KiB", hugeShare: null }), "1 thread, 4 KiB pages");
  assertEquals(
    onBacking({ pages: "4KiB", hugeShare: 0.5 }),
    "1 thread, 4 KiB pages, 50% on huge ones all the same",
  );
});

Deno.test("meterText() says what was not measured, one line for each reason", () => {
  const reason = "MOVDIR64B, CPUID.7.0 ECX[28], is 0: this CPU lacks it";
  const [, ...lines] = text({
    measurements: [{ ...AS_LINUX, method: "movnti" }],
    notMeasured: [
      { method: "movdir64b", reason },
      { method: "movdir64b-one-fence", reason },
      { stepBytes: GIB, reason: "larger than the memory of a thread" },
    ],
  }).split("\n");
  assertEquals(lines.slice(0, 3), [
    `Not measured: movdir64b, movdir64b-one-fence (${reason})`,
    "Not measured: steps of 1 GiB (larger than the memory of a thread)",
    "",
  ]);
  // Nothing else is passed off as what Linux does.
  assertEquals(lines.some((line) => line.includes("As Linux clears")), false);
});

Deno.test("meterText() gives a flush no bar, and says what it is timed on", () => {
  const flush: Measurement = { ...AS_LINUX, method: "clflushopt", bytesPerThread: 65 * MIB };
  const lines = text({
    measurements: [
      AS_LINUX,
      { ...flush, gibPerSecond: 18.6 },
      { ...flush, stepBytes: 2 * MIB, bytesPerThread: 64 * MIB },
    ],
    notMeasured: [{ method: "clflushopt", stepBytes: GIB, reason: "larger than it may fill" }],
  }).split("\n");
  assertEquals(lines.slice(1, -2), [
    "Not measured: clflushopt in steps of 1 GiB (larger than it may fill)",
    "",
    "1 thread, transparent huge pages: 100% got",
    "method                                 step  ns a page  middle half  GiB/s  repeats",
    "MOVDIR64B, a fence a step             4 KiB        410   404 to 420    9.3       12  " +
    "#".repeat(24),
    "flush of dirty lines, a fence a step  4 KiB        410   404 to 420   18.6       12",
    "flush of dirty lines, a fence a step  2 MiB        410   404 to 420    9.3       12",
    "",
    "A flush clears nothing. It is timed on lines that were written just before and that the cache " +
    "holds: 65 MiB or 64 MiB a thread",
  ]);
});

Deno.test("meterText() warns where the cache holds what is measured, or is not known", () => {
  const cached = text({ bytesPerThread: 64 * MIB }).split("\n").slice(0, 2);
  assertStringIncludes(cached[0]!, "last-level cache 260 MiB; 64 MiB a thread");
  assertStringIncludes(cached[1]!, "This fits in the cache");
  const unknown = text({ cpu: { ...REPORT.cpu, lastLevelCacheBytes: null } });
  assertStringIncludes(unknown, "; last-level cache unknown; 1 GiB a thread\n\n");
});

Deno.test("meterText() warns where what was measured fits in the cache, even just", () => {
  for (
    const [lastLevelCacheBytes, fits] of [[GIB - 1, false], [GIB, true], [null, false]] as const
  ) {
    const cpu = { ...REPORT.cpu, lastLevelCacheBytes };
    assertEquals(text({ cpu }).includes("\nThis fits in the cache: "), fits);
  }
});

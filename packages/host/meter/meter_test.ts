import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { MiB } from "@tdx/core";
import { callTest, MACHINE, MAY_CALL } from "./fixtures_test.ts";
import { meter } from "./meter.ts";
import { MeterError } from "./meter_error.ts";
import type { MeterProgress } from "./meter_options.ts";

const QUICK = { bytesPerThread: 64 * MiB, seconds: 0.01 };

Deno.test("meter() refuses options before it asks for anything", async () => {
  await assertRejects(() => meter({ threads: 0 }), RangeError, "Expected threads to be ");
  await assertRejects(() => meter({ bytesPerThread: 0 }), RangeError, "above 0, got 0 bytes");
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => meter({ signal }), Error, "enough");
});

Deno.test({
  name: "meter() says which permission it lacks (on Linux, x86-64)",
  ignore: MAY_CALL || !MACHINE,
  async fn() {
    await assertRejects(() => meter(), MeterError, "Expected the permission --allow-ffi: ");
  },
});

callTest(
  "meter() measures every method that the CPU has, on each step and kind of pages",
  async () => {
    const { cpu, bytesPerThread, measurements, notMeasured } = await meter(QUICK);
    assertEquals(bytesPerThread, 64 * MiB);
    // A flush needs a cache that holds what it flushes, and more.
    const fits = (step: number) => step <= (cpu.lastLevelCacheBytes ?? 0) / 4;
    const flushes = cpu.clflushopt && fits(4096);
    const methods = [
      ...(cpu.movdir64b ? ["movdir64b", "movdir64b-one-fence"] : []),
      "rep-stosb",
      "movnti",
      ...(flushes ? ["clflushopt"] : []),
    ];
    assertEquals(
      measurements.map(({ backing, method, stepBytes }) => [backing.pages, method, stepBytes]),
      ["4KiB", "huge"].flatMap((pages) =>
        methods.flatMap((method) =>
          [4096, 2 ** 21].filter((step) => method !== "clflushopt" || fits(step))
            .map((step) => [pages, method, step])
        )
      ),
    );
    for (const { nsPerPage: { low, median, high }, gibPerSecond, repeats } of measurements) {
      assert(0 < low && low <= median && median <= high);
      assert(gibPerSecond > 0 && repeats >= 3);
    }
    assertEquals(
      notMeasured.map(({ method, stepBytes }) => method ?? stepBytes),
      [
        ...(cpu.movdir64b ? [] : ["movdir64b", "movdir64b-one-fence"] as const),
        ...(flushes ? [] : ["clflushopt"] as const),
        2 ** 30,
        ...(flushes && !fits(2 ** 21) ? ["clflushopt"] as const : []),
      ],
    );
  },
);

callTest("meter() measures one thread and then several", async () => {
  const threads = Math.min(2, navigator.hardwareConcurrency);
  const seen: MeterProgress[] = [];
  const { measurements } = await meter({
    ...QUICK,
    threads,
    methods: ["movnti"],
    steps: [4096],
    pages: ["4KiB"],
    onProgress: (progress) => seen.push(progress),
  });
  assertEquals(measurements.map((one) => one.threads), threads === 1 ? [1] : [1, 2]);
  assertEquals(seen.at(-1), { share: 1, threads, pages: "4KiB", method: "movnti" });
  const shares = seen.map(({ share }) => share);
  assertEquals(shares, shares.toSorted((a, b) => a - b));
});

callTest("meter() gives memory back, also where it is stopped", async () => {
  const bytesPerThread = 512 * MiB;
  const before = Deno.memoryUsage().rss;
  const stop = new AbortController();
  let during = 0;
  const stopped = meter({
    ...QUICK,
    bytesPerThread,
    signal: stop.signal,
    onProgress() {
      during = Deno.memoryUsage().rss;
      stop.abort(new Error("enough"));
    },
  });
  await assertRejects(() => stopped, Error, "enough");
  const left = Deno.memoryUsage().rss - before;
  // The runtime gives some of its own memory back meanwhile.
  assert(during - before > bytesPerThread * 0.75, `${during - before}`);
  assert(left < bytesPerThread / 2, `${left}`);
});

callTest("meter() refuses more than the free memory", async () => {
  const { message } = await assertRejects(
    () => meter({ ...QUICK, bytesPerThread: 2 ** 50 }),
    RangeError,
  );
  assertMatch(
    message,
    /^Expected bytesPerThread to be at most [0-9.]+ [MGT]iB, 90% of the free memory, got 1024 TiB$/,
  );
});

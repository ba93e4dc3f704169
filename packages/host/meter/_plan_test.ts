import { assertEquals, assertThrows } from "@std/assert";
import { planMeter, planSizes, planSweeps } from "./_plan.ts";
import type { MeterCpu } from "./cpu.ts";
import type { MeterMethodName } from "./methods.ts";

const [KIB_4, MIB_2, GIB_1] = [2 ** 12, 2 ** 21, 2 ** 30];

Deno.test("planMeter() measures every method on both kinds of pages with one thread", () => {
  assertEquals(planMeter({}, 8), {
    methods: ["movdir64b", "movdir64b-one-fence", "rep-stosb", "movnti", "clflushopt"],
    pages: ["4KiB", "huge"],
    threads: [1],
    seconds: 20,
  });
});

Deno.test("planMeter() measures one thread before several", () => {
  const { threads, methods } = planMeter({ threads: 8, methods: ["movnti", "movnti"] }, 8);
  assertEquals([threads, methods], [[1, 8], ["movnti"]]);
});

Deno.test("planMeter() refuses what is out of range", () => {
  for (const threads of [0, -1, 1.5, 9, NaN]) {
    assertThrows(
      () => planMeter({ threads }, 8),
      RangeError,
      `Expected threads to be a whole number from 1 to 8, the processors this process may use, got ${threads}`,
    );
  }
  for (const seconds of [0, -1, NaN, Infinity, 86_401]) {
    assertThrows(
      () => planMeter({ seconds }, 8),
      RangeError,
      `Expected seconds to be above 0 and at most 86400, one day, got ${seconds}`,
    );
  }
  assertEquals(planMeter({ seconds: 86_400 }, 8).seconds, 86_400);
  assertThrows(
    () => planMeter({ methods: ["memset" as "movnti"] }, 8),
    RangeError,
    "Expected methods[0] to be one of movdir64b, movdir64b-one-fence, rep-stosb, movnti, " +
      'clflushopt, got "memset"',
  );
});

Deno.test("planSizes() takes more than the last-level cache, in whole GiB", () => {
  const bytes = (cache: number | null) => planSizes({}, cache).bytesPerThread;
  assertEquals(bytes(null), GIB_1);
  assertEquals(bytes(32 * 2 ** 20), GIB_1);
  assertEquals(bytes(504 * 2 ** 20), GIB_1);
  assertEquals(bytes(1152 * 2 ** 20), 3 * GIB_1);
});

Deno.test("planSizes() leaves out the steps that are larger than the memory", () => {
  assertEquals(planSizes({}, null).steps, [KIB_4, MIB_2, GIB_1]);
  assertEquals(planSizes({ steps: [] }, null).steps, [KIB_4, MIB_2, GIB_1]);
  assertEquals(planSizes({ bytesPerThread: 2 ** 26 }, null), {
    bytesPerThread: 2 ** 26,
    steps: [KIB_4, MIB_2],
    tooLarge: [GIB_1],
  });
  const one = planSizes({ bytesPerThread: 2 ** 26, steps: [MIB_2, MIB_2] }, null);
  assertEquals([one.steps, one.tooLarge], [[MIB_2], []]);
});

Deno.test("planSizes() refuses a size of 0, and one that is not a multiple of a step", () => {
  const cases: [bytes: number, step: number, message: string][] = [
    [0, KIB_4, "a multiple of 4 KiB above 0, got 0 bytes"],
    [-4096, KIB_4, "a multiple of 4 KiB above 0, got -4096 bytes"],
    [6000, KIB_4, "a multiple of 4 KiB above 0, got 5.86 KiB, 6000 bytes"],
    [4097, KIB_4, "a multiple of 4 KiB above 0, got 4 KiB, 4097 bytes"],
    [NaN, KIB_4, "a multiple of 4 KiB above 0, got NaN bytes"],
    [MIB_2, GIB_1, "a multiple of 1 GiB above 0, got 2 MiB, 2097152 bytes"],
  ];
  for (const [bytesPerThread, step, message] of cases) {
    const { message: said } = assertThrows(
      () => planSizes({ bytesPerThread, steps: [step] }, null),
      RangeError,
    );
    assertEquals(said, `Expected bytesPerThread to be ${message}`);
  }
  assertThrows(
    () => planSizes({ bytesPerThread: 3 * 2 ** 20 }, null),
    RangeError,
    "Expected bytesPerThread to be a multiple of 2 MiB above 0, got 3 MiB, 3145728 bytes",
  );
  assertThrows(
    () => planSizes({ steps: [KIB_4, 64] }, null),
    RangeError,
    "Expected steps[1] to be a multiple of 4 KiB above 0, got 64 bytes",
  );
});

const CPU: MeterCpu = {
  vendor: "GenuineIntel",
  family: 6,
  model: 0xcf,
  stepping: 2,
  movdir64b: false,
  clflushopt: true,
  lastLevelCacheBytes: 260 * 2 ** 20,
};

/** What is swept and what is not, on one thread and then on another number of them. */
function sweeps(methods: readonly MeterMethodName[], threads = 1, bytesPerThread = GIB_1) {
  const sizes = { ...planSizes({ bytesPerThread }, null), tooLarge: [] };
  const planned = planSweeps(planMeter({ methods, threads }, threads), sizes, CPU);
  return {
    swept: planned.sweeps.map(({ threads, stepBytes, bytes }) => [threads, stepBytes, bytes]),
    reasons: planned.notMeasured.map(({ stepBytes, reason }) => [stepBytes, reason]),
  };
}

Deno.test("planSweeps() sweeps the buffers whole, but flushes what the cache holds dirty", () => {
  assertEquals(sweeps(["movnti"]).swept, [KIB_4, MIB_2, GIB_1].map((step) => [1, step, GIB_1]));
  // A quarter of the cache, shared by the threads, in whole steps.
  assertEquals(sweeps(["clflushopt"], 16).swept, [
    [1, KIB_4, 65 * 2 ** 20],
    [1, MIB_2, 64 * 2 ** 20],
    [16, KIB_4, 65 * 2 ** 16],
    [16, MIB_2, 4 * 2 ** 20],
  ]);
  // No more than the buffer.
  assertEquals(sweeps(["clflushopt"], 1, MIB_2).swept, [[1, KIB_4, MIB_2], [1, MIB_2, MIB_2]]);
});

Deno.test("planSweeps() says what is not measured: what the CPU lacks, and what does not fit", () => {
  const reason = "MOVDIR64B, CPUID.7.0 ECX[28], is 0: this CPU lacks it";
  assertEquals(sweeps(["movdir64b"]), { swept: [], reasons: [[undefined, reason]] });
  const tooLarge = (threads: number) =>
    `larger than the part of the cache that each of ${threads} may fill`;
  assertEquals(sweeps(["clflushopt"], 64).reasons, [
    [GIB_1, tooLarge(1)],
    [MIB_2, tooLarge(64)],
    [GIB_1, tooLarge(64)],
  ]);
  const { notMeasured } = planSweeps(
    planMeter({ methods: ["movnti"] }, 1),
    planSizes({ bytesPerThread: MIB_2 }, null),
    CPU,
  );
  assertEquals(notMeasured, [{ stepBytes: GIB_1, reason: "larger than the memory of a thread" }]);
});

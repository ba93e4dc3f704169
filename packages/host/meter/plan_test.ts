import { assertEquals, assertThrows } from "@std/assert";
import { planMeter, planSizes } from "./plan.ts";

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
      `Expected threads from 1 to 8, the processors this process may use, got ${threads}`,
    );
  }
  for (const seconds of [0, -1, NaN, Infinity]) {
    assertThrows(
      () => planMeter({ seconds }, 8),
      RangeError,
      "Expected seconds as a number above 0",
    );
  }
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

Deno.test("planSizes() refuses a size of 0, and one that is no multiple of a step", () => {
  const expected = "Expected the size of a thread's memory as a multiple of";
  // Bytes, step.
  const cases = [[0, KIB_4], [-4096, KIB_4], [6000, KIB_4], [NaN, KIB_4], [3 * 2 ** 20, MIB_2]];
  for (const [bytes, step] of cases) {
    assertThrows(
      () => planSizes({ bytesPerThread: bytes! }, null),
      RangeError,
      `${expected} ${step} bytes above 0, got ${bytes}`,
    );
  }
  assertThrows(
    () => planSizes({ bytesPerThread: MIB_2, steps: [GIB_1] }, null),
    RangeError,
    `${expected} ${GIB_1} bytes above 0, got ${MIB_2}`,
  );
  assertThrows(() => planSizes({ steps: [64] }, null), RangeError, "Expected a step as a multiple");
});

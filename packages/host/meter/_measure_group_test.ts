import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Buffers } from "./_buffers.ts";
import { type Group, measureGroup } from "./_measure_group.ts";
import type { Sweep } from "./_plan.ts";
import { MeterError } from "./meter_error.ts";
import type { Call, CallResult, Threads } from "./_threads.ts";

const MIB = 2 ** 20;
const STARTS = [0x10000000, 0x20000000];
const WORDS = STARTS.length * MIB / 8;
const SWEEP: Sweep = { method: "movnti", threads: 2, stepBytes: 4096, bytes: MIB };

/** A group on threads that only note what they are asked; every third call sweeps for this long. */
function groupOn(sweepNs: (sweep: number) => number, options: Partial<Group> = {}) {
  const calls: Call[] = [];
  let sweeps = 0;
  const threads = {
    run(call: Call): Promise<CallResult> {
      calls.push(call);
      const ns = calls.length % 3 === 2 ? sweepNs(sweeps++) : 1e9;
      return Promise.resolve({ ns, sum: STARTS.length * call.bytes / 8 });
    },
  } as unknown as Threads;
  const buffers = {
    starts: STARTS,
    backing: () => ({ pages: "huge", from: "transparent", hugeShare: 1 }),
  } as unknown as Buffers;
  const group: Group = {
    threads,
    buffers,
    bytes: MIB,
    zeros: 0x7000,
    sweeps: [SWEEP],
    seconds: 1e-9,
    signal: undefined,
    onTurn: () => {},
    ...options,
  };
  return { calls, group };
}

Deno.test("measureGroup() fills, sweeps and reads back each time", async () => {
  const sweeps = (["movdir64b", "rep-stosb"] as const).flatMap((method) =>
    [4096, MIB].map((stepBytes) => ({ ...SWEEP, method, stepBytes }))
  );
  const { calls, group } = groupOn(() => 1, { sweeps });
  await measureGroup(group);
  const pattern = calls[0]!.value;
  assert(pattern !== 0n);
  assertEquals(
    calls.slice(0, 12).map(({ routine, stepBytes, value }) => [routine, stepBytes, value]),
    [
      ["movnti", MIB, pattern],
      ["movdir64b", 4096, 0x7000n],
      ["countWords", MIB, 0n],
      ["movnti", MIB, pattern],
      ["movdir64b", MIB, 0x7000n],
      ["countWords", MIB, 0n],
      ["movnti", MIB, pattern],
      ["repStosb", 4096, 0n],
      ["countWords", MIB, 0n],
      ["movnti", MIB, pattern],
      ["repStosb", MIB, 0n],
      ["countWords", MIB, 0n],
    ],
  );
  assert(calls.every(({ starts, bytes }) => starts === STARTS && bytes === MIB));
});

Deno.test("measureGroup() times a flush on lines that were written just before", async () => {
  const calls: Call[] = [];
  const threads = {
    run(call: Call): Promise<CallResult> {
      calls.push(call);
      // 32 pages on each of two threads.
      const ns = call.routine === "clflushopt" ? 6400 : 1e9;
      return Promise.resolve({ ns, sum: STARTS.length * call.bytes / 8 });
    },
  } as unknown as Threads;
  const { group } = groupOn(() => 1, {
    sweeps: [{ ...SWEEP, method: "clflushopt", bytes: MIB / 8 }],
  });
  const [one] = await measureGroup({ ...group, threads });
  const { bytesPerThread, nsPerPage, repeats } = one!;
  assertEquals([bytesPerThread, nsPerPage.median, repeats], [MIB / 8, 100, 3]);
  const dirty = calls[1]!.value;
  assert(dirty !== 0n && dirty !== calls[0]!.value);
  assertEquals(
    calls.slice(0, 4).map(({ routine, bytes, stepBytes }) => [routine, bytes, stepBytes]),
    [
      ["movnti", MIB, MIB],
      ["repStosb", MIB / 8, 4096],
      ["clflushopt", MIB / 8, 4096],
      ["countWords", MIB / 8, MIB / 8],
    ],
  );
  assertEquals(calls[3]!.value, dirty);
});

Deno.test("measureGroup() does not count the first turn, and gives median, spread and rate", async () => {
  // Two buffers of 256 pages; the first sweep touches memory for the first time.
  const { group } = groupOn((sweep) => [9e9, 512_000, 204_800, 409_600][sweep]!);
  const [one, ...others] = await measureGroup(group);
  assertEquals(others, []);
  assertEquals(one, {
    method: "movnti",
    stepBytes: 4096,
    bytesPerThread: MIB,
    backing: { pages: "huge", from: "transparent", hugeShare: 1 },
    threads: 2,
    nsPerPage: { median: 800, low: 600, high: 900 },
    gibPerSecond: one!.gibPerSecond,
    repeats: 3,
  });
  // 4096 bytes in 800 ns.
  assertAlmostEquals(one!.gibPerSecond, 5.12e9 / 2 ** 30, 1e-9);
});

Deno.test("measureGroup() goes on until the time is over, and tells how far it is", async () => {
  const shares: number[] = [];
  const { group } = groupOn(() => 1, { seconds: 0.05, onTurn: (share) => shares.push(share) });
  const started = performance.now();
  const [one] = await measureGroup(group);
  assert(performance.now() - started >= 50);
  assert(one!.repeats > 3);
  assertEquals(shares, shares.toSorted((a, b) => a - b));
  assertEquals(shares.at(-1), 1);
});

Deno.test("measureGroup() refuses memory that does not hold what it must", async () => {
  const { group } = groupOn(() => 1);
  const threads = {
    run: () => Promise.resolve({ ns: 1, sum: WORDS - 1 }),
  } as unknown as Threads;
  await assertRejects(
    () => measureGroup({ ...group, threads }),
    MeterError,
    `Expected movnti to leave 0x0 in all ${WORDS} words, got ${WORDS - 1}`,
  );
});

Deno.test("measureGroup() stops between two calls", async () => {
  const stop = new AbortController();
  const { calls, group } = groupOn(() => {
    stop.abort(new Error("enough"));
    return 1;
  }, { signal: stop.signal });
  await assertRejects(() => measureGroup(group), Error, "enough");
  assertEquals(calls.length, 2);
});

import { MiB, showSize } from "@tdx/core";
import { Buffers } from "./_buffers.ts";
import { Libc } from "./_libc.ts";
import { measureGroup } from "./_measure_group.ts";
import { PlacedCode } from "./_placed_code.ts";
import { planMeter, planSizes, planSweeps } from "./_plan.ts";
import { freeBytes } from "./_proc_text.ts";
import { Threads } from "./_threads.ts";
import { cpuidThrough, identifyCpu } from "./cpu.ts";
import type { MeterOptions } from "./meter_options.ts";
import type { Measurement, MeterReport } from "./meter_report.ts";

/** Share of the free memory that may be taken; the rest is left to others. */
const MOST_OF_FREE = 0.9;

/**
 * Times clearing of this machine's memory with the real instructions.
 *
 * A Linux on x86-64, and `--allow-ffi`: a few dozen bytes of machine code are placed in memory,
 * sealed (never writable and executable at once) and called. CPUID is executed first, and an
 * instruction that it does not show is never run; the report says so. With `--allow-ffi` alone it
 * also reads `/proc/self/smaps`, `/proc/meminfo` and the limits of its cgroup.
 *
 * Every sweep over a buffer begins with memory that holds a pattern and that no cache holds, and is
 * verified by reading all of it back. A flush is different: it sweeps as much as a quarter of the
 * last-level cache holds, written just before, as lines that no cache holds cost it nothing. All
 * methods and steps take turns, so that a machine that gets slower gets slower for each. The first
 * turn is not counted: it touches memory for the first time.
 *
 * @param options What to measure.
 * @returns The figures. All memory has been given back, also where this throws.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If an option is out of range or asks for more than the free memory.
 * @throws {MeterError} If nothing can be measured here.
 *
 * @example Where it may, it measures 64 MiB
 * ```ts
 * import { meter, MeterError } from "@tdx/host/meter";
 * import { assert, assertRejects } from "@std/assert";
 *
 * const { state } = await Deno.permissions.query({ name: "ffi" });
 * if (state === "granted") {
 *   const { measurements } = await meter({
 *     methods: ["movnti"],
 *     steps: [4096],
 *     bytesPerThread: 2 ** 26,
 *     seconds: 0.1,
 *   });
 *   assert(measurements.every(({ nsPerPage }) => nsPerPage.median > 0));
 * } else {
 *   await assertRejects(() => meter(), MeterError, "--allow-ffi");
 * }
 * ```
 */
export async function meter(options: MeterOptions = {}): Promise<MeterReport> {
  const plan = planMeter(options, navigator.hardwareConcurrency);
  options.signal?.throwIfAborted();
  using libc = new Libc();
  using code = new PlacedCode(libc);
  const cpu = identifyCpu(cpuidThrough(code));
  const sizes = planSizes(options, cpu.lastLevelCacheBytes);
  const { bytesPerThread } = sizes;
  requireFree(libc, bytesPerThread, Math.max(...plan.threads));
  const { sweeps, notMeasured } = planSweeps(plan, sizes, cpu);

  const groups = plan.threads.flatMap((count) => plan.pages.map((pages) => ({ count, pages })));
  const measurements: Measurement[] = [];
  for (const [index, { count, pages }] of groups.entries()) {
    const mine = sweeps.filter(({ threads }) => threads === count);
    if (mine.length === 0) continue;
    using buffers = new Buffers(libc, pages, count, bytesPerThread);
    using threads = new Threads(code, count);
    const measured = await measureGroup({
      threads,
      buffers,
      bytes: bytesPerThread,
      zeros: code.zeros,
      sweeps: mine,
      seconds: plan.seconds / groups.length,
      signal: options.signal,
      onTurn(share, method) {
        const whole = (index + share) / groups.length;
        options.onProgress?.({ share: whole, threads: count, pages, method });
      },
    });
    measurements.push(...measured);
  }
  return { cpu, bytesPerThread, measurements, notMeasured };
}

function requireFree(libc: Libc, bytesPerThread: number, threads: number): void {
  const free = freeBytes({
    meminfo: libc.readText("/proc/meminfo"),
    cgroupMax: libc.readText("/sys/fs/cgroup/memory.max"),
    cgroupCurrent: libc.readText("/sys/fs/cgroup/memory.current"),
  });
  const most = Math.floor((free ?? Infinity) * MOST_OF_FREE / threads / MiB) * MiB;
  if (bytesPerThread <= most) return;
  const each = threads === 1 ? "" : ` shared by ${threads} threads`;
  throw new RangeError(
    `Expected bytesPerThread to be at most ${showSize(most)}, ${MOST_OF_FREE * 100}% of the free ` +
      `memory${each}, got ${showSize(bytesPerThread)}`,
  );
}

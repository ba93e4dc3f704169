import { MiB, showSize } from "@tdx/core";
import { Buffers } from "./buffers.ts";
import { cpuidThrough } from "./cpuid.ts";
import { dirtyBytes } from "./dirty_bytes.ts";
import { Libc } from "./libc.ts";
import { measureGroup } from "./measure_group.ts";
import type { MeterOptions } from "./meter_options.ts";
import type { Measurement, MeterReport, NotMeasured } from "./meter_report.ts";
import { METER_METHODS, type MeterMethodName, whyNot } from "./methods.ts";
import { PlacedCode } from "./placed_code.ts";
import { planMeter, planSizes } from "./plan.ts";
import { freeBytes } from "./proc_text.ts";
import { readCpu } from "./read_cpu.ts";
import { requireMachine } from "./require_machine.ts";
import { Threads } from "./threads.ts";

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
 * @throws {TypeError} Where an option is not known or of a wrong type.
 * @throws {RangeError} Where an option is out of range or asks for more than the free memory.
 * @throws {MeterError} Where nothing can be measured here.
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
  // Sizes that fit no machine are refused before this one is asked for anything.
  planSizes(options, null);
  options.signal?.throwIfAborted();
  requireMachine(Deno.build);
  using libc = new Libc();
  using code = new PlacedCode(libc);
  const cpu = readCpu(cpuidThrough(code));
  const { bytesPerThread, steps, tooLarge } = planSizes(options, cpu.lastLevelCacheBytes);
  requireFree(libc, bytesPerThread, Math.max(...plan.threads));

  const missing = plan.methods.flatMap((method) =>
    lacks(method, whyNot(METER_METHODS[method], cpu))
  );
  const methods = plan.methods.filter((method) => !missing.some((one) => one.method === method));
  const groups = plan.threads.flatMap((count) => plan.pages.map((pages) => ({ count, pages })));
  const measurements: Measurement[] = [];
  for (const [index, { count, pages }] of groups.entries()) {
    if (methods.length === 0) break;
    using buffers = new Buffers(libc, pages, count, bytesPerThread);
    using threads = new Threads(code, count);
    measurements.push(
      ...await measureGroup({
        threads,
        buffers,
        bytes: bytesPerThread,
        cacheBytes: cpu.lastLevelCacheBytes,
        zeros: code.zeros,
        methods,
        steps,
        seconds: plan.seconds / groups.length,
        signal: options.signal,
        onTurn: (share, method) =>
          options.onProgress?.({
            share: (index + share) / groups.length,
            threads: count,
            pages,
            method,
          }),
      }),
    );
  }
  const unfit = tooLarge.map((stepBytes) => ({
    stepBytes,
    reason: "larger than the memory of a thread",
  }));
  const uncached = methods.filter((method) => METER_METHODS[method].keepsData).flatMap((method) =>
    plan.threads.flatMap((count) =>
      steps.filter((step) => dirtyBytes(cpu.lastLevelCacheBytes, count, bytesPerThread, step) === 0)
        .map((stepBytes) => ({
          method,
          stepBytes,
          reason: `larger than the part of the cache that each of ${count} may fill`,
        }))
    )
  );
  return { cpu, bytesPerThread, measurements, notMeasured: [...missing, ...unfit, ...uncached] };
}

function lacks(method: MeterMethodName, reason: string | undefined): NotMeasured[] {
  return reason === undefined ? [] : [{ method, reason }];
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

import { GiB, PAGE_BYTES } from "@tdx/core";
import type { Buffers } from "./_buffers.ts";
import type { Sweep } from "./_plan.ts";
import type { Threads } from "./_threads.ts";
import { MeterError } from "./meter_error.ts";
import type { Measurement } from "./meter_report.ts";
import { METER_METHODS, type MeterMethodName } from "./methods.ts";
import { spread } from "./spread.ts";

/** What memory holds before it is cleared: a page of a guest is not zeros. */
const PATTERN = 0xa5c3_96e1_5a3c_691en;
/** What lines hold that a flush writes back: REP STOSB fills with one byte. */
const DIRTY = 0x1e1e_1e1e_1e1e_1e1en;
const MIN_REPEATS = 3;
const WORD_BYTES = 8;

/** All sweeps over the same buffers by the same threads. */
export interface Group {
  readonly threads: Threads;
  readonly buffers: Buffers;
  /** Size of each thread's buffer. */
  readonly bytes: number;
  /** Address of a line of zeros. */
  readonly zeros: number;
  /** At least one. */
  readonly sweeps: readonly Sweep[];
  readonly seconds: number;
  readonly signal: AbortSignal | undefined;
  /** Is told how far the group is, 0 to 1, and what was measured. */
  readonly onTurn: (share: number, method: MeterMethodName) => void;
}

/**
 * Measures a group: every sweep once to warm up, then in turns until the time is over.
 *
 * @returns One measurement for each sweep.
 * @throws {MeterError} If memory does not hold afterwards what it must.
 */
export async function measureGroup(group: Group): Promise<Measurement[]> {
  const { buffers, sweeps, seconds } = group;
  const times = sweeps.map((): number[] => []);
  const turns = (1 + MIN_REPEATS) * sweeps.length;
  const started = performance.now();
  let turn = 0;
  let done = 0;
  while (done < 1) {
    for (const [index, sweep] of sweeps.entries()) {
      const ns = await timeSweep(group, sweep);
      if (turn++ >= sweeps.length) times[index]!.push(ns);
      const share = (performance.now() - started) / 1000 / seconds;
      done = Math.min(1, share, turn / turns);
      group.onTurn(done, sweep.method);
    }
  }
  const backing = buffers.backing(group.bytes);
  return sweeps.map(({ method, threads, stepBytes, bytes }, index) => {
    const pages = bytes * threads / PAGE_BYTES;
    const nsPerPage = spread(times[index]!.map((ns) => ns / pages));
    return {
      method,
      stepBytes,
      bytesPerThread: bytes,
      backing,
      threads,
      nsPerPage,
      gibPerSecond: PAGE_BYTES / nsPerPage.median * 1e9 / GiB,
      repeats: times[index]!.length,
    };
  });
}

/** Fills, sweeps and reads back; the time of the sweep alone, in nanoseconds. */
async function timeSweep(
  { threads, buffers: { starts }, ...group }: Group,
  { method, stepBytes, bytes }: Sweep,
): Promise<number> {
  const { routine, source, keepsData } = METER_METHODS[method];
  const whole = { starts, bytes: group.bytes, stepBytes: group.bytes };
  const swept = { starts, bytes, stepBytes: bytes };
  const run = async (call: Parameters<Threads["run"]>[0]) => {
    group.signal?.throwIfAborted();
    return await threads.run(call);
  };
  await run({ ...whole, routine: "movnti", value: PATTERN });
  // A page at a time: CPUs let a longer REP STOSB pass the caches by.
  if (keepsData) await run({ ...swept, routine: "repStosb", stepBytes: PAGE_BYTES, value: DIRTY });
  const value = source === "line" ? BigInt(group.zeros) : 0n;
  const { ns } = await run({ ...swept, routine, stepBytes, value });
  const left = keepsData ? DIRTY : 0n;
  const { sum } = await run({ ...swept, routine: "countWords", value: left });
  const words = bytes / WORD_BYTES * starts.length;
  if (sum === words) return ns;
  throw new MeterError(
    `Expected ${method} to leave 0x${left.toString(16)} in all ${words} words, got ${sum}`,
  );
}

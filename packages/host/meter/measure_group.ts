import { GiB, PAGE_BYTES } from "@tdx/core";
import type { Buffers } from "./buffers.ts";
import { dirtyBytes } from "./dirty_bytes.ts";
import { MeterError } from "./meter_error.ts";
import type { Measurement } from "./meter_report.ts";
import { METER_METHODS, type MeterMethodName } from "./methods.ts";
import { spread } from "./spread.ts";
import type { Threads } from "./threads.ts";

/** What memory holds before it is cleared: a page of a guest is not zeros. */
const PATTERN = 0xa5c3_96e1_5a3c_691en;
/** What lines hold that a flush writes back: REP STOSB fills with one byte. */
const DIRTY = 0x1e1e_1e1e_1e1e_1e1en;
const MIN_REPEATS = 3;
const WORD_BYTES = 8;

/** One kind of pages and one number of threads, for every method and step. */
export interface Group {
  readonly threads: Threads;
  readonly buffers: Buffers;
  /** Size of each thread's buffer. */
  readonly bytes: number;
  /** Size of the last-level cache, `null` where it is not known. */
  readonly cacheBytes: number | null;
  /** Address of a line of zeros. */
  readonly zeros: number;
  readonly methods: readonly MeterMethodName[];
  readonly steps: readonly number[];
  readonly seconds: number;
  readonly signal: AbortSignal | undefined;
  /** Is told how far the group is, 0 to 1, and what was measured. */
  readonly onTurn: (share: number, method: MeterMethodName) => void;
}

interface Case {
  readonly method: MeterMethodName;
  readonly stepBytes: number;
  /** How much of each buffer is swept; all but for a flush. */
  readonly bytes: number;
  readonly ns: number[];
}

/**
 * Measures a group: every case once to warm up, then in turns until the time is over.
 *
 * @returns One measurement for each method and step; none where not one step fits in the cache that
 * it is to flush.
 * @throws {MeterError} Where memory does not hold afterwards what it must.
 */
export async function measureGroup(group: Group): Promise<Measurement[]> {
  const threads = group.buffers.starts.length;
  const cases: Case[] = group.methods.flatMap((method) =>
    group.steps.map((stepBytes) => ({
      method,
      stepBytes,
      bytes: METER_METHODS[method].keepsData
        ? dirtyBytes(group.cacheBytes, threads, group.bytes, stepBytes)
        : group.bytes,
      ns: [],
    }))
  ).filter(({ bytes }) => bytes > 0);
  if (cases.length === 0) return [];
  const started = performance.now();
  const turns = (1 + MIN_REPEATS) * cases.length;
  const share = () => (performance.now() - started) / 1000 / group.seconds;
  let turn = 0;
  let done = 0;
  do {
    for (const one of cases) {
      const ns = await sweep(group, one);
      if (turn++ >= cases.length) one.ns.push(ns);
      done = Math.min(1, share(), turn / turns);
      group.onTurn(done, one.method);
    }
  } while (done < 1);
  const backing = group.buffers.backing(group.bytes);
  return cases.map(({ method, stepBytes, bytes, ns }) => {
    const pages = bytes * threads / PAGE_BYTES;
    const nsPerPage = spread(ns.map((value) => value / pages));
    return {
      method,
      stepBytes,
      bytesPerThread: bytes,
      backing,
      threads,
      nsPerPage,
      gibPerSecond: PAGE_BYTES / nsPerPage.median * 1e9 / GiB,
      repeats: ns.length,
    };
  });
}

/** Fills, clears and reads back; the time of the clearing alone, in nanoseconds. */
async function sweep({ threads, buffers, ...group }: Group, { method, stepBytes, bytes }: Case) {
  const { routine, source, keepsData } = METER_METHODS[method];
  const { starts } = buffers;
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

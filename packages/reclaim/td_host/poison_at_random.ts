import {
  type FrameChunk,
  LINE_BYTES,
  LINES_PER_PAGE,
  type Operation,
  PAGE_BYTES,
  PhysicalMemory,
} from "@tdx/core";
import {
  outOfRange,
  requireFunction,
  requireInstance,
  requireNumber,
  requireObject,
} from "@tdx/core/arguments";
import { TdxModule } from "@tdx/seam";
import { randomNumbers } from "./random.ts";
import type { TdHost } from "./td_host.ts";

/**
 * Poisons lines of a TD's memory at random: transient hardware errors that it never consumed, in
 * lines that have left the caches.
 *
 * @param host The host and the TD.
 * @param rate The share of the TD's lines, from 0 to 1; each is struck by itself.
 * @param seed A whole number.
 * @returns How many lines were struck.
 * @throws {TypeError} Where an argument is of a wrong type.
 * @throws {RangeError} Where the rate is not a share, the seed not whole, or there is no such TD.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, poisonAtRandom } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const host = createTdHost({ platform: gnr, guestBytes: MiB / 4, vcpus: 1 });
 * assertEquals(poisonAtRandom(host, 1, 7), 4096); // every line
 *
 * const { memory, module, tdr } = host;
 * const report = await createReclaimer({ memory }).teardown(module, tdr, { reuse: true });
 * assertEquals(report.machineChecks, 64); // the clear was skipped: one in every page
 * ```
 */
export function poisonAtRandom(
  host: TdHost,
  rate: number,
  seed: number,
): number {
  const gap = gaps(rate, randomNumbers(seed));
  requireObject("host", host);
  const { memory, module, tdr } = host;
  requireInstance("host.memory", memory, PhysicalMemory);
  requireInstance("host.module", module, TdxModule);
  const key = module.td(tdr)?.key;
  if (!key) throw outOfRange("host.tdr", "the address of the TDR of a TD with a key", tdr);
  const evict: Operation = { kind: "evict", by: "cache", key };
  const poison: Operation = { kind: "poison", by: "cache", key };
  let struck = 0;
  let next = gap();
  for (const pages of module.pagesOf(tdr, "REG")) {
    const lines = pages.count * LINES_PER_PAGE;
    for (; next < lines; next += 1 + gap()) {
      const frame = nthFrame(pages, Math.floor(next / LINES_PER_PAGE));
      const pa = frame * PAGE_BYTES + (next % LINES_PER_PAGE) * LINE_BYTES;
      memory.step(evict, pa);
      memory.step(poison, pa);
      struck++;
    }
    next -= lines;
  }
  return struck;
}

/**
 * Gaps between events that strike each place with one probability, geometrically distributed: one
 * draw an event, not one a place.
 *
 * @param rate The probability, from 0 to 1.
 * @param random A source of numbers from 0 up to, not including, 1.
 * @returns A source of gaps: whole numbers from 0, or `Infinity`.
 * @throws {TypeError} Where an argument is of a wrong type.
 * @throws {RangeError} Where the rate is not a share.
 *
 * @example
 * ```ts
 * import { gaps, randomNumbers } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gaps(1, randomNumbers(7))(), 0);
 * assertEquals(gaps(0, randomNumbers(7))(), Infinity);
 * assertEquals(gaps(0.5, () => 0.9)(), 3); // 0.5^4 <= 0.1 < 0.5^3
 * ```
 */
export function gaps(rate: number, random: () => number): () => number {
  requireNumber("rate", rate);
  if (!(rate >= 0 && rate <= 1)) throw outOfRange("rate", "from 0 to 1", rate);
  requireFunction("random", random);
  if (rate === 0) return () => Infinity;
  if (rate === 1) return () => 0;
  return () => {
    const gap = Math.floor(Math.log1p(-random()) / Math.log1p(-rate));
    return Number.isSafeInteger(gap) ? gap : Infinity;
  };
}

function nthFrame({ frame, words, at }: FrameChunk, n: number): number {
  if (words === null) return frame + n;
  for (let i = 0, left = n;; i++) {
    if ((words[at + (i >>> 5)]! >>> (i & 31) & 1) === 1 && left-- === 0) return frame + i;
  }
}

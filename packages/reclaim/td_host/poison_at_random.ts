import { ascendingFrames, LINE_BYTES, LINES_PER_PAGE, PAGE_BYTES } from "@tdx/core";
import { outOfRange } from "@tdx/core/arguments";
import { gaps, randomNumbers } from "./random.ts";
import type { TdHost } from "./td_host.ts";

/** Lines that are struck in one go. */
const LINES_AT_ONCE = 2 ** 16;

/**
 * Poisons lines of a TD's memory at random: transient hardware errors that it never consumed, in
 * lines that have left the caches.
 *
 * @param host The host and the TD.
 * @param rate The share of the TD's lines, from 0 to 1; each is struck by itself.
 * @param seed A whole number.
 * @returns How many lines were struck.
 * @throws {RangeError} If the rate is not a share, the seed is not whole, or the TD has no key.
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
export function poisonAtRandom(host: TdHost, rate: number, seed: number): number {
  const gap = gaps(rate, randomNumbers(seed));
  const { memory, module, tdr } = host;
  if (!module.td(tdr)?.key) {
    throw outOfRange("host.tdr", "the address of the TDR of a TD with a key", tdr);
  }
  const lines = new Float64Array(LINES_AT_ONCE);
  let found = 0;
  let struck = 0;
  const strike = () => {
    memory.poison(lines.subarray(0, found));
    struck += found;
    found = 0;
  };
  let next = gap();
  for (const pages of module.pagesOf(tdr, "REG")) {
    const frameAt = ascendingFrames(pages);
    const end = pages.count * LINES_PER_PAGE;
    for (; next < end; next += 1 + gap()) {
      const frame = frameAt(Math.floor(next / LINES_PER_PAGE));
      lines[found++] = frame * PAGE_BYTES + (next % LINES_PER_PAGE) * LINE_BYTES;
      if (found === lines.length) strike();
    }
    next -= end;
  }
  strike();
  return struck;
}

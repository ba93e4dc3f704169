/** Share of the last-level cache to fill; the rest is left to others, so that none of it is evicted. */
const SHARE_OF_CACHE = 0.25;

/**
 * How much of its buffer each thread can have in the cache, written and not yet in memory.
 *
 * @param cacheBytes Size of the last-level cache, `null` where it is not known.
 * @param threads How many share the cache.
 * @param bytes Size of a buffer.
 * @param stepBytes Size of a step, which divides `bytes`.
 * @returns Bytes, a multiple of the step; 0 where not one step fits.
 */
export function dirtyBytes(
  cacheBytes: number | null,
  threads: number,
  bytes: number,
  stepBytes: number,
): number {
  const each = (cacheBytes ?? 0) * SHARE_OF_CACHE / threads;
  return Math.min(bytes, Math.floor(each / stepBytes) * stepBytes);
}

/**
 * Bytes in a cache line, the unit every rule speaks of.
 *
 * @example
 * ```ts
 * import { LINE_BYTES, MiB } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(2 * MiB / LINE_BYTES, 32768); // MOVDIR64B writes that clear a 2 MiB page
 * ```
 */
export const LINE_BYTES = 64;

/**
 * Bytes in a 4 KiB page, the unit Linux resets and the TDX module reclaims.
 *
 * @example
 * ```ts
 * import { GiB, PAGE_BYTES } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(64 * GiB / PAGE_BYTES, 16777216); // resets for a TD of 64 GiB
 * ```
 */
export const PAGE_BYTES = 4096;

/**
 * Lines in a 4 KiB page.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, LINES_PER_PAGE, MiB, PAGE_BYTES, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds });
 * const clear = { kind: "movdir64b", by: "host", key: keyIds.key(0) } as const;
 * assertEquals(memory.apply(clear, 0, PAGE_BYTES).lines, LINES_PER_PAGE);
 * assertEquals(LINES_PER_PAGE, 64);
 * ```
 */
export const LINES_PER_PAGE: number = PAGE_BYTES / LINE_BYTES;

/**
 * 2^10 bytes.
 *
 * @example
 * ```ts
 * import { KiB, PAGE_BYTES } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(64 * KiB / PAGE_BYTES, 16);
 * ```
 */
export const KiB: number = 2 ** 10;

/**
 * 2^20 bytes.
 *
 * @example
 * ```ts
 * import { BLOCK_FRAMES, MiB, PAGE_BYTES } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(BLOCK_FRAMES * PAGE_BYTES, 2 * MiB);
 * ```
 */
export const MiB: number = 2 ** 20;

/**
 * 2^30 bytes.
 *
 * @example
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 3 * GiB, platform: gnr, keyIds });
 * assertEquals(memory.bytes, 3221225472);
 * ```
 */
export const GiB: number = 2 ** 30;

/**
 * 2^40 bytes.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, TiB } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * assertEquals(keyIds.addressLimit, 64 * TiB); // what 46 address bits reach
 * ```
 */
export const TiB: number = 2 ** 40;

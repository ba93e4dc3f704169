/**
 * What a page is used for, as its PAMT entry says.
 *
 * @example What the module holds of a TD without guest pages
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, type PageType, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [] });
 *
 * const types = new Set<PageType>();
 * module.forEachPages(({ type }) => types.add(type));
 * assertEquals([...types].sort(), ["NDA", "TDCX", "TDR", "TDVPR"]);
 * ```
 */
export type PageType = "NDA" | "RSVD" | "REG" | "TDR" | "TDCX" | "TDVPR" | "EPT";

/**
 * Size of a page as the PAMT counts it: 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB.
 *
 * @example A page of 2 MiB
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { buildTd, type PageLevel, runOf, TdxModule } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: TiB, platform: gnr, keyIds });
 * const module = new TdxModule({ memory });
 * const guest = [runOf(2 ** 18, 512)];
 * buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: guest, level: 1 });
 *
 * const level: PageLevel | undefined = module.page(2 ** 30)?.level;
 * assertEquals(level, 1);
 * ```
 */
export type PageLevel = 0 | 1 | 2;

/**
 * The numbers of the page types (TDX module 1.5): NDA is a page the module does not use, RSVD one
 * it may not use, REG a page of a guest; the others are control pages.
 *
 * @example
 * ```ts
 * import { PAGE_TYPES } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([PAGE_TYPES.NDA, PAGE_TYPES.REG, PAGE_TYPES.EPT], [0, 3, 8]);
 * ```
 */
export const PAGE_TYPES: Readonly<Record<PageType, number>> = {
  NDA: 0,
  RSVD: 1,
  REG: 3,
  TDR: 4,
  TDCX: 5,
  TDVPR: 6,
  EPT: 8,
};

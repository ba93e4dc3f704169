/** What a page is used for, as its PAMT entry says. */
export type PageType = "NDA" | "RSVD" | "REG" | "TDR" | "TDCX" | "TDVPR" | "EPT";

/** Size of a page as the PAMT counts it: 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB. */
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

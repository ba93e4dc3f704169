/**
 * How many pages a structure may have.
 *
 * @example
 * ```ts
 * import { type PageCounts, TDCS_PAGES, TDVPS_PAGES } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * const pages = ({ min }: PageCounts, count: number) => min * count;
 *
 * // Control pages of a TD of 64 vCPUs, besides its TDR and its Secure EPT.
 * assertEquals(pages(TDCS_PAGES, 1) + pages(TDVPS_PAGES, 64), 390);
 * ```
 */
export interface PageCounts {
  /** The fewest it can be used with. */
  readonly min: number;
  /** The most it takes, with nested VMs. */
  readonly max: number;
}

/**
 * TDCX pages of a TDCS, the control structure of a TD (TDX module 1.5).
 *
 * @example
 * ```ts
 * import { TDCS_PAGES } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(TDCS_PAGES.min, 6);
 * ```
 */
export const TDCS_PAGES: PageCounts = { min: 6, max: 9 };

/**
 * Pages of a TDVPS, the control structure of a vCPU, its TDVPR included (TDX module 1.5).
 *
 * @example
 * ```ts
 * import { TDVPS_PAGES } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(TDVPS_PAGES.min, 6);
 * ```
 */
export const TDVPS_PAGES: PageCounts = { min: 6, max: 15 };

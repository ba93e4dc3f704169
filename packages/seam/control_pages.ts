/** How many pages a structure may have. */
export interface PageCounts {
  /** The fewest it can be used with. */
  readonly min: number;
  /** The most it takes, with nested VMs. */
  readonly max: number;
}

/** TDCX pages of a TDCS, the control structure of a TD (TDX module 1.5). */
export const TDCS_PAGES: PageCounts = { min: 6, max: 9 };

/** Pages of a TDVPS, the control structure of a vCPU, its TDVPR included (TDX module 1.5). */
export const TDVPS_PAGES: PageCounts = { min: 6, max: 15 };

/** Bytes in a cache line, the unit every rule speaks of. */
export const LINE_BYTES = 64;

/** Bytes in a 4 KiB page, the unit Linux resets and the TDX module reclaims. */
export const PAGE_BYTES = 4096;

/** Lines in a 4 KiB page. */
export const LINES_PER_PAGE: number = PAGE_BYTES / LINE_BYTES;

/** 2^10 bytes. */
export const KiB: number = 2 ** 10;

/** 2^20 bytes. */
export const MiB: number = 2 ** 20;

/** 2^30 bytes. */
export const GiB: number = 2 ** 30;

/** 2^40 bytes. */
export const TiB: number = 2 ** 40;

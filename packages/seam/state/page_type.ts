import { BLOCK_FRAMES, PAGE_BYTES } from "@tdx/core";

/** What a page is used for, as its PAMT entry says. */
export type PageType = "NDA" | "RSVD" | "REG" | "TDR" | "TDCX" | "TDVPR" | "EPT" | "PAMT";

/** Size of a page as the PAMT counts it: 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB. */
export type PageLevel = 0 | 1 | 2;

/**
 * The numbers of the page types (TDX module 1.5): NDA is a page the module does not use, RSVD one
 * it may not use, REG a page of a guest, PAMT one of a pair of Dynamic PAMT (later modules); the
 * others are control pages.
 */
export const PAGE_TYPES: Readonly<Record<PageType, number>> = {
  NDA: 0,
  RSVD: 1,
  REG: 3,
  TDR: 4,
  TDCX: 5,
  TDVPR: 6,
  EPT: 8,
  PAMT: 15,
};

/** Whether a page of a type is a TD's. */
export function isInUse(type: PageType): boolean {
  return type !== "NDA" && type !== "RSVD" && type !== "PAMT";
}

const FRAMES_PER = [0, 1, 2, 3].map((level) => BLOCK_FRAMES ** level);

/** Frames of 4 KiB that an entry of a Secure EPT level spans, 0 to 3. */
export function framesPer(level: number): number {
  return FRAMES_PER[level]!;
}

/** Bytes that an entry of a Secure EPT level spans, 0 to 3. */
export function pageBytes(level: number): number {
  return framesPer(level) * PAGE_BYTES;
}

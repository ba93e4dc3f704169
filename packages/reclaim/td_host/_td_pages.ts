import { PAGE_BYTES } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import { TDCS_PAGES, TDVPS_PAGES } from "@tdx/seam";

/** TD_PARAMS.MAX_VCPUS has 16 bits. */
const MAX_VCPUS = 2 ** 16 - 1;
/** Entries of a Secure EPT page. */
const ENTRIES = 512;

/** The pages of 4 KiB that a TD takes from its host. */
export interface TdPages {
  readonly guest: number;
  /** TDR, TDCS, vCPUs and Secure EPT, for guest memory in one piece from GPA 0 on. */
  readonly control: number;
}

/**
 * Counts the pages of a TD with 4 KiB pages.
 *
 * @throws {RangeError} If guest memory is not a positive multiple of 4 KiB, or vCPUs are not from 1
 * to 65535.
 */
export function tdPages(guestBytes: number, vcpus: number): TdPages {
  if (!Number.isSafeInteger(guestBytes) || guestBytes <= 0 || guestBytes % PAGE_BYTES !== 0) {
    throw new RangeError(
      `Expected guest memory as a positive multiple of 4096 bytes, got ${guestBytes}`,
    );
  }
  requireWhole("vcpus", vcpus, 1, MAX_VCPUS);
  const guest = guestBytes / PAGE_BYTES;
  let control = 1 + TDCS_PAGES.min + vcpus * TDVPS_PAGES.min;
  for (let level = 1; level <= 3; level++) control += Math.ceil(guest / ENTRIES ** level);
  return { guest, control };
}

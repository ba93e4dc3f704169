import {
  bitRange,
  defined,
  type KeyIdKind,
  KeyIdSpace,
  type MachineCheck,
  PAGE_BYTES,
  splitMciAddress,
} from "@tdx/core";
import type { KeyIdLayout } from "./key_id_layout.ts";

/** What MCi_ADDR and MCi_MISC say of the place of an error. */
export interface ErrorAddress {
  /** MCi_ADDR as it was logged. */
  readonly raw: bigint;
  /** The KeyID; absent where the layout is not known. */
  readonly keyId?: number;
  /** What that KeyID is for; absent where the number of shared KeyIDs is not known. */
  readonly keyIdKind?: KeyIdKind;
  /** The physical address, without the KeyID where the layout is known. */
  readonly pa?: number;
  /** The 4 KiB page to act on; absent where Linux would not act on the address either. */
  readonly page?: number;
  /** What to mind about it. */
  readonly note?: string;
}

/** Bits of an address within a page. */
const PAGE_SHIFT = 12;
/** MCi_MISC bits 8:6: the address is a physical one. */
const PHYSICAL = 2;

/**
 * Finds the place of an error.
 *
 * The page is given only where Linux takes it (`mce_usable_address`): ADDRV and MISCV, a physical
 * address, exact to a page; or where it is `physical`, because kernel or firmware tell it instead of
 * the registers. Where the layout is not known, KeyID bits stay in it, and a note says so.
 */
export function locateError(
  record: Partial<MachineCheck>,
  layout: KeyIdLayout,
  physical = false,
): ErrorAddress | undefined {
  const { address: raw, misc } = record;
  if (raw === undefined) return undefined;
  const { maxPa, keyIdBits, sharedKeyIds } = layout;
  if (raw >= 1n << BigInt(maxPa ?? 52)) {
    return { raw, note: `has bits above the ${maxPa ?? 52} of a physical address` };
  }
  const unsplit = maxPa === undefined || keyIdBits === undefined;
  const split = unsplit ? { pa: Number(raw) } : splitMciAddress(raw, { maxPa, keyIdBits });
  const kind = "keyId" in split ? kindOf(split.keyId, maxPa!, keyIdBits!, sharedKeyIds) : undefined;
  // Address mode, and the lowest bit that is valid (Intel SDM volume 3, "IA32_MCi_MISC MSRs").
  const usable = physical ||
    (misc !== undefined && bitRange(misc, 8, 6) === PHYSICAL && bitRange(misc, 5, 0) <= PAGE_SHIFT);
  return {
    raw,
    ...split,
    ...defined({
      keyIdKind: kind,
      page: usable ? split.pa - split.pa % PAGE_BYTES : undefined,
      note: notes(misc, usable, unsplit),
    }),
  };
}

function notes(misc: bigint | undefined, usable: boolean, unsplit: boolean): string | undefined {
  const unusable = misc === undefined
    ? "MCi_MISC is not known, so neither is the kind of address"
    : "MCi_MISC says it is no physical address exact to a page, so Linux does not use it";
  const notes = [
    ...(usable ? [] : [unusable]),
    ...(unsplit ? ["may still hold KeyID bits: the layout is not known"] : []),
  ];
  return notes.length === 0 ? undefined : notes.join("; ");
}

function kindOf(keyId: number, maxPa: number, keyIdBits: number, shared: number | undefined) {
  if (keyId === 0) return "tme";
  if (shared === undefined) return undefined;
  const ranges = { maxPa, keyIdBits, shared, private: 2 ** keyIdBits - 1 - shared };
  return new KeyIdSpace(ranges).kind(keyId);
}

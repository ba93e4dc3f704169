import type { PrivateKeyIds } from "../logged_machine_check.ts";

/** How the KeyIDs sit in the addresses of a machine, as far as it is known. */
export interface KeyIdLayout {
  /** Physical address bits, KeyID bits included (MAXPA), 32 to 52. */
  readonly maxPa?: number | undefined;
  /** Upper address bits that carry the KeyID, 0 to 15. */
  readonly keyIdBits?: number | undefined;
  /** Shared KeyIDs besides KeyID 0; every further one is private. */
  readonly sharedKeyIds?: number | undefined;
}

/** More KeyIDs than its register has bits for, no machine has. */
const MAX_KEY_IDS = 2 ** 15;

/**
 * Whether a machine can have a range of private KeyIDs.
 *
 * The private KeyIDs are the last ones and KeyID 0 is none of them; both bounds are powers of 2,
 * because the firmware gives TDX the upper bits of the KeyID (TME 336907, IA32_TME_ACTIVATE 39:36).
 */
export function isPrivateRange([first, end]: PrivateKeyIds): boolean {
  return first < end && end <= MAX_KEY_IDS &&
    [first, end].every((bound) => Number.isInteger(Math.log2(bound)));
}

/**
 * Completes a KeyID layout from the range of private KeyIDs that Linux logs at boot.
 *
 * One past the last is 2^k for k KeyID bits, and all below the first are shared but KeyID 0. What
 * the caller gives goes before; what the log says is left out where it contradicts that, or is no
 * range that a machine can have.
 */
export function keyIdLayout(given: KeyIdLayout, range: PrivateKeyIds | undefined): KeyIdLayout {
  if (range === undefined || !isPrivateRange(range)) return given;
  const [first, end] = range;
  const { keyIdBits = Math.log2(end), sharedKeyIds = first - 1 } = given;
  if (2 ** keyIdBits !== end || sharedKeyIds >= end) return given;
  return { maxPa: given.maxPa, keyIdBits, sharedKeyIds };
}

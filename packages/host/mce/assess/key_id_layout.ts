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

/**
 * Completes a KeyID layout from the range of private KeyIDs that Linux logs at boot.
 *
 * The private KeyIDs are the last ones, so one past the last is 2^k for k KeyID bits, and all below
 * the first are shared but KeyID 0 (TME 336907). What the caller gives goes before.
 */
export function keyIdLayout(
  given: KeyIdLayout,
  range: PrivateKeyIds | undefined,
): KeyIdLayout {
  const { maxPa, keyIdBits, sharedKeyIds } = given;
  const bits = range === undefined ? NaN : Math.log2(range[1]);
  return {
    maxPa,
    keyIdBits: keyIdBits ?? (Number.isInteger(bits) ? bits : undefined),
    sharedKeyIds: sharedKeyIds ?? (range && range[0] - 1),
  };
}

/** Who may use a KeyID: `private` ones only inside SEAM, `shared` ones (KeyID 0 too) outside. */
export type Access = "private" | "shared";

/**
 * A memory encryption key: a KeyID together with how often it was programmed.
 *
 * A freed KeyID is given a new key, so the KeyID alone does not say what a line decrypts to.
 * Get keys from {@link KeyIdSpace.key}, which refuses what the hardware refuses.
 */
export interface Key {
  /** The KeyID, 0 to 2^15 - 1. */
  readonly keyId: number;
  /** How many times the KeyID has been programmed before, from 0. */
  readonly generation: number;
  /** Whether the KeyID is private (for TDs) or shared (for the host). */
  readonly access: Access;
  /** Whether the key was programmed with integrity; without effect in Li mode. */
  readonly integrity: boolean;
}

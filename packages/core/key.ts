/**
 * Who may use a KeyID: `private` ones only inside SEAM, `shared` ones (KeyID 0 too) outside.
 *
 * @example Outside SEAM a private KeyID is of no use (rule F1)
 * ```ts
 * import { type Access, KeyIdSpace, MiB, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const key = keyIds.key(33);
 * const access: Access = key.access;
 * assertEquals(access, "private");
 *
 * const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds });
 * const load = memory.step({ kind: "load", by: "host", key }, 0);
 * assertEquals([load.refused, load.rules], [true, ["F1"]]);
 * ```
 */
export type Access = "private" | "shared";

/**
 * A memory encryption key: a KeyID together with how often it was programmed.
 *
 * A freed KeyID is given a new key, so the KeyID alone does not say what a line decrypts to.
 * Get keys from {@link KeyIdSpace.key}, which refuses what the hardware refuses.
 *
 * @example The next TD with the same KeyID has another key, and reads garbage (A2)
 * ```ts
 * import { type Key, KeyIdSpace, MiB, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const first: Key = keyIds.key(33);
 * const next: Key = keyIds.key(33, { generation: 1 });
 *
 * const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds, mode: "Li" });
 * memory.step({ kind: "movdir64b", by: "td", key: first, data: "secret" }, 0);
 * assertEquals(memory.step({ kind: "load", by: "td", key: next }, 0).data, "garbage");
 * ```
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

import type { Key, KeyIdSpace } from "@tdx/core";

/** State of a private KeyID in the key ownership table; `RESERVED` is the global one. */
export type KeyState = "FREE" | "ASSIGNED" | "FLUSHED" | "RESERVED";

/** What the key ownership table says of a private KeyID. */
export interface KeyInfo {
  /** The HKID. */
  readonly hkid: number;
  /** Its state. */
  readonly state: KeyState;
  /** How often the HKID was given a new key. */
  readonly programmed: number;
  /** The packages, by number, that have not written their caches back since the flush. */
  readonly pendingPackages: readonly number[];
}

/** The entry of an HKID in the key ownership table. */
export interface KeyEntry {
  state: KeyState;
  programmed: number;
  /** The key it stands for now, the coming one where it was never programmed. */
  key: Key;
  /** Packages that have not written their caches back since the flush. */
  readonly pending: Set<number>;
}

/** The key ownership table (KOT). */
export class KeyOwnership {
  /** The key of the module itself, for the TDRs. */
  readonly globalKey: Key;
  readonly #keyIds: KeyIdSpace;
  readonly #entries = new Map<number, KeyEntry>();

  constructor(keyIds: KeyIdSpace) {
    const first = keyIds.firstPrivate;
    if (first === undefined || !keyIds.hostsTds) {
      throw new RangeError(
        `Expected at least 2 private KeyIDs, the global one and one for a TD, got ${keyIds.private}`,
      );
    }
    this.#keyIds = keyIds;
    this.globalKey = keyIds.key(first);
    this.reset();
  }

  /** Makes every HKID free again, as it was before any TD. */
  reset(): void {
    const first = this.globalKey.keyId;
    for (let hkid = first; hkid < first + this.#keyIds.private; hkid++) {
      const [state, programmed] = hkid === first ? ["RESERVED", 1] as const : ["FREE", 0] as const;
      const key = this.#keyIds.key(hkid);
      this.#entries.set(hkid, { state, programmed, key, pending: new Set() });
    }
  }

  /** The entry of an HKID; `undefined` if it is not a private KeyID. */
  entry(hkid: number): KeyEntry | undefined {
    return this.#entries.get(hkid);
  }

  /** Gives an HKID a new key. */
  program(hkid: number): Key {
    const entry = this.entry(hkid)!;
    entry.key = this.#keyIds.key(hkid, { generation: entry.programmed++ });
    return entry.key;
  }

  /** The HKIDs that wait for cache write-backs or for their release. */
  flushed(): number[] {
    return [...this.#entries].filter(([, { state }]) => state === "FLUSHED").map(([hkid]) => hkid);
  }

  list(): KeyInfo[] {
    return [...this.#entries].map(([hkid, { state, programmed, pending }]) => ({
      hkid,
      state,
      programmed,
      pendingPackages: [...pending].sort((a, b) => a - b),
    }));
  }
}

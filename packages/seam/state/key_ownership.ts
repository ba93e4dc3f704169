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

interface Entry {
  state: KeyState;
  programmed: number;
  /** The key it stands for now, the coming one where it was never programmed. */
  key: Key;
  pending: Set<number>;
}

/** The key ownership table (KOT). */
export class KeyOwnership {
  /** The key of the module itself, for the TDRs. */
  readonly globalKey: Key;
  readonly #keyIds: KeyIdSpace;
  readonly #entries = new Map<number, Entry>();

  constructor(keyIds: KeyIdSpace) {
    const first = keyIds.firstPrivate;
    if (first === undefined || !keyIds.hostsTds) {
      throw new RangeError(
        `Expected at least 2 private KeyIDs, the global one and one for a TD, got ${keyIds.private}`,
      );
    }
    this.#keyIds = keyIds;
    for (let hkid = first; hkid < first + keyIds.private; hkid++) {
      const state = hkid === first ? "RESERVED" : "FREE";
      const programmed = hkid === first ? 1 : 0;
      this.#entries.set(hkid, { state, programmed, key: keyIds.key(hkid), pending: new Set() });
    }
    this.globalKey = this.key(first);
  }

  /** The state of an HKID; `undefined` where it is no private KeyID. */
  state(hkid: number): KeyState | undefined {
    return this.#entries.get(hkid)?.state;
  }

  /** The key an HKID stands for now, the next one where it was never programmed. */
  key(hkid: number): Key {
    return this.#entry(hkid).key;
  }

  assign(hkid: number): void {
    this.#entry(hkid).state = "ASSIGNED";
  }

  /** Gives an HKID a new key. */
  program(hkid: number): Key {
    const entry = this.#entry(hkid);
    entry.key = this.#keyIds.key(hkid, { generation: entry.programmed++ });
    return entry.key;
  }

  flush(hkid: number, packages: number): void {
    const entry = this.#entry(hkid);
    entry.state = "FLUSHED";
    for (let i = 0; i < packages; i++) entry.pending.add(i);
  }

  /** The HKIDs that wait for cache write-backs or for their release. */
  flushed(): number[] {
    return [...this.#entries].filter(([, { state }]) => state === "FLUSHED").map(([hkid]) => hkid);
  }

  pending(hkid: number): number {
    return this.#entry(hkid).pending.size;
  }

  /** Notes that a package has written its caches back; tells whether it was the last one. */
  wroteBack(hkid: number, pkg: number): boolean {
    const { pending } = this.#entry(hkid);
    return pending.delete(pkg) && pending.size === 0;
  }

  free(hkid: number): void {
    this.#entry(hkid).state = "FREE";
  }

  list(): KeyInfo[] {
    return [...this.#entries].map(([hkid, { state, programmed, pending }]) => ({
      hkid,
      state,
      programmed,
      pendingPackages: [...pending].sort((a, b) => a - b),
    }));
  }

  #entry(hkid: number): Entry {
    return this.#entries.get(hkid)!;
  }
}

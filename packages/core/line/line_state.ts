import type { Key } from "../key.ts";
import { type Data, keyName, type Poison } from "./operation.ts";
import type { Owner } from "./rules.ts";

/**
 * What memory holds of a line. Neither key nor KeyID is stored: `key` is what the ciphertext needs.
 */
export interface LineMemory {
  /** The key the content was written with; `null` where no key gives sense (garbage, poison). */
  readonly key: Key | null;
  /** The content; `null` once poisoned, for no read gets at it again. */
  readonly data: Data | null;
  /** The TD owner bit. */
  readonly owner: Owner;
  /** Whether the stored MAC fits the line; always `false` in Li mode, where nothing reads it. */
  readonly macMatches: boolean;
  /** Sticky poison and its origin. */
  readonly poison: Poison | null;
}

/** A cached copy of a line; its KeyID is part of the cache tag. */
export interface CachedCopy {
  /** The KeyID it was read or written under. */
  readonly keyId: number;
  /** The content; `null` where the copy is poisoned. */
  readonly data: Data | null;
  /** Whether it was stored to and not written back since. */
  readonly dirty: boolean;
  /** Poison that came along, and its origin. */
  readonly poison: Poison | null;
}

/** The whole state of one 64-byte line: memory and the cached copies, ordered by KeyID. */
export interface LineState {
  /** What memory holds. */
  readonly memory: LineMemory;
  /** The cached copies, at most one for each KeyID. */
  readonly copies: readonly CachedCopy[];
}

/**
 * Says a line's state in words.
 *
 * @param state The state.
 * @returns One line of text: memory first, then each cached copy.
 *
 * @example
 * ```ts
 * import { describeLine, KeyIdSpace } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const key = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 }).key(0);
 * const memory = { key, data: "zeros", owner: 0, macMatches: false, poison: null } as const;
 * assertEquals(describeLine({ memory, copies: [] }), "memory zeros by KeyID 0, TD owner 0");
 * ```
 */
export function describeLine(state: LineState): string {
  const { memory } = state;
  const content = memory.poison === null
    ? `${memory.data}${memory.key === null ? "" : ` by KeyID ${keyName(memory.key)}`}`
    : `poisoned (${memory.poison})`;
  const mac = memory.macMatches ? ", MAC" : "";
  const copies = state.copies.map((copy) =>
    `; cached under KeyID ${copy.keyId}: ${
      copy.poison === null ? copy.data : `poison (${copy.poison})`
    }` +
    (copy.dirty ? ", dirty" : "")
  );
  return `memory ${content}, TD owner ${memory.owner}${mac}${copies.join("")}`;
}

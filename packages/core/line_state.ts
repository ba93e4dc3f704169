import type { Key } from "./key.ts";
import { requireLineState } from "./line_arguments.ts";
import { type Data, keyName, type Poison } from "./operation.ts";
import type { Owner } from "./rules.ts";

/**
 * What memory holds of a line. Neither key nor KeyID is stored: `key` is what the ciphertext needs.
 *
 * @example A partial write on a platform with the erratum leaves poison (W5)
 * ```ts
 * import { KeyIdSpace, type LineMemory, MiB, PhysicalMemory } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: MiB, platform: spr, keyIds });
 * memory.step({ kind: "movdir64b", by: "module", key: keyIds.key(33), data: "secret" }, 0);
 * memory.step({ kind: "partialWrite", by: "host", key: keyIds.key(0), data: "host" }, 0);
 *
 * const line: LineMemory = memory.state(0).memory;
 * assertEquals([line.poison, line.owner, line.data], ["partial-write", 1, null]);
 * ```
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

/**
 * A cached copy of a line; its KeyID is part of the cache tag.
 *
 * @example What a TD stored is still in the cache
 * ```ts
 * import { type CachedCopy, KeyIdSpace, MiB, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds });
 * memory.step({ kind: "movdir64b", by: "module", key: keyIds.key(33) }, 0);
 * memory.step({ kind: "store", by: "td", key: keyIds.key(33), data: "secret" }, 0);
 *
 * const copies: readonly CachedCopy[] = memory.state(0).copies;
 * assertEquals(copies, [{ keyId: 33, data: "secret", dirty: true, poison: null }]);
 * ```
 */
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

/**
 * The whole state of one 64-byte line: memory and the cached copies, ordered by KeyID.
 *
 * @example Without the flush a dirty line comes back after the clear (K3)
 * ```ts
 * import { KeyIdSpace, type LineState, MiB, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const [host, td] = [keyIds.key(0), keyIds.key(33)];
 * const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds });
 * memory.step({ kind: "movdir64b", by: "module", key: td }, 0);
 * memory.step({ kind: "store", by: "td", key: td, data: "secret" }, 0);
 *
 * memory.step({ kind: "movdir64b", by: "host", key: host }, 0);
 * const cleared: LineState = memory.state(0);
 * memory.step({ kind: "evict", by: "cache", key: td }, 0);
 * const evicted: LineState = memory.state(0);
 * assertEquals([cleared.memory.owner, evicted.memory.owner], [0, 1]);
 * ```
 */
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
 * @throws {TypeError} Where it is no state of a line.
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
  requireLineState("state", state);
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

import type { Key } from "../key.ts";

/** All agents. */
export const AGENTS = ["host", "td", "module", "device", "cache"] as const;

/**
 * Who acts: software on the host, inside a TD, the TDX module, a device, or the cache by itself.
 */
export type Agent = (typeof AGENTS)[number];

/** All that a line can hold: where a write merges with what was there, the later one shows. */
export const DATA = ["zeros", "host", "guest", "garbage", "secret"] as const;

/**
 * What a line can hold, symbolically. `guest` is a second TD's data, `garbage` a wrong decryption.
 */
export type Data = (typeof DATA)[number];

/** Wherever poison can come from. */
export const POISONS = [
  "integrity",
  "partial-write",
  "hardware-transient",
  "hardware-stuck",
] as const;

/** Where poison came from. */
export type Poison = (typeof POISONS)[number];

/** Each kind of operation in words, as traces, graphs and reports name it. */
export const OPERATION_NAMES = {
  "load": "load",
  "store": "store",
  "partial-write": "partial write",
  "movdir64b": "MOVDIR64B",
  "clflush": "CLFLUSH",
  "prefetch": "speculative read",
  "evict": "eviction",
  "cache-wb": "TDH.PHYMEM.CACHE.WB",
  "page-wbinvd": "TDH.PHYMEM.PAGE.WBINVD",
  "dma-read": "DMA read",
  "dma-write": "DMA write",
  "dma-partial-write": "DMA partial write",
  "poison": "transient hardware poison",
  "poison-stuck": "stuck hardware poison",
  "corrupt": "flipped bit",
} as const;

/**
 * What can happen to a line.
 *
 * `store` is an ordinary cached store; `partial-write` a transaction under 64 bytes that reaches the
 * memory controller (MOVNTI, UC and WC mappings); `dma-write` covers the whole line. The last three
 * of {@link OPERATION_NAMES} are faults: poison of a memory cell, and a flipped bit that ECC did not
 * see.
 */
export type OperationKind = keyof typeof OPERATION_NAMES;

/** All that can happen to a line. */
export const OPERATION_KINDS: readonly OperationKind[] = Object.keys(
  OPERATION_NAMES,
) as OperationKind[];

/** One thing that happens to a line, or to every line of a range. */
export interface Operation {
  /** What happens. */
  readonly kind: OperationKind;
  /** Who does it. */
  readonly by: Agent;
  /** The key the access goes through: its KeyID tags the cached copy, its generation decrypts. */
  readonly key: Key;
  /** What is written; only for writes, default `zeros`. */
  readonly data?: Data;
}

/** Whether an operation of this kind writes {@link Operation.data}. */
export const WRITES_DATA: ReadonlySet<OperationKind> = new Set([
  "store",
  "partial-write",
  "movdir64b",
  "dma-write",
  "dma-partial-write",
]);

/**
 * Names an operation briefly, for traces.
 *
 * @param operation The operation.
 * @returns For example `host movdir64b zeros with KeyID 0`.
 *
 * @example
 * ```ts
 * import { describeOperation, KeyIdSpace } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const key = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 }).key(0);
 * assertEquals(describeOperation({ kind: "load", by: "host", key }), "host load with KeyID 0");
 * ```
 */
export function describeOperation(operation: Operation): string {
  const { kind, by, key } = operation;
  const data = WRITES_DATA.has(kind) ? ` ${operation.data ?? "zeros"}` : "";
  return `${by} ${kind}${data} with KeyID ${keyName(key)}`;
}

/**
 * Names a key: the KeyID, and which key it is once the KeyID was programmed again.
 *
 * @param key The key.
 * @returns For example `33`, or `33 (key 2)` after one reprogramming.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, keyName } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * assertEquals(keyName(keyIds.key(33)), "33");
 * assertEquals(keyName(keyIds.key(33, { generation: 1 })), "33 (key 2)");
 * ```
 */
export function keyName(key: Key): string {
  return key.generation === 0 ? `${key.keyId}` : `${key.keyId} (key ${key.generation + 1})`;
}

import type { Key } from "./key.ts";
import { requireKey, requireOperation } from "./line_arguments.ts";

/**
 * Who acts: software on the host, inside a TD, the TDX module, a device, or the cache by itself.
 *
 * @example Who acts decides what a private KeyID does
 * ```ts
 * import { type Agent, KeyIdSpace, MiB, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds });
 * const key = keyIds.key(33);
 * memory.step({ kind: "movdir64b", by: "module", key, data: "secret" }, 0);
 *
 * const load = (by: Agent) => memory.step({ kind: "load", by, key }, 0);
 * assertEquals([load("td").data, load("td").refused], ["secret", false]);
 * assertEquals([load("host").data, load("host").refused], [null, true]);
 * ```
 */
export type Agent = "host" | "td" | "module" | "device" | "cache";

/**
 * What a line can hold, symbolically. `guest` is a second TD's data, `garbage` a wrong decryption.
 *
 * @example Who reads a TD's line, and what they get
 * ```ts
 * import { type Data, KeyIdSpace, MiB, PhysicalMemory } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const [host, td] = [keyIds.key(0), keyIds.key(33)];
 * const written: Data = "secret";
 * const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds });
 * memory.step({ kind: "movdir64b", by: "td", key: td, data: written }, 0);
 * assertEquals(memory.step({ kind: "load", by: "td", key: td }, 0).data, "secret");
 * assertEquals(memory.step({ kind: "load", by: "host", key: host }, 0).data, "zeros");
 * ```
 */
export type Data = "zeros" | "host" | "guest" | "garbage" | "secret";

/**
 * Where poison came from.
 *
 * @example A stuck cell is poisoned again after a full write
 * ```ts
 * import { KeyIdSpace, MiB, PhysicalMemory, type Poison } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const key = keyIds.key(0);
 * const afterClear = (kind: "poisonTransient" | "poisonStuck"): Poison | null => {
 *   const memory = new PhysicalMemory({ bytes: MiB, platform: gnr, keyIds });
 *   memory.step({ kind, by: "cache", key }, 0);
 *   memory.step({ kind: "movdir64b", by: "host", key }, 0);
 *   return memory.state(0).memory.poison;
 * };
 * assertEquals(afterClear("poisonTransient"), null);
 * assertEquals(afterClear("poisonStuck"), "hardware-stuck");
 * ```
 */
export type Poison = "integrity" | "partial-write" | "hardware-transient" | "hardware-stuck";

/**
 * What can happen to a line.
 *
 * `store` is an ordinary cached store; `partialWrite` a transaction under 64 bytes that reaches the
 * memory controller (MOVNTI, UC and WC mappings); `cacheWb` and `pageWbinvd` are the SEAMCALLs
 * TDH.PHYMEM.CACHE.WB and TDH.PHYMEM.PAGE.WBINVD; `deviceWrite` covers the whole line. The last
 * three are faults: poison of a memory cell, and a flipped bit that ECC did not see.
 *
 * @example Three ways to write to a line that a TD owned, with the erratum
 * ```ts
 * import { KeyIdSpace, MiB, type OperationKind, PhysicalMemory } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: MiB, platform: spr, keyIds });
 * memory.apply({ kind: "movdir64b", by: "module", key: keyIds.key(33) }, 0, MiB);
 *
 * const kinds: OperationKind[] = ["store", "partialWrite", "movdir64b"];
 * const rules = kinds.map((kind, line) =>
 *   memory.step({ kind, by: "host", key: keyIds.key(0), data: "host" }, 64 * line).rules
 * );
 * assertEquals(rules, [["K1", "C8"], ["W5"], ["K5", "W3"]]);
 * ```
 */
export type OperationKind =
  | "load"
  | "store"
  | "partialWrite"
  | "movdir64b"
  | "clflush"
  | "prefetch"
  | "evict"
  | "cacheWb"
  | "pageWbinvd"
  | "deviceRead"
  | "deviceWrite"
  | "devicePartialWrite"
  | "poisonTransient"
  | "poisonStuck"
  | "corrupt";

/**
 * One thing that happens to a line, or to every line of a range.
 *
 * @example Linux's reset of one page (01fb93a363e0)
 * ```ts
 * import { describeOperation, KeyIdSpace, MiB, type Operation, PhysicalMemory } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const reset: Operation = { kind: "movdir64b", by: "host", key: keyIds.key(0) };
 * assertEquals(describeOperation(reset), "host movdir64b zeros with KeyID 0");
 *
 * const memory = new PhysicalMemory({ bytes: MiB, platform: spr, keyIds });
 * memory.apply({ kind: "movdir64b", by: "module", key: keyIds.key(33) }, 0, MiB);
 * memory.apply(reset, 0, 4096);
 * assertEquals(memory.countLines((state) => state.memory.owner === 0), 64);
 * ```
 */
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

/**
 * Whether an operation of this kind writes {@link Operation.data}.
 *
 * @example
 * ```ts
 * import { type OperationKind, WRITES_DATA } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const kinds: OperationKind[] = ["load", "store", "movdir64b", "clflush", "devicePartialWrite"];
 * const writes = kinds.filter((kind) => WRITES_DATA.has(kind));
 * assertEquals(writes, ["store", "movdir64b", "devicePartialWrite"]);
 * ```
 */
export const WRITES_DATA: ReadonlySet<OperationKind> = new Set([
  "store",
  "partialWrite",
  "movdir64b",
  "deviceWrite",
  "devicePartialWrite",
]);

/**
 * Names an operation briefly, for traces.
 *
 * @param operation The operation.
 * @returns For example `host movdir64b zeros with KeyID 0`.
 * @throws {TypeError} Where it is no operation.
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
  requireOperation("operation", operation);
  const { kind, by, key } = operation;
  const data = WRITES_DATA.has(kind) ? ` ${operation.data ?? "zeros"}` : "";
  return `${by} ${kind}${data} with KeyID ${keyName(key)}`;
}

/**
 * Names a key: the KeyID, and which key it is once the KeyID was programmed again.
 *
 * @param key The key.
 * @returns For example `33`, or `33 (key 2)` after one reprogramming.
 * @throws {TypeError} Where it is no key.
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
  requireKey("key", key);
  return key.generation === 0 ? `${key.keyId}` : `${key.keyId} (key ${key.generation + 1})`;
}

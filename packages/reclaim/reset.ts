import {
  type FrameChunk,
  type Key,
  LINE_BYTES,
  LINES_PER_PAGE,
  type Operation,
  type PhysicalMemory,
} from "@tdx/core";

/** One object for each key: memory knows it again, which is what a million calls need. */
const clears = new WeakMap<Key, Operation>();

/**
 * The operation with which a host clears a line, as Linux does: MOVDIR64B of zeros.
 *
 * @param key The key the host maps the line with.
 * @returns The operation, always the same object for the same key.
 *
 * @example
 * ```ts
 * import { KeyIdSpace } from "@tdx/core";
 * import { clearOperation } from "@tdx/reclaim";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const { kind, by, data } = clearOperation(keyIds.key(0));
 * assertEquals([kind, by, data], ["movdir64b", "host", "zeros"]);
 * ```
 */
export function clearOperation(key: Key): Operation {
  let operation = clears.get(key);
  if (operation === undefined) {
    operation = { kind: "movdir64b", by: "host", key, data: "zeros" };
    clears.set(key, operation);
  }
  return operation;
}

/** What a reset cost. */
export interface ResetCounts {
  /** Lines written with MOVDIR64B. */
  readonly lines: number;
  /** Full memory fences. */
  readonly fences: number;
}

const NO_WORK: ResetCounts = { lines: 0, fences: 0 };

/** How a host resets: through which key, and whether its policy clears at all. */
export interface ResetOptions {
  /** The key the host maps the pages with; Linux uses KeyID 0. */
  readonly key: Key;
  /** Whether to clear; Linux asks X86_BUG_TDX_PW_MCE. */
  readonly clear: boolean;
}

/**
 * Resets a range as Linux's `tdx_quirk_reset_paddr` does (commit
 * [01fb93a363e0](https://git.kernel.org/torvalds/c/01fb93a363e0)).
 *
 * Without the erratum it returns at once. Else it writes zeros to each 64 bytes with MOVDIR64B
 * through the host's mapping (rules K5 and W2 or W3), then fences once. No flush, no error, no retry.
 *
 * @param memory The memory; changed.
 * @param pa First byte, a multiple of 64.
 * @param bytes Length, a multiple of 64; Linux calls it a page at a time.
 * @param options Key and whether to clear.
 * @returns Lines written and fences.
 * @throws {RangeError} If it clears and the range is not whole lines inside the memory.
 *
 * @example
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory } from "@tdx/core";
 * import { reset } from "@tdx/reclaim";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: GiB, platform: spr, keyIds });
 * const counts = reset(memory, 0x1000, 4096, { key: keyIds.key(0), clear: true });
 * assertEquals(counts, { lines: 64, fences: 1 });
 * ```
 */
export function reset(
  memory: PhysicalMemory,
  pa: number,
  bytes: number,
  { key, clear }: ResetOptions,
): ResetCounts {
  if (!clear) return NO_WORK;
  memory.apply(clearOperation(key), pa, bytes);
  return { lines: bytes / LINE_BYTES, fences: 1 };
}

/**
 * Resets the pages of a chunk, each by a {@link reset} of its own, as Linux calls it.
 *
 * @param memory The memory; changed.
 * @param chunk The pages, as a `FrameMap` hands them out.
 * @param options Key and whether to clear.
 * @returns Lines written, and one fence per page.
 * @throws {RangeError} If it clears and the pages are outside the memory.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createTdHost, resetPages } from "@tdx/reclaim";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const { memory, module, tdr } = createTdHost({ platform: spr, guestBytes: 4 * MiB, vcpus: 1 });
 * const how = { key: memory.keyIds.key(0), clear: true };
 * const counts = [...module.pagesOf(tdr, "REG")].map((pages) => resetPages(memory, pages, how));
 * // They lie in one piece, so they come as one chunk; a fence goes with each page all the same.
 * assertEquals(counts, [{ lines: 1024 * 64, fences: 1024 }]);
 * ```
 */
export function resetPages(
  memory: PhysicalMemory,
  chunk: FrameChunk,
  { key, clear }: ResetOptions,
): ResetCounts {
  if (clear) memory.applyChunk(clearOperation(key), chunk);
  return countsOfResets(chunk.count, clear);
}

/** What the resets of pages cost, each by itself. */
export function countsOfResets(pages: number, clear: boolean): ResetCounts {
  return clear ? { lines: pages * LINES_PER_PAGE, fences: pages } : NO_WORK;
}

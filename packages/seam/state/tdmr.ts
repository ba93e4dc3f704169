import { GiB, PAGE_BYTES } from "@tdx/core";
import { hex } from "../_hex.ts";

/** A range of physical memory. */
export interface MemoryRange {
  /** First byte. */
  readonly base: number;
  /** Length in bytes. */
  readonly size: number;
}

/** Throws unless TDMRs are whole GiB inside the memory, ascending, apart from each other. */
export function requireTdmrs(tdmrs: readonly MemoryRange[], bytes: number): void {
  requireRanges("TDMR", tdmrs, GiB, [{ base: 0, size: bytes }]);
}

/** Throws unless reserved areas are whole pages inside a TDMR, ascending, apart from each other. */
export function requireReserved(
  reserved: readonly MemoryRange[],
  tdmrs: readonly MemoryRange[],
): void {
  requireRanges("reserved area", reserved, PAGE_BYTES, tdmrs);
}

function requireRanges(
  what: string,
  ranges: readonly MemoryRange[],
  unit: number,
  within: readonly MemoryRange[],
): void {
  let free = 0;
  for (const { base, size } of ranges) {
    const whole = base % unit === 0 && size % unit === 0 && size > 0;
    const inside = within.some((outer) =>
      base >= outer.base && base + size <= outer.base + outer.size
    );
    // Written so that NaN fails too.
    if (!whole || !inside || !(base >= free)) {
      throw new RangeError(
        `Expected every ${what} to be a multiple of ${unit} bytes, ascending and inside ` +
          `${within.map(show).join(", ")}, got ${show({ base, size })}`,
      );
    }
    free = base + size;
  }
}

function show({ base, size }: MemoryRange): string {
  return `${size} bytes at ${hex(base)}`;
}

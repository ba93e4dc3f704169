import { GiB, PAGE_BYTES } from "@tdx/core";
import { requireArray, requireNumber, requireObject } from "@tdx/core/arguments";
import type { MemoryRange } from "./pamt.ts";

/** Checks TDMRs: whole GiB inside the memory, ascending, apart from each other. */
export function checkTdmrs(tdmrs: readonly MemoryRange[], bytes: number): void {
  requireArray("tdmrs", tdmrs, requireRange);
  checkRanges("TDMR", tdmrs, GiB, [{ base: 0, size: bytes }]);
}

/** Checks reserved areas: whole pages inside a TDMR, ascending, apart from each other. */
export function checkReserved(
  reserved: readonly MemoryRange[],
  tdmrs: readonly MemoryRange[],
): void {
  requireArray("reserved", reserved, requireRange);
  checkRanges("reserved area", reserved, PAGE_BYTES, tdmrs);
}

function requireRange(name: string, value: unknown): void {
  requireObject(name, value);
  requireNumber(`${name}.base`, (value as MemoryRange).base);
  requireNumber(`${name}.size`, (value as MemoryRange).size);
}

function checkRanges(
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
  return `${size} bytes at 0x${base.toString(16)}`;
}

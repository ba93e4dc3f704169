import { GiB, KiB, MiB, TiB } from "@tdx/core";
import { UsageError } from "./usage_error.ts";

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB, MiB, GiB, TiB };

/**
 * Reads a size such as `400GiB`, `1.5TiB` or `4096`.
 *
 * @param name The option, for the message.
 * @param text The size; without a unit in bytes.
 * @returns Bytes.
 * @throws {UsageError} Where it is no size or no whole number of bytes.
 */
export function readSize(name: string, text: string): number {
  const match = /^(-?[0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$/.exec(text);
  const unit = match?.[2] === "" ? 1 : UNITS[match?.[2] ?? ""];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) {
    throw new UsageError(
      `Expected ${name} as a size like 4096, 64MiB, 400GiB or 1.5TiB, got ${text}`,
    );
  }
  return bytes;
}

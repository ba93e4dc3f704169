import { UsageError } from "./usage_error.ts";

/**
 * Reads a whole number from 1.
 *
 * @param name The option, for the message.
 * @param text The number.
 * @returns The number.
 * @throws {UsageError} Where it is none.
 */
export function readCount(name: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new UsageError(`Expected ${name} as a whole number from 1, got ${text}`);
}

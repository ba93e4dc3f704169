import { closestString } from "@std/text";
import { UsageError } from "./usage_error.ts";

/** A hint at the name that was probably meant; empty where there is none. */
export function nearest(typed: string, names: readonly string[], prefix = ""): string {
  return names.length === 0 ? "" : `; did you mean ${prefix}${closestString(typed, names)}?`;
}

/**
 * Picks what a name stands for.
 *
 * @param what What is named, for the message.
 * @param typed The name.
 * @param choices The known ones, by name.
 * @returns The choice.
 * @throws {UsageError} Where the name is unknown, with the list and the nearest name.
 */
export function pick<T>(what: string, typed: string, choices: Readonly<Record<string, T>>): T {
  const names = Object.keys(choices);
  if (Object.hasOwn(choices, typed)) return choices[typed]!;
  throw new UsageError(
    `Expected ${what} to be one of ${names.join(", ")}, got ${typed}${nearest(typed, names)}`,
  );
}

/** Picks a name out of a list; see {@link pick}. */
export function pickName<T extends string>(what: string, typed: string, names: readonly T[]): T {
  return pick(what, typed, Object.fromEntries(names.map((name) => [name, name])));
}

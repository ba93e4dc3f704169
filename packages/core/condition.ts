/**
 * A row's condition on facts: each fact it names must have the wanted value, or one of them.
 */
export type Condition<Facts> = {
  readonly [Fact in keyof Facts]?: Facts[Fact] | readonly Facts[Fact][];
};

/**
 * Tells whether facts meet a condition; the tables of this workspace take their first match.
 *
 * @param when The condition; the facts it does not name do not matter.
 * @param facts The facts.
 * @returns Whether each named fact has its wanted value, or one of them.
 *
 * @example
 * ```ts
 * import { matches } from "@tdx/core";
 * import { assert } from "@std/assert";
 *
 * const poisoned = { consumed: true, mode: "kernel", seamNr: false };
 * assert(matches({ consumed: true, mode: ["kernel", "user"] }, poisoned));
 * assert(!matches({ seamNr: true }, poisoned));
 * ```
 */
export function matches<Facts extends object>(when: Condition<Facts>, facts: Facts): boolean {
  for (const fact in when) {
    const wanted = when[fact];
    const met = Array.isArray(wanted) ? wanted.includes(facts[fact]) : wanted === facts[fact];
    if (!met) return false;
  }
  return true;
}

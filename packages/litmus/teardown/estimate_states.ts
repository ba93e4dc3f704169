import { type ProveOptions, proveTeardown } from "./prove_teardown.ts";
import type { Teardown } from "./parse_teardown.ts";

/** How large an exploration will be, about. */
export interface StateEstimate {
  /** States. */
  readonly states: number;
  /** Time, in milliseconds, at the speed of the small explorations behind it. */
  readonly milliseconds: number;
}

/**
 * Estimates how many states a teardown has, from explorations of the smallest sizes.
 *
 * Pages, vCPUs and packages each grow by a power of their number, found between one and two of them;
 * f failures can be anywhere, so each makes r/f times as many. In explorations of Linux's orders up to
 * four pages, three vCPUs and three failures the estimate was at most 20% off.
 *
 * @param teardown The teardown.
 * @param options As for {@link proveTeardown}.
 * @returns The estimate.
 * @throws As {@link proveTeardown}.
 *
 * @example
 * ```ts
 * import { estimateStates, linuxTeardown, parseTeardown } from "@tdx/litmus";
 * import { linux } from "@tdx/linux";
 * import { spr } from "@tdx/platform-spr";
 * import { assert } from "@std/assert";
 *
 * const teardown = parseTeardown(linuxTeardown(linux("6.18"), "terminate"));
 * const { states } = await estimateStates(teardown, { platforms: [spr], pages: 4, faults: 3, busy: 0 });
 * assert(states > 100_000);
 * ```
 */
export async function estimateStates(
  teardown: Teardown,
  options: ProveOptions,
): Promise<StateEstimate> {
  const { pages = 2, vcpus = 2, packages = 2, faults = 1 } = options;
  const sizes = { pages, vcpus, packages };
  let [spent, explored] = [0, 0];
  const pilot = async (more: Partial<ProveOptions>) => {
    const one = { ...options, pages: 1, vcpus: 1, packages: 1, ...more };
    const { states, milliseconds } = await proveTeardown(teardown, one);
    spent += milliseconds;
    explored += states;
    return states;
  };
  const grown = async (failures: number) => {
    const base = await pilot({ faults: failures });
    let states = base;
    for (const size of ["pages", "vcpus", "packages"] as const) {
      if (sizes[size] === 1) continue;
      const twice = await pilot({ faults: failures, [size]: 2 });
      states *= sizes[size] ** Math.log2(twice / base);
    }
    return states;
  };
  const without = await grown(0);
  let states = without;
  if (faults > 0) {
    const ratio = await grown(1) / without;
    for (let failure = 1; failure <= faults; failure++) states *= Math.max(1, ratio / failure);
  }
  return { states: Math.round(states), milliseconds: states * spent / explored };
}

import { MODES, type Platform } from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { type Counterexample, counterexample } from "./_counterexample.ts";
import {
  BOUND_OPTIONS,
  LIMIT_OPTIONS,
  requireBound,
  runWithin,
  type TeardownBound,
  type TeardownLimits,
} from "./_exploration.ts";
import { type LineMachine, LineSets } from "./_line_sets.ts";
import { programOf, type Teardown } from "./parse_teardown.ts";
import { type PropertyId, TEARDOWN_PROPERTIES } from "./properties.ts";
import { Search } from "./_search.ts";
import { TeardownSystem } from "./_system.ts";
import { World } from "./_world.ts";

/** What is explored, and how far. */
export interface ProveOptions extends TeardownBound, TeardownLimits {
  /** The platforms on which lines are followed, each in both modes. */
  readonly platforms: readonly Platform[];
  /** Whether one of several things that are alike stands for all; default `true`. */
  readonly symmetry?: boolean;
  /** Whether the states of a line are followed as a set; default `true`. */
  readonly independence?: boolean;
}

const OPTIONS: readonly (keyof ProveOptions)[] = [
  "platforms",
  ...BOUND_OPTIONS,
  "symmetry",
  "independence",
  ...LIMIT_OPTIONS,
];

/** What became of one property. */
export interface PropertyVerdict {
  /** Its id. */
  readonly id: PropertyId;
  /** The property in words. */
  readonly text: string;
  /** A shortest way to a state that violates it; `null` where it holds. */
  readonly counterexample: Counterexample | null;
}

/** What the exploration of a teardown found. */
export interface TeardownProof {
  /** Name of the teardown. */
  readonly name: string;
  /** How large the machine was, and how much could go wrong: the proof is about no more. */
  readonly bound: Required<Omit<TeardownBound, "fail">>;
  /** The properties. */
  readonly properties: readonly PropertyVerdict[];
  /** States of the whole, each with a set of states for every line. */
  readonly states: number;
  /** Steps between them. */
  readonly transitions: number;
  /** The most steps on a shortest way to a state. */
  readonly depth: number;
  /** States of the TDX module among them. */
  readonly moduleStates: number;
  /** How often the module was driven: once for each of its states and each call. */
  readonly moduleCalls: number;
  /** Time taken, in milliseconds. */
  readonly milliseconds: number;
  /** Memory of states and steps, in bytes. */
  readonly bytes: number;
}

/**
 * Explores a teardown in every interleaving of its threads with the guest's vCPUs, the caches, the host
 * that uses each page as soon as it has it and the next TDs that take pages and KeyID, and with
 * every failure of a SEAMCALL that the bound allows.
 *
 * @param teardown The teardown.
 * @param options Size, failures, limits.
 * @returns What holds, and a shortest counterexample of what does not.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If a number is out of range.
 * @throws {StateLimitError} If there are more states than the limit: nothing is known then.
 * @throws The signal's reason, if it was aborted.
 *
 * @example Linux 6.19 gives a page back that is still the TD's, if TDH.MEM.PAGE.REMOVE fails
 * ```ts
 * import { linuxTeardown, parseTeardown, proveTeardown } from "@tdx/litmus";
 * import { linux } from "@tdx/linux";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const small = { platforms: [spr], pages: 1, vcpus: 1, packages: 1 };
 * const broken = async (version: string) => {
 *   const teardown = parseTeardown(linuxTeardown(linux(version), "dynamic"));
 *   const { properties } = await proveTeardown(teardown, small);
 *   return properties.filter(({ counterexample }) => counterexample !== null).map(({ id }) => id);
 * };
 * assertEquals(await broken("6.18"), []);
 * assertEquals((await broken("6.19")).includes("reach"), true);
 * ```
 */
export async function proveTeardown(
  teardown: Teardown,
  options: ProveOptions,
): Promise<TeardownProof> {
  requireOptions("options", options, OPTIONS);
  const { platforms, symmetry = true, independence = true } = options;
  const bound = requireBound(options);
  const started = performance.now();
  const machines = platforms.flatMap((platform) =>
    MODES.map((mode): LineMachine => ({ platform, mode }))
  );
  const world = new World(bound, teardown.dynamicPamt, platforms[0]!);
  const lines = new LineSets(machines, world);
  const system = new TeardownSystem(world, lines, programOf(teardown), {
    ...bound,
    fail: options.fail,
    symmetry,
    independence,
  });
  const search = new Search(system);
  await runWithin(system, options, (count) => search.run(count));
  search.findStuck();
  const ids = Object.keys(TEARDOWN_PROPERTIES) as PropertyId[];
  return {
    name: teardown.name,
    bound,
    properties: ids.map((id) => {
      const found = search.found.get(id);
      return {
        id,
        text: TEARDOWN_PROPERTIES[id],
        counterexample: found === undefined ? null : counterexample(system, id, found),
      };
    }),
    states: system.size,
    transitions: search.transitions,
    depth: search.depth,
    moduleStates: world.states,
    moduleCalls: world.driven,
    milliseconds: performance.now() - started,
    bytes: system.bytes + search.bytes,
  };
}

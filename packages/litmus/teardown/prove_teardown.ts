import { MODES, type Platform } from "@tdx/core";
import { requireOneOf, requireOptions, requireWhole } from "@tdx/core/arguments";
import { StateLimitError } from "../model/explore.ts";
import { type Counterexample, counterexample, type Violation } from "./_counterexample.ts";
import { type LineMachine, LineSets } from "./_line_sets.ts";
import { programOf, type Teardown } from "./parse_teardown.ts";
import { type PropertyId, TEARDOWN_PROPERTIES } from "./properties.ts";
import { type Leaf, LEAVES } from "./_program.ts";
import { TeardownSystem } from "./_system.ts";
import { World } from "./_world.ts";

/** A SEAMCALL that a teardown can make. */
export type SeamcallName = Leaf;

/** All SEAMCALLs that a teardown can make. */
export const SEAMCALL_NAMES: readonly SeamcallName[] = Object.keys(LEAVES) as Leaf[];

/** What is explored, and how far. */
export interface ProveOptions {
  /** The platforms on which lines are followed, each in both modes. */
  readonly platforms: readonly Platform[];
  /** Guest pages, 1 to 16; default 2. The last of two or more is still to be accepted. */
  readonly pages?: number;
  /** vCPUs, 1 to 8; default 2. */
  readonly vcpus?: number;
  /** Packages, 1 to 8; default 2. */
  readonly packages?: number;
  /** How many SEAMCALLs may fail, or TDs turn fatal, where Linux does not expect it; default 1. */
  readonly faults?: number;
  /** The only SEAMCALL that may fail; default any. */
  readonly fail?: SeamcallName;
  /** How many answers BUSY and INTERRUPTED_RESUMABLE there may be besides; default 1. */
  readonly busy?: number;
  /** Whether one of several things that are alike stands for all; default `true`. */
  readonly symmetry?: boolean;
  /** Whether the states of a line are followed as a set; default `true`. */
  readonly independence?: boolean;
  /** The most states to visit; default 2^24. */
  readonly stateLimit?: number;
  /** Stops the exploration. */
  readonly signal?: AbortSignal;
  /** Called now and then with the number of states so far. */
  readonly onProgress?: (states: number) => void;
}

const OPTIONS: readonly (keyof ProveOptions)[] = [
  "platforms",
  "pages",
  "vcpus",
  "packages",
  "faults",
  "fail",
  "busy",
  "symmetry",
  "independence",
  "stateLimit",
  "signal",
  "onProgress",
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
  readonly bound: Required<Pick<ProveOptions, "pages" | "vcpus" | "packages" | "faults" | "busy">>;
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

/** The most states that are visited where no limit is given. */
export const DEFAULT_STATE_LIMIT: number = 2 ** 24;
/** States between two looks at the event loop. */
const SLICE = 2 ** 13;

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
  const { platforms, symmetry = true, independence = true, stateLimit = DEFAULT_STATE_LIMIT } =
    options;
  const { pages = 2, vcpus = 2, packages = 2, faults = 1, busy = 1 } = options;
  requireWhole("pages", pages, 1, 16);
  requireWhole("vcpus", vcpus, 1, 8);
  requireWhole("packages", packages, 1, 8);
  requireWhole("faults", faults, 0, 8);
  requireWhole("busy", busy, 0, 8);
  requireWhole("stateLimit", stateLimit, 1);
  if (options.fail !== undefined) requireOneOf("fail", options.fail, SEAMCALL_NAMES);
  const started = performance.now();
  const machines = platforms.flatMap((platform) =>
    MODES.map((mode): LineMachine => ({ platform, mode }))
  );
  const world = new World({ pages, vcpus, packages }, teardown.dynamicPamt, platforms[0]!);
  const lines = new LineSets(machines, world);
  const system = new TeardownSystem(world, lines, programOf(teardown), {
    faults,
    fail: options.fail,
    busy,
    symmetry,
    independence,
  });
  const search = new Search(system);
  for (let isDone = false; !isDone;) {
    options.signal?.throwIfAborted();
    isDone = search.run(SLICE);
    if (system.size > stateLimit) {
      throw new StateLimitError(
        `Expected at most ${stateLimit} states, got more: nothing is known about the rest`,
      );
    }
    options.onProgress?.(system.size);
    await new Promise((resolve) => setTimeout(resolve));
  }
  search.findStuck();
  const ids = Object.keys(TEARDOWN_PROPERTIES) as PropertyId[];
  return {
    name: teardown.name,
    bound: { pages, vcpus, packages, faults, busy },
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

/** Breadth first: a state's number is its place in the queue. */
class Search {
  /** The first violation of each property. */
  readonly found = new Map<PropertyId, Violation>();
  transitions = 0;
  depth = 0;
  readonly #parents = new Numbers();
  /** Where the successors of each state begin in {@link #edges}. */
  readonly #starts = new Numbers();
  readonly #edges = new Numbers();
  #next = 0;
  #layerEnd: number;

  constructor(readonly system: TeardownSystem) {
    system.initial.forEach((state) => this.#meet(state, -1));
    this.#layerEnd = system.size;
  }

  get bytes(): number {
    return this.#parents.bytes + this.#starts.bytes + this.#edges.bytes;
  }

  run(count: number): boolean {
    const { system } = this;
    for (const end = this.#next + count; this.#next < end && this.#next < system.size;) {
      if (this.#next === this.#layerEnd) {
        this.depth++;
        this.#layerEnd = system.size;
      }
      const state = this.#next++;
      this.#starts.push(this.#edges.length);
      system.expand(state, (next, step) => {
        this.transitions++;
        this.#edges.push(next);
        if (next === this.#parents.length) this.#meet(next, state);
        for (const [property, page] of step.violates) {
          if (!this.found.has(property)) {
            this.found.set(property, { path: this.#pathTo(state), to: next, page });
          }
        }
      });
    }
    return this.#next >= system.size;
  }

  #meet(state: number, parent: number): void {
    this.#parents.push(parent);
    this.system.violations(state, (property, page) => {
      if (!this.found.has(property)) {
        this.found.set(property, { path: this.#pathTo(state), to: -1, page });
      }
    });
  }

  #pathTo(state: number): number[] {
    const path = [state];
    for (let at = this.#parents.at(state); at >= 0; at = this.#parents.at(at)) path.push(at);
    return path.reverse();
  }

  /** Looks for a state from which no way leads to the end. */
  findStuck(): void {
    const { system } = this;
    const size = system.size;
    this.#starts.push(this.#edges.length);
    const counts = new Int32Array(size + 1);
    for (let i = 0; i < this.#edges.length; i++) counts[this.#edges.at(i) + 1]!++;
    for (let i = 0; i < size; i++) counts[i + 1]! += counts[i]!;
    const places = counts.slice();
    const before = new Int32Array(this.#edges.length);
    for (let state = 0; state < size; state++) {
      for (let i = this.#starts.at(state); i < this.#starts.at(state + 1); i++) {
        before[places[this.#edges.at(i)]!++] = state;
      }
    }
    const ends = new Uint8Array(size);
    const queue: number[] = [];
    for (let state = 0; state < size; state++) {
      if (system.isOver(state)) queue.push(state), ends[state] = 1;
    }
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      for (let i = counts[state]!; i < counts[state + 1]!; i++) {
        const from = before[i]!;
        if (ends[from] === 0) queue.push(from), ends[from] = 1;
      }
    }
    const stuck = ends.indexOf(0);
    if (stuck >= 0) this.found.set("ends", { path: this.#pathTo(stuck), to: -1, page: -1 });
  }
}

/** Whole numbers that only grow more. */
class Numbers {
  #numbers = new Int32Array(2 ** 12);
  length = 0;

  get bytes(): number {
    return this.#numbers.byteLength;
  }

  push(number: number): void {
    if (this.length === this.#numbers.length) {
      const more = new Int32Array(2 * this.length);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.length++] = number;
  }

  at(place: number): number {
    return this.#numbers[place]!;
  }
}

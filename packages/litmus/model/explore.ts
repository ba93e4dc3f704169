import { requireOptions, requireWhole } from "@tdx/core/arguments";
import { createStateSet } from "./_state_set.ts";
import type { StateNumbers } from "./_change_pool.ts";
import type { Move, System } from "./system.ts";

/** How far an exploration goes, and who is told. */
export interface ExploreOptions {
  /** The most states to visit; default 2^28. */
  readonly stateLimit?: number;
  /** Stops the exploration. */
  readonly signal?: AbortSignal;
  /** Called now and then with the number of states so far. */
  readonly onProgress?: (states: number) => void;
  /** Stop as soon as a state is as wanted, which {@link Exploration.found} then is. */
  readonly until?: (state: number) => boolean;
}

/** Every state that can be reached, in the order of their distance. */
export interface Exploration {
  /** How many states. */
  readonly states: number;
  /** How many steps between them: where several moves on a line do the same, they are one. */
  readonly transitions: number;
  /** The longest shortest way to a state, in moves. */
  readonly depth: number;
  /** The first state that was as wanted. */
  readonly found: number | undefined;
  /** Time taken, in milliseconds. */
  readonly milliseconds: number;
  /** Memory of the visited set and the queue, in bytes. */
  readonly bytes: number;
  /**
   * The n-th state.
   *
   * @param n Its position in the order of distance, from 0, the initial state, to `states` - 1.
   * @returns The state's number.
   */
  state(n: number): number;
  /**
   * The moves of a shortest way to a state that was reached.
   *
   * @param state The state's number.
   * @returns The moves from the initial state on, none for the initial state itself.
   * @throws {RangeError} If the state was not reached.
   */
  witness(state: number): Move[];
}

/**
 * An exploration met more states than it may visit: nothing is known about the rest.
 *
 * @example
 * ```ts
 * import { closureProblem, explore, StateLimitError, System } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertRejects } from "@std/assert";
 *
 * const question = { platform: spr, mode: "Li", hostKeys: "keyid0", policy: "never" } as const;
 * const { problem, machine } = closureProblem({ ...question, poison: "none" });
 * const system = new System(problem, machine);
 * await assertRejects(
 *   () => explore(system, { stateLimit: 10 }),
 *   StateLimitError,
 *   "Expected at most 10 states, got more",
 * );
 * ```
 */
export class StateLimitError extends RangeError {
  /** Name of the class. */
  override name = "StateLimitError";
}

const DEFAULT_LIMIT = 2 ** 28;
/** States between two looks at the clock of the event loop. */
const SLICE = 2 ** 18;

/**
 * Visits every state of a system, breadth first.
 *
 * @param system The system.
 * @param options Limit, progress, cancellation.
 * @returns What was found; complete unless `until` stopped it.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If the limit is not a whole number from 1 on.
 * @throws {StateLimitError} If there are more states than the limit.
 * @throws The signal's reason, if it was aborted.
 *
 * @example
 * ```ts
 * import { closureProblem, explore, System } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const question = { platform: gnr, mode: "Li", hostKeys: "keyid0", policy: "never" } as const;
 * const { problem, machine } = closureProblem({ ...question, poison: "none" });
 * const system = new System(problem, machine);
 * const { found } = await explore(system, {
 *   until: (state) => system.valuation(state).hostMachineCheck,
 * });
 * assertEquals(found, undefined); // every state was visited, and none is a machine check
 * ```
 */
export async function explore(system: System, options: ExploreOptions = {}): Promise<Exploration> {
  requireExploreOptions(options);
  const search = new Search(system, options);
  while (!search.run(SLICE)) {
    options.onProgress?.(search.states);
    await new Promise((resolve) => setTimeout(resolve));
    options.signal?.throwIfAborted();
  }
  return search;
}

const OPTIONS: readonly (keyof ExploreOptions)[] = ["stateLimit", "signal", "onProgress", "until"];

/** Throws unless the options are those of an exploration, or `more` of the caller's. */
export function requireExploreOptions(
  options: ExploreOptions,
  more: readonly string[] = [],
): void {
  requireOptions("options", options, [...more, ...OPTIONS]);
  requireWhole("stateLimit", options.stateLimit ?? DEFAULT_LIMIT, 1);
}

class Search implements Exploration {
  readonly #system: System;
  readonly #visited;
  readonly #queue: Queue;
  readonly #successors: StateNumbers;
  readonly #limit: number;
  readonly #until: ((state: number) => boolean) | undefined;
  readonly #started = performance.now();
  /** Position in the queue at which each distance begins. */
  readonly #layers: number[] = [0, 1];
  #next = 0;
  transitions = 0;
  found: number | undefined;
  milliseconds = 0;

  constructor(system: System, options: ExploreOptions) {
    this.#system = system;
    this.#limit = options.stateLimit ?? DEFAULT_LIMIT;
    this.#until = options.until;
    this.#visited = createStateSet(system.bound);
    this.#queue = new Queue(system.bound);
    this.#successors = system.buffer();
    this.#visited.add(system.initial);
    this.#queue.push(system.initial);
    this.#look(system.initial);
  }

  get states(): number {
    return this.#queue.length;
  }

  get depth(): number {
    return this.#layers.length - 2;
  }

  get bytes(): number {
    return this.#visited.bytes + this.#queue.bytes;
  }

  state(n: number): number {
    requireWhole("n", n, 0, this.states - 1);
    return this.#queue.get(n);
  }

  /** Expands up to `count` states; says whether the exploration is over. */
  run(count: number): boolean {
    const system = this.#system;
    const queue = this.#queue;
    const visited = this.#visited;
    const successors = this.#successors;
    const end = this.#next + count;
    while (this.#next < end && this.#next < queue.length && this.found === undefined) {
      if (this.#next === this.#layers[this.#layers.length - 1]) this.#layers.push(queue.length);
      const state = queue.get(this.#next++);
      const found = system.expand(state, successors);
      for (let i = 0; i < found; i++) {
        const next = successors[i]!;
        if (next === state) continue;
        this.transitions++;
        if (!visited.add(next)) continue;
        queue.push(next);
        if (this.#until !== undefined) this.#look(next);
      }
      if (queue.length > this.#limit) this.#refuse();
    }
    this.milliseconds = performance.now() - this.#started;
    return this.#next >= queue.length || this.found !== undefined;
  }

  witness(state: number): Move[] {
    const way = [state];
    for (let layer = this.#layerOf(state) - 1; layer >= 0; layer--) {
      way.unshift(this.#predecessor(way[0]!, layer));
    }
    return way.slice(1).map((to, i) => this.#system.move(way[i]!, to));
  }

  #layerOf(state: number): number {
    const at = this.#queue.indexOf(state);
    if (at < 0) throw new RangeError(`Expected a state that was reached, got ${state}`);
    return this.#layers.findLastIndex((first) => first <= at);
  }

  #predecessor(state: number, layer: number): number {
    for (let i = this.#layers[layer]!; i < this.#layers[layer + 1]!; i++) {
      const before = this.#queue.get(i);
      const count = this.#system.expand(before, this.#successors);
      if (this.#successors.subarray(0, count).includes(state)) return before;
    }
    throw new Error(`State ${state} has no predecessor at distance ${layer}`);
  }

  #look(state: number): void {
    if (this.found === undefined && this.#until?.(state) === true) this.found = state;
  }

  #refuse(): never {
    throw new StateLimitError(
      `Expected at most ${this.#limit} states, got more: nothing is known about the rest`,
    );
  }
}

/** States in the order they were reached, in chunks that never move. */
class Queue {
  static readonly #CHUNK_BITS = 16;
  static readonly #MASK = 2 ** Queue.#CHUNK_BITS - 1;
  readonly #chunks: (Uint32Array | Float64Array)[] = [];
  readonly #narrow: boolean;
  readonly #size: number;
  length = 0;

  constructor(bound: number) {
    this.#narrow = bound <= 2 ** 32;
    this.#size = Math.min(2 ** Queue.#CHUNK_BITS, bound);
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  push(state: number): void {
    const at = this.length & Queue.#MASK;
    if (at === 0) {
      const size = this.#size;
      this.#chunks.push(this.#narrow ? new Uint32Array(size) : new Float64Array(size));
    }
    this.#chunks[this.#chunks.length - 1]![at] = state;
    this.length++;
  }

  get(index: number): number {
    return this.#chunks[index >>> Queue.#CHUNK_BITS]![index & Queue.#MASK]!;
  }

  indexOf(state: number): number {
    for (let i = 0; i < this.length; i++) if (this.get(i) === state) return i;
    return -1;
  }
}

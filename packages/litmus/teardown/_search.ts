import type { Violation } from "./_counterexample.ts";
import type { PropertyId } from "./properties.ts";
import type { TeardownSystem } from "./_system.ts";

/** Breadth first: a state's number is its place in the queue. */
export class Search {
  /** The first violation of each property. */
  readonly found: Map<PropertyId, Violation> = new Map();
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

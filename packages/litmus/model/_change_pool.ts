/** Numbers of states or their differences; 32 bits wide where that is enough. */
export type StateNumbers = Int32Array | Float64Array;

/** Room for numbers of states below a bound, or for their differences. */
export function stateNumbers(bound: number, length: number): StateNumbers {
  return bound <= 2 ** 31 ? new Int32Array(length) : new Float64Array(length);
}

/** How many changes there is room for at first. */
const FIRST_ROOM = 256;

/** Sets of changes of the state number, one for each key, behind each other in one array. */
export class ChangePool {
  readonly #bound: number;
  /** By key where in {@link numbers} the count of changes stands; 0 where they are not known yet. */
  readonly starts: Int32Array;
  /** Each count, and its changes behind it. */
  numbers: StateNumbers;
  /** How much is used; the first place never is. */
  #used = 1;

  /**
   * @param keys How many keys there are.
   * @param bound One past the largest number of a state.
   */
  constructor(keys: number, bound: number) {
    this.#bound = bound;
    this.starts = new Int32Array(keys);
    this.numbers = stateNumbers(bound, FIRST_ROOM);
  }

  /** Adds the changes of a key, each once and none that is 0; returns where they start. */
  add(key: number, changes: readonly number[]): number {
    const distinct = [...new Set(changes)].filter((change) => change !== 0);
    const start = this.#used;
    this.#used += 1 + distinct.length;
    if (this.#used > this.numbers.length) {
      const more = stateNumbers(this.#bound, 2 * this.#used);
      more.set(this.numbers);
      this.numbers = more;
    }
    this.numbers[start] = distinct.length;
    this.numbers.set(distinct, start + 1);
    return this.starts[key] = start;
  }
}

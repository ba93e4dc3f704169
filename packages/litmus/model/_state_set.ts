/** A set of state numbers that only grows. */
export interface StateSet {
  /** Adds a number; says whether it is new. */
  add(state: number): boolean;
  /** How many it holds. */
  readonly size: number;
  /** Memory it takes, in bytes. */
  readonly bytes: number;
}

/** Up to this many possible states a bitmap is small enough to begin with: 128 KiB. */
const SMALL = 2 ** 20;
/** Up to this many a bitmap can be had at all: 256 MiB. */
const BITMAP_LIMIT = 2 ** 31;
const FIRST_SLOTS = 2 ** 12;

/**
 * Makes a set for numbers below a bound.
 *
 * @param bound One past the largest number, at most 2^53.
 * @returns A set that is as compact as its content and the bound allow.
 */
export function createStateSet(bound: number): StateSet {
  return bound <= SMALL ? new Bitmap(bound) : new GrowingSet(bound);
}

/** A hash set that becomes a bitmap as soon as that takes less. */
class GrowingSet implements StateSet {
  #bitmap: Bitmap | null = null;
  #hash: HashSet = new HashSet();

  constructor(readonly bound: number) {}

  get size(): number {
    return (this.#bitmap ?? this.#hash).size;
  }

  get bytes(): number {
    return (this.#bitmap ?? this.#hash).bytes;
  }

  add(state: number): boolean {
    // Two fields, each of one class: the call on the hot way is a direct one.
    if (this.#bitmap !== null) return this.#bitmap.add(state);
    const added = this.#hash.add(state);
    if (added && this.#hash.bytes * 8 > this.bound) this.#convert();
    return added;
  }

  #convert(): void {
    if (this.bound > BITMAP_LIMIT) return;
    const bitmap = new Bitmap(this.bound);
    for (const state of this.#hash) bitmap.add(state);
    this.#bitmap = bitmap;
    this.#hash = new HashSet();
  }
}

class Bitmap implements StateSet {
  readonly #words: Uint32Array;
  size = 0;

  constructor(bound: number) {
    this.#words = new Uint32Array(Math.ceil(bound / 32));
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  add(state: number): boolean {
    const word = state >>> 5;
    const bit = 1 << (state & 31);
    const before = this.#words[word]!;
    if ((before & bit) !== 0) return false;
    this.#words[word] = before | bit;
    this.size++;
    return true;
  }
}

/** Open addressing; numbers are stored plus one, so that 0 is an empty slot. */
class HashSet implements StateSet {
  #slots: Float64Array = new Float64Array(FIRST_SLOTS);
  size = 0;

  get bytes(): number {
    return this.#slots.byteLength;
  }

  add(state: number): boolean {
    if (this.size * 2 >= this.#slots.length) this.#grow();
    const slot = this.#find(state + 1);
    if (this.#slots[slot] !== 0) return false;
    this.#slots[slot] = state + 1;
    this.size++;
    return true;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const stored of this.#slots) if (stored !== 0) yield stored - 1;
  }

  #find(stored: number): number {
    const mask = this.#slots.length - 1;
    let slot =
      (Math.imul(stored | 0, 0x9e3779b1) ^ Math.imul((stored / 2 ** 32) | 0, 0x85ebca6b)) >>> 7 &
      mask;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== stored) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(before.length * 2);
    for (const stored of before) if (stored !== 0) this.#slots[this.#find(stored)] = stored;
  }
}

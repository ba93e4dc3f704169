import { requireWhole } from "../arguments.ts";
import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  commonBits,
  hasBit,
  relateBits,
  Relation,
  setBitRange,
} from "./frame_bits.ts";
import type { FrameChange, FrameChunk } from "./frame_chunk.ts";

/** Values are below this, so that an entry can hold one or, negated, a reference. */
const VALUE_LIMIT = 2 ** 30;

/** The object that callbacks get, while the map fills it. */
export type Scratch = { -readonly [Key in keyof FrameChunk]: FrameChunk[Key] };

/** Makes a chunk object to be filled. */
export function createScratch(): Scratch {
  return { frame: 0, count: 0, value: 0, words: null, at: 0, blocks: 0 };
}

/** Calls `change` and checks what it returns. */
export function changed(change: FrameChange, chunk: FrameChunk): number {
  const value = change(chunk.value, chunk);
  // One operation rejects negatives, fractions, NaN and anything of 2^30 or more.
  if ((value & (VALUE_LIMIT - 1)) !== value) requireValue(value);
  return value;
}

/** Refuses a value that a map cannot hold. */
export function requireValue(value: number): void {
  requireWhole("value", value, 0, VALUE_LIMIT - 1);
}

// A class record: the value, the next record of the block (0: none), the number of frames, and
// which frames of the block.
const VALUE = 0;
const NEXT = 1;
const COUNT = 2;
const BITS = 3;
const RECORD_WORDS = BITS + BLOCK_WORDS;

// Records live in slabs of 1,024 (76 KiB): growing copies nothing, a small map stays small.
const SLAB_SHIFT = 10;
const SLAB_MASK = 2 ** SLAB_SHIFT - 1;

/**
 * The 2 MiB blocks of a map whose frames differ.
 *
 * A block is a list of class records, one per value, ascending by value, each with the bitmap of
 * its frames. Where the caller keeps a block it has an *entry*: the value if all its frames have
 * it, else the negated id of the first record. Operations on a block return its new entry, so a
 * block that became uniform gives its records back and is a value again.
 */
export class FramePartitions {
  readonly #slabs: Uint32Array[] = [];
  /** Ids below this were handed out at some time; id 0 is never used. */
  #used = 1;
  /** Head of the list of records given back. */
  #free = 0;
  #live = 0;

  /** Frames that a class shares with the selection of the current call. */
  readonly #common = new Uint32Array(BLOCK_WORDS);
  /** What the classes of the current block become; a block has at most 512 classes. */
  readonly #moves = {
    id: new Int32Array(BLOCK_FRAMES),
    count: new Int32Array(BLOCK_FRAMES),
    value: new Int32Array(BLOCK_FRAMES),
  };

  /** Class records in use. */
  get records(): number {
    return this.#live;
  }

  /** Memory held for records, used or free, in bytes. */
  get bytes(): number {
    return this.#slabs.length * (SLAB_MASK + 1) * RECORD_WORDS * Uint32Array.BYTES_PER_ELEMENT;
  }

  /** The value of a frame, given by its place in the block. */
  get(entry: number, place: number): number {
    for (let id = -entry;;) {
      const slab = this.#slab(id);
      const at = startOf(id);
      if (hasBit(slab, at + BITS, place)) return slab[at + VALUE]!;
      id = slab[at + NEXT]!;
    }
  }

  /**
   * Changes the `count` frames that `words` selects in a block of `size` frames that all have the
   * value `from`.
   */
  split(
    from: number,
    size: number,
    words: Uint32Array,
    at: number,
    count: number,
    to: number,
  ): number {
    if (count === 0 || to === from) return from;
    if (count === size) return to;
    const rest = this.#allocate(from, size);
    const slab = this.#slab(rest);
    setBitRange(slab, startOf(rest) + BITS, 0, size);
    const piece = this.#cut(rest, words, at, count, to);
    return -this.#insert(rest, piece);
  }

  /**
   * Changes the frames that `words` selects, or the whole block without it. If `change` throws,
   * the block stays as it was.
   */
  update(
    entry: number,
    words: Uint32Array | null,
    at: number,
    chunk: Scratch,
    change: FrameChange,
  ): number {
    const { id, count, value } = this.#moves;
    let moves = 0;
    for (let record = -entry; record !== 0; record = this.#next(record)) {
      const relation = this.#select(record, words, at, this.#common, chunk);
      if (!(relation & Relation.shared)) continue;
      const to = changed(change, chunk);
      if (to !== chunk.value) {
        id[moves] = record;
        count[moves] = chunk.count;
        value[moves] = to;
        moves++;
      }
      if (relation === Relation.shared) break;
    }
    return moves === 0 ? entry : this.#move(-entry, words, at, moves);
  }

  /** Visits the frames that `words` selects, or the whole block without it, class by class. */
  forEach(
    entry: number,
    words: Uint32Array | null,
    chunk: Scratch,
    visit: (chunk: FrameChunk) => void,
  ): void {
    const common = words === null ? this.#common : new Uint32Array(BLOCK_WORDS);
    for (let record = -entry; record !== 0; record = this.#next(record)) {
      if (this.#select(record, words, 0, common, chunk) & Relation.shared) visit(chunk);
    }
  }

  /** Points the chunk at the selected frames of a class, or tells that there are none. */
  #select(
    record: number,
    words: Uint32Array | null,
    at: number,
    common: Uint32Array,
    chunk: Scratch,
  ): number {
    const slab = this.#slab(record);
    const start = startOf(record);
    const relation = words === null
      ? Relation.shared | Relation.onlySecond
      : relateBits(slab, start + BITS, words, at);
    if (!(relation & Relation.shared)) return relation;
    chunk.value = slab[start + VALUE]!;
    chunk.blocks = 1;
    if (relation & Relation.onlyFirst) {
      chunk.count = commonBits(slab, start + BITS, words!, at, common);
      chunk.words = common;
      chunk.at = 0;
    } else {
      chunk.count = slab[start + COUNT]!;
      chunk.words = slab;
      chunk.at = start + BITS;
    }
    return relation;
  }

  /** Carries out the first `moves` moves, which are in the order of the list. */
  #move(head: number, words: Uint32Array | null, at: number, moves: number): number {
    const { id, count, value } = this.#moves;
    let kept = head;
    // Two classes may swap their values, so all that moves is taken out before any is put back.
    for (let move = 0, before = 0, record = head; move < moves; move++) {
      for (; record !== id[move]; record = this.#next(record)) before = record;
      const next = this.#next(record);
      if (count[move] === this.#slab(record)[startOf(record) + COUNT]) {
        this.#slab(record)[startOf(record) + VALUE] = value[move]!;
        if (before === 0) kept = next;
        else this.#link(before, next);
      } else {
        id[move] = this.#cut(record, words!, at, count[move]!, value[move]!);
        before = record;
      }
      record = next;
    }
    for (let move = 0; move < moves; move++) kept = this.#insert(kept, id[move]!);
    return this.#entry(kept);
  }

  /** Takes the selected `count` frames out of a class and makes them a class of their own. */
  #cut(record: number, words: Uint32Array, at: number, count: number, value: number): number {
    const piece = this.#allocate(value, count);
    const from = this.#slab(record);
    const to = this.#slab(piece);
    const fromAt = startOf(record);
    const toAt = startOf(piece);
    for (let i = 0; i < BLOCK_WORDS; i++) {
      const old = from[fromAt + BITS + i]!;
      const word = old & words[at + i]!;
      to[toAt + BITS + i] = word;
      from[fromAt + BITS + i] = old & ~word;
    }
    from[fromAt + COUNT] = from[fromAt + COUNT]! - count;
    return piece;
  }

  /** Puts a record into a list at its place, or into the class of that value; returns the head. */
  #insert(head: number, record: number): number {
    const slab = this.#slab(record);
    const start = startOf(record);
    const value = slab[start + VALUE]!;
    let before = 0;
    for (let other = head; other !== 0; other = this.#next(other)) {
      const otherSlab = this.#slab(other);
      const otherAt = startOf(other);
      const otherValue = otherSlab[otherAt + VALUE]!;
      if (otherValue > value) break;
      if (otherValue === value) {
        for (let i = 0; i < BLOCK_WORDS; i++) {
          otherSlab[otherAt + BITS + i] = otherSlab[otherAt + BITS + i]! | slab[start + BITS + i]!;
        }
        otherSlab[otherAt + COUNT] = otherSlab[otherAt + COUNT]! + slab[start + COUNT]!;
        this.#release(record);
        return head;
      }
      before = other;
    }
    if (before === 0) {
      this.#link(record, head);
      return record;
    }
    this.#link(record, this.#next(before));
    this.#link(before, record);
    return head;
  }

  /** The entry of a block with this list. */
  #entry(head: number): number {
    if (this.#next(head) !== 0) return -head;
    const value = this.#slab(head)[startOf(head) + VALUE]!;
    this.#release(head);
    return value;
  }

  /** The slab that a record is in; {@link startOf} says where. */
  #slab(record: number): Uint32Array {
    return this.#slabs[record >>> SLAB_SHIFT]!;
  }

  #next(record: number): number {
    return this.#slab(record)[startOf(record) + NEXT]!;
  }

  #link(record: number, next: number): void {
    this.#slab(record)[startOf(record) + NEXT] = next;
  }

  /** A record without a successor; its bitmap is for the caller to write. */
  #allocate(value: number, count: number): number {
    let record = this.#free;
    if (record !== 0) {
      this.#free = this.#next(record);
    } else {
      record = this.#used;
      if (record >>> SLAB_SHIFT === this.#slabs.length) {
        this.#slabs.push(new Uint32Array((SLAB_MASK + 1) * RECORD_WORDS));
      }
      this.#used++;
    }
    const slab = this.#slab(record);
    const start = startOf(record);
    slab[start + VALUE] = value;
    slab[start + NEXT] = 0;
    slab[start + COUNT] = count;
    this.#live++;
    return record;
  }

  #release(record: number): void {
    this.#link(record, this.#free);
    this.#free = record;
    this.#live--;
  }
}

/** Index of a record's first word in its slab. */
function startOf(record: number): number {
  return (record & SLAB_MASK) * RECORD_WORDS;
}

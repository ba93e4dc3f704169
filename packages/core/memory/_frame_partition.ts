import { requireWhole } from "../arguments.ts";
import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  commonBits,
  countBits,
  exceptBits,
  relateBits,
  Relation,
  setBitRange,
} from "./frame_bits.ts";
import type { FrameChange, FrameChunk } from "./frame_chunk.ts";

/** Values are below this, so that an entry can hold one or, negated, a reference. */
const VALUE_LIMIT = 2 ** 30;

/** The object that callbacks get, while the map fills it. */
export type Scratch = { -readonly [Key in keyof FrameChunk]: FrameChunk[Key] };

/** What a walk over a map works with. */
export class Walk {
  readonly chunk: Scratch = { frame: 0, count: 0, value: 0, words: null, at: 0, blocks: 0 };
  /** Frames that a class shares with what is selected in a block. */
  readonly common: Uint32Array = new Uint32Array(BLOCK_WORDS);
  /** Frames that the rest of the block shares with it. */
  readonly rest: Uint32Array = new Uint32Array(BLOCK_WORDS);
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

// A class record: the value, the next record of the block (0: none), the number of frames, in the
// first record of a block the value of the rest, and which frames of the block.
const VALUE = 0;
const NEXT = 1;
const COUNT = 2;
const REST = 3;
const BITS = 4;
const RECORD_WORDS = BITS + BLOCK_WORDS;

// Records live in slabs of 1,024 (80 KiB): growing copies nothing, a small map stays small.
const SLAB_SHIFT = 10;
const SLAB_MASK = 2 ** SLAB_SHIFT - 1;

/** A bitmap of a whole block. */
const WHOLE = new Uint32Array(BLOCK_WORDS).fill(0xffffffff);

/** What the rest of a block goes by among its moves. */
const THE_REST = 0;

/**
 * The 2 MiB blocks of a map whose frames differ.
 *
 * A block is a list of class records, one per value, ascending by value, each with the bitmap of
 * its frames, and the value of the rest: the frames in none of the bitmaps. Where the caller keeps a
 * block it has an *entry*: the value if all its frames have it, else the negated id of the first
 * record. Operations on a block return its new entry, so a block that became uniform gives its
 * records back and is a value again.
 */
export class FramePartitions {
  readonly #slabs: Uint32Array[] = [];
  /** Ids below this were handed out at some time; id 0 is never used. */
  #used = 1;
  /** Head of the list of records given back. */
  #free = 0;
  #live = 0;

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
    for (let id = -entry; id !== 0; id = this.#next(id)) {
      const slab = this.#slab(id);
      const at = startOf(id);
      if ((slab[at + BITS + (place >>> 5)]! >>> (place & 31)) & 1) return slab[at + VALUE]!;
    }
    return this.#restOf(-entry);
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
    return this.#entry(this.#allocate(to, count, words, at), from);
  }

  /**
   * Changes the frames that `words` selects in a block of `size` frames, or all without it. If
   * `change` throws, the block stays as it was.
   */
  update(
    entry: number,
    size: number,
    words: Uint32Array | null,
    at: number,
    walk: Walk,
    change: FrameChange,
  ): number {
    const { id, count, value } = this.#moves;
    const { chunk } = walk;
    let moves = 0;
    this.#visit(entry, size, words, at, walk, (record) => {
      const to = changed(change, chunk);
      if (to === chunk.value) return;
      id[moves] = record;
      count[moves] = chunk.count;
      value[moves] = to;
      moves++;
    });
    return moves === 0 ? entry : this.#move(entry, size, words, at, moves, walk.rest);
  }

  /** Visits the frames that `words` selects in a block, or all without it, class by class. */
  forEach(
    entry: number,
    size: number,
    words: Uint32Array | null,
    walk: Walk,
    visit: (chunk: FrameChunk) => void,
  ): void {
    this.#visit(entry, size, words, 0, walk, () => visit(walk.chunk));
  }

  /** Points the chunk of the walk at the selected frames of each class in turn, ascending. */
  #visit(
    entry: number,
    size: number,
    words: Uint32Array | null,
    at: number,
    walk: Walk,
    visit: (record: number) => void,
  ): void {
    const { chunk } = walk;
    const head = -entry;
    chunk.blocks = 1;
    // Most selections are within one class, which is then the only one to look at.
    const relation = this.#select(head, words, at, walk);
    if (!(relation & Relation.onlySecond)) {
      if (relation & Relation.shared) visit(head);
      return;
    }
    const rest = this.#restOf(head);
    let left = this.#selectRest(head, size, words, at, walk.rest);
    for (let record = head;; record = this.#next(record)) {
      if (left > 0 && (record === 0 || this.#slab(record)[startOf(record) + VALUE]! > rest)) {
        chunk.value = rest;
        chunk.count = left;
        chunk.words = walk.rest;
        chunk.at = 0;
        left = 0;
        visit(THE_REST);
      }
      if (record === 0) return;
      if (this.#select(record, words, at, walk) & Relation.shared) visit(record);
    }
  }

  /** Points the chunk at the selected frames of a class, or tells that there are none. */
  #select(record: number, words: Uint32Array | null, at: number, walk: Walk): number {
    const { chunk, common } = walk;
    const slab = this.#slab(record);
    const start = startOf(record);
    const relation = words === null
      ? Relation.shared | Relation.onlySecond
      : relateBits(slab, start + BITS, words, at);
    if (!(relation & Relation.shared)) return relation;
    chunk.value = slab[start + VALUE]!;
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

  /** Writes the selected frames of the rest and counts them. */
  #selectRest(
    head: number,
    size: number,
    words: Uint32Array | null,
    at: number,
    rest: Uint32Array,
  ): number {
    let from = words ?? WHOLE;
    let fromAt = at;
    if (words === null && size < BLOCK_FRAMES) setBitRange(from = rest, 0, 0, size);
    for (let record = head; record !== 0; record = this.#next(record)) {
      const any = exceptBits(from, fromAt, this.#slab(record), startOf(record) + BITS, rest);
      if (!any) return 0;
      from = rest;
      fromAt = 0;
    }
    return words === null ? size - this.#countOf(head) : countBits(rest, 0);
  }

  /** Carries out the first `moves` moves, which are in the order of the list. */
  #move(
    entry: number,
    size: number,
    words: Uint32Array | null,
    at: number,
    moves: number,
    selected: Uint32Array,
  ): number {
    const { id, count, value } = this.#moves;
    let kept = -entry;
    let rest = this.#restOf(kept);
    const restCount = size - this.#countOf(kept);
    let restMove = -1;
    // Two classes may swap their values, so all that moves is taken out before any is put back.
    for (let move = 0, before = 0, record = kept; move < moves; move++) {
      if (id[move] === THE_REST) {
        restMove = move;
        continue;
      }
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
    if (restMove >= 0) {
      if (count[restMove] === restCount) {
        rest = value[restMove]!;
        kept = this.#drop(kept, rest);
      } else {
        id[restMove] = this.#allocate(value[restMove]!, count[restMove]!, selected, 0);
      }
    }
    for (let move = 0; move < moves; move++) {
      if (id[move] !== THE_REST) kept = this.#insert(kept, id[move]!, rest);
    }
    return this.#entry(kept, rest);
  }

  /** Takes the selected `count` frames out of a class and makes them a class of their own. */
  #cut(record: number, words: Uint32Array, at: number, count: number, value: number): number {
    const piece = this.#allocate(value, count, words, at);
    const from = this.#slab(record);
    const to = this.#slab(piece);
    const fromAt = startOf(record) + BITS;
    const toAt = startOf(piece) + BITS;
    for (let i = 0; i < BLOCK_WORDS; i++) {
      const old = from[fromAt + i]!;
      const selected = to[toAt + i]!;
      to[toAt + i] = old & selected;
      from[fromAt + i] = old & ~selected;
    }
    from[startOf(record) + COUNT]! -= count;
    return piece;
  }

  /** Puts a record into a list at its place, or into the class or rest of that value. */
  #insert(head: number, record: number, rest: number): number {
    const slab = this.#slab(record);
    const start = startOf(record);
    const value = slab[start + VALUE]!;
    if (value === rest) {
      this.#release(record);
      return head;
    }
    let before = 0;
    for (let other = head; other !== 0; other = this.#next(other)) {
      const otherSlab = this.#slab(other);
      const otherAt = startOf(other);
      const otherValue = otherSlab[otherAt + VALUE]!;
      if (otherValue > value) break;
      if (otherValue === value) {
        for (let i = BITS; i < RECORD_WORDS; i++) otherSlab[otherAt + i]! |= slab[start + i]!;
        otherSlab[otherAt + COUNT]! += slab[start + COUNT]!;
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

  /** Takes the class of a value, if there is one, out of a list: its frames are of the rest then. */
  #drop(head: number, value: number): number {
    for (let before = 0, record = head; record !== 0; record = this.#next(record)) {
      if (this.#slab(record)[startOf(record) + VALUE] !== value) {
        before = record;
        continue;
      }
      const next = this.#next(record);
      this.#release(record);
      if (before === 0) return next;
      this.#link(before, next);
      break;
    }
    return head;
  }

  /** The entry of a block with this list and rest. */
  #entry(head: number, rest: number): number {
    if (head === 0) return rest;
    this.#slab(head)[startOf(head) + REST] = rest;
    return -head;
  }

  /** The value of the rest of a block. */
  #restOf(head: number): number {
    return this.#slab(head)[startOf(head) + REST]!;
  }

  /** Frames in the classes of a list. */
  #countOf(head: number): number {
    let count = 0;
    for (let record = head; record !== 0; record = this.#next(record)) {
      count += this.#slab(record)[startOf(record) + COUNT]!;
    }
    return count;
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

  /** A record without a successor, of the frames in a bitmap. */
  #allocate(value: number, count: number, words: Uint32Array, at: number): number {
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
    for (let i = 0; i < BLOCK_WORDS; i++) slab[start + BITS + i] = words[at + i]!;
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

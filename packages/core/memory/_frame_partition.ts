import { requireWhole } from "../arguments.ts";
import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  commonBits,
  countBits,
  exceptBits,
  hasBit,
  relateBits,
  Relation,
  setBitRange,
} from "./frame_bits.ts";
import { type FrameChange, type FrameChunk, runOf } from "./frame_chunk.ts";

/** Values are below this, so that an entry can hold one or, negated, a reference. */
const VALUE_LIMIT = 2 ** 30;

/** The object that callbacks get, while the map fills it. */
export type Scratch = { -readonly [Key in keyof FrameChunk]: FrameChunk[Key] };

/** What a walk over a map works with. */
export class Walk {
  readonly chunk: Scratch = { ...runOf(0, 1) };
  /** The part of a block that a run covers. */
  readonly part: Uint32Array = new Uint32Array(BLOCK_WORDS);
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
// first record of a block the value of the rest, where the bitmap of the frames begins, and by which
// number it is the map's own (0: it is not).
const VALUE = 0;
const NEXT = 1;
const COUNT = 2;
const REST = 3;
const AT = 4;
const OWN = 5;
const RECORD_WORDS = 6;

// Records live in slabs of 256 (6 KiB, bitmaps 16 KiB): growing copies nothing, a small map stays
// small.
const SLAB_SHIFT = 8;
const SLAB_MASK = 2 ** SLAB_SHIFT - 1;

/** What an array takes to refer to another one. */
const POINTER_BYTES = 8;

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
 *
 * A bitmap that lasts is not copied until it has to change: maps that were given the same frames
 * share it, and tell at once that it is the same.
 */
export class FramePartitions {
  readonly #slabs: Uint32Array[] = [];
  /** The array that the bitmap of a record is in. */
  readonly #bitmaps: Uint32Array[] = [WHOLE];
  /** Ids below this were handed out at some time; id 0 is never used. */
  #used = 1;
  /** Head of the list of records given back. */
  #free = 0;
  #live = 0;
  /** The map's own bitmaps: slabs, numbers handed out at some time, list of those given back. */
  readonly #own: Uint32Array[] = [];
  #ownUsed = 1;
  #ownFree = 0;

  /** What the classes of the current block become; a block has at most 512 classes. */
  readonly #moves = {
    length: 0,
    id: new Int32Array(BLOCK_FRAMES),
    count: new Int32Array(BLOCK_FRAMES),
    value: new Int32Array(BLOCK_FRAMES),
  };

  // One function for all updates, for to make one for each block costs as much as the update.
  #walk = new Walk();
  #change: FrameChange = (value) => value;
  readonly #ask = (record: number): void => {
    const { chunk } = this.#walk;
    const to = changed(this.#change, chunk);
    if (to === chunk.value) return;
    const move = this.#moves.length++;
    this.#moves.id[move] = record;
    this.#moves.count[move] = chunk.count;
    this.#moves.value[move] = to;
  };

  /** Class records in use. */
  get records(): number {
    return this.#live;
  }

  /** Memory held for records and their own bitmaps, used or free, in bytes. */
  get bytes(): number {
    const ofSlab = (SLAB_MASK + 1) * RECORD_WORDS * Uint32Array.BYTES_PER_ELEMENT;
    const ofOwn = (SLAB_MASK + 1) * BLOCK_WORDS * Uint32Array.BYTES_PER_ELEMENT;
    return this.#slabs.length * ofSlab + (this.#used - 1) * POINTER_BYTES +
      this.#own.length * ofOwn;
  }

  /** The value of a frame, given by its place in the block. */
  get(entry: number, place: number): number {
    for (let id = -entry; id !== 0; id = this.#next(id)) {
      if (hasBit(this.#words(id), this.#at(id), place)) return this.#slab(id)[startOf(id) + VALUE]!;
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
    lasting: boolean,
    count: number,
    to: number,
  ): number {
    if (count === 0 || to === from) return from;
    if (count === size) return to;
    return this.#entry(this.#allocate(to, count, words, at, lasting), from);
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
    const head = -entry;
    const slab = this.#slab(head);
    const start = startOf(head);
    // Nearly always: the block has one class, and that is what is selected.
    if (slab[start + NEXT] === 0 && slab[start + AT] === at && this.#words(head) === words) {
      walk.chunk.blocks = 1;
      this.#point(head, walk.chunk);
      const to = changed(change, walk.chunk);
      if (to === slab[start + REST]) {
        this.#release(head);
        return to;
      }
      slab[start + VALUE] = to;
      return entry;
    }
    this.#walk = walk;
    this.#change = change;
    this.#moves.length = 0;
    this.#visit(entry, size, words, at, walk, this.#ask);
    return this.#moves.length === 0 ? entry : this.#move(entry, size, words, at, walk.rest);
  }

  /** Visits the wanted ones of the frames that `words` selects in a block, or of all without it. */
  forEach(
    entry: number,
    size: number,
    words: Uint32Array | null,
    walk: Walk,
    visit: () => void,
    wanted: (value: number) => boolean,
  ): void {
    this.#visit(entry, size, words, 0, walk, visit, wanted);
  }

  /** Points the chunk of the walk at the selected frames of each class in turn, ascending. */
  #visit(
    entry: number,
    size: number,
    words: Uint32Array | null,
    at: number,
    walk: Walk,
    visit: (record: number) => void,
    wanted: ((value: number) => boolean) | null = null,
  ): void {
    const { chunk } = walk;
    const head = -entry;
    chunk.blocks = 1;
    // Most selections are within one class, which is then the only one to look at.
    const relation = this.#select(head, words, at, walk);
    if (!(relation & Relation.onlySecond)) {
      if (relation & Relation.shared && (wanted === null || wanted(chunk.value))) visit(head);
      return;
    }
    const rest = this.#restOf(head);
    let left = wanted === null || wanted(rest)
      ? this.#selectRest(head, size, words, at, walk.rest)
      : 0;
    for (let record = head;; record = this.#next(record)) {
      const value = this.#slab(record)[startOf(record) + VALUE]!;
      if (left > 0 && (record === 0 || value > rest)) {
        chunk.value = rest;
        chunk.count = left;
        chunk.words = walk.rest;
        chunk.at = 0;
        chunk.lasting = false;
        left = 0;
        visit(THE_REST);
      }
      if (record === 0) return;
      if (wanted !== null && !wanted(value)) continue;
      if (this.#select(record, words, at, walk) & Relation.shared) visit(record);
    }
  }

  /** Points the chunk at the selected frames of a class, or tells that there are none. */
  #select(record: number, words: Uint32Array | null, at: number, walk: Walk): number {
    const { chunk, common } = walk;
    const own = this.#words(record);
    const ownAt = this.#at(record);
    const relation = words === null
      ? Relation.shared | Relation.onlySecond
      : relateBits(own, ownAt, words, at);
    if (!(relation & Relation.shared)) return relation;
    this.#point(record, chunk);
    if (relation & Relation.onlyFirst) {
      chunk.count = commonBits(own, ownAt, words!, at, common);
      chunk.words = common;
      chunk.at = 0;
      chunk.lasting = false;
    }
    return relation;
  }

  /** Points a chunk at all frames of a class. */
  #point(record: number, chunk: Scratch): void {
    const slab = this.#slab(record);
    const start = startOf(record);
    chunk.value = slab[start + VALUE]!;
    chunk.count = slab[start + COUNT]!;
    chunk.words = this.#words(record);
    chunk.at = slab[start + AT]!;
    chunk.lasting = slab[start + OWN] === 0;
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
      const any = exceptBits(from, fromAt, this.#words(record), this.#at(record), rest);
      if (!any) return 0;
      from = rest;
      fromAt = 0;
    }
    return words === null ? size - this.#countOf(head) : countBits(rest, 0);
  }

  /** Carries out the moves, which are in the order of the list. */
  #move(
    entry: number,
    size: number,
    words: Uint32Array | null,
    at: number,
    selected: Uint32Array,
  ): number {
    const { length: moves, id, count, value } = this.#moves;
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
        id[restMove] = this.#allocate(value[restMove]!, count[restMove]!, selected, 0, false);
      }
    }
    for (let move = 0; move < moves; move++) {
      if (id[move] !== THE_REST) kept = this.#insert(kept, id[move]!, rest);
    }
    return this.#entry(kept, rest);
  }

  /** Takes the selected `count` frames out of a class and makes them a class of their own. */
  #cut(record: number, words: Uint32Array, at: number, count: number, value: number): number {
    const piece = this.#allocate(value, count, words, at, false);
    const [from, fromAt] = [this.#ownWords(record), this.#at(record)];
    const [to, toAt] = [this.#words(piece), this.#at(piece)];
    for (let i = 0; i < BLOCK_WORDS; i++) {
      const old = from[fromAt + i]!;
      const selected = to[toAt + i]!;
      to[toAt + i] = old & selected;
      from[fromAt + i] = old & ~selected;
    }
    this.#slab(record)[startOf(record) + COUNT]! -= count;
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
        this.#join(other, record);
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

  /** Adds the bitmap of a record to that of another. */
  #join(record: number, other: number): void {
    const [to, toAt] = [this.#ownWords(record), this.#at(record)];
    const [from, fromAt] = [this.#words(other), this.#at(other)];
    for (let i = 0; i < BLOCK_WORDS; i++) to[toAt + i]! |= from[fromAt + i]!;
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

  /** The array that the bitmap of a record is in; {@link #at} says where. */
  #words(record: number): Uint32Array {
    return this.#bitmaps[record]!;
  }

  #at(record: number): number {
    return this.#slab(record)[startOf(record) + AT]!;
  }

  #next(record: number): number {
    return this.#slab(record)[startOf(record) + NEXT]!;
  }

  #link(record: number, next: number): void {
    this.#slab(record)[startOf(record) + NEXT] = next;
  }

  /** A record without a successor, of the frames in a bitmap, which is copied unless it lasts. */
  #allocate(
    value: number,
    count: number,
    words: Uint32Array,
    at: number,
    lasting: boolean,
  ): number {
    let record = this.#free;
    if (record !== 0) {
      this.#free = this.#next(record);
    } else {
      record = this.#used;
      if (record >>> SLAB_SHIFT === this.#slabs.length) {
        this.#slabs.push(new Uint32Array((SLAB_MASK + 1) * RECORD_WORDS));
      }
      this.#used++;
      this.#bitmaps.push(words);
    }
    const slab = this.#slab(record);
    const start = startOf(record);
    slab[start + VALUE] = value;
    slab[start + NEXT] = 0;
    slab[start + COUNT] = count;
    this.#refer(record, words, at, 0);
    if (!lasting) this.#ownWords(record);
    this.#live++;
    return record;
  }

  /** The bitmap of a record, which is a copy from now on if it was not the map's own. */
  #ownWords(record: number): Uint32Array {
    const words = this.#words(record);
    if (this.#slab(record)[startOf(record) + OWN] !== 0) return words;
    const at = this.#at(record);
    let own = this.#ownFree;
    if (own === 0) {
      own = this.#ownUsed++;
      if (own >>> SLAB_SHIFT === this.#own.length) {
        this.#own.push(new Uint32Array((SLAB_MASK + 1) * BLOCK_WORDS));
      }
    }
    const slab = this.#own[own >>> SLAB_SHIFT]!;
    const start = (own & SLAB_MASK) * BLOCK_WORDS;
    if (own === this.#ownFree) this.#ownFree = slab[start]!;
    for (let i = 0; i < BLOCK_WORDS; i++) slab[start + i] = words[at + i]!;
    this.#refer(record, slab, start, own);
    return slab;
  }

  #refer(record: number, words: Uint32Array, at: number, own: number): void {
    this.#bitmaps[record] = words;
    this.#slab(record)[startOf(record) + AT] = at;
    this.#slab(record)[startOf(record) + OWN] = own;
  }

  #release(record: number): void {
    const own = this.#slab(record)[startOf(record) + OWN]!;
    if (own !== 0) {
      this.#words(record)[this.#at(record)] = this.#ownFree;
      this.#ownFree = own;
    }
    // Lets go of an array that nobody else may need.
    this.#refer(record, WHOLE, 0, 0);
    this.#link(record, this.#free);
    this.#free = record;
    this.#live--;
  }
}

/** Index of a record's first word in its slab. */
function startOf(record: number): number {
  return (record & SLAB_MASK) * RECORD_WORDS;
}

import {
  BLOCK_FRAMES,
  BLOCK_WORDS,
  clearBit,
  countBits,
  countBitsBelow,
  forEachBit,
  hasBit,
  setBit,
} from "./frame_bits.ts";
import type { Tally } from "./tally.ts";
import { LINES_PER_PAGE } from "../units.ts";

/** Bitmaps of blocks, one behind the other. */
export class Bitmaps {
  words: Uint32Array = new Uint32Array(BLOCK_WORDS);
  length = 0;

  /** Copies a bitmap behind the last one. */
  push(words: Uint32Array, at: number): void {
    const to = this.length++ * BLOCK_WORDS;
    if (to === this.words.length) {
      const larger = new Uint32Array(2 * to);
      larger.set(this.words);
      this.words = larger;
    }
    for (let i = 0; i < BLOCK_WORDS; i++) this.words[to + i] = words[at + i]!;
  }
}

/** No page. */
const NONE = new Uint32Array(BLOCK_WORDS);

/** Pages of a block that became uniform, by the state of their lines; used for one after the other. */
export class Settled {
  readonly #states: number[] = [];
  readonly #bitmaps = new Bitmaps();

  get isEmpty(): boolean {
    return this.#states.length === 0;
  }

  /** Notes that a page becomes uniform. */
  add(state: number, place: number): void {
    const at = this.#at(state, NONE, 0);
    setBit(this.#bitmaps.words, at, place);
  }

  /** Notes that some pages do, the only ones. */
  addAll(state: number, pages: Uint32Array, at: number): void {
    this.#at(state, pages, at);
  }

  /** Tells what was noted, and forgets it. */
  take(visit: (state: number, words: Uint32Array, at: number) => void): void {
    for (let i = 0; i < this.#states.length; i++) {
      visit(this.#states[i]!, this.#bitmaps.words, i * BLOCK_WORDS);
    }
    this.#bitmaps.length = this.#states.length = 0;
  }

  /** Where the bitmap of a state begins; a new one has some pages. */
  #at(state: number, pages: Uint32Array, at: number): number {
    let index = this.#states.indexOf(state);
    if (index < 0) {
      index = this.#states.push(state) - 1;
      this.#bitmaps.push(pages, at);
    }
    return index * BLOCK_WORDS;
  }
}

/** The lines of a page, to select all or some that follow each other. */
export const EVERY_LINE: Uint8Array = Uint8Array.from({ length: LINES_PER_PAGE }, (_, i) => i);

/** State of a palette entry that no line uses. */
const UNUSED = -1;

/** Entries of a palette at most: one for each line, and in a call as many for what they become. */
const MOST_ENTRIES = 2 * BLOCK_FRAMES * LINES_PER_PAGE;

// An operation on its way over lines, by palette index: how many it has met, none between calls;
// what they become; whether they end in a machine check.
const met = new Uint16Array(MOST_ENTRIES);
const next = new Uint16Array(MOST_ENTRIES);
const checked = new Uint8Array(MOST_ENTRIES);
/** The indices that were met, in that order. */
const seen: number[] = [];

/** New states that a call looks for one by one; further ones by a map. */
const FEW = 32;

/**
 * The pages of one 2 MiB block whose lines differ, line by line.
 *
 * Lines hold an index into a palette of states that the block shares, so an operation on all pages
 * changes the palette and touches no line; one on some lines asks once for each entry that they
 * have. Two entries may come to hold one state; a page that has become uniform by that is let go
 * when it is next touched by itself. Pages are told by their place in the block, sets of pages by a
 * bitmap of the block as in a {@link FrameChunk}.
 */
export class MixedBlock {
  /** State and line count by palette index. */
  #states: number[] = [];
  #counts: number[] = [];
  /** Palette indices that no line has. */
  readonly #unused: number[] = [];
  /** Palette indices by state, while a call needs to look for many. */
  #known: Map<number, number> | null = null;
  /** Palette indices of the pages held, 64 each, ascending by place. */
  #lines: Uint16Array = new Uint16Array(LINES_PER_PAGE);
  /** The places of the pages held. */
  readonly #held = new Uint32Array(BLOCK_WORDS);
  #pages = 0;

  /** Pages held. */
  get pages(): number {
    return this.#pages;
  }

  /** Memory held, in bytes; 8 for a number in a list. */
  get bytes(): number {
    const numbers = 2 * this.#states.length + this.#unused.length;
    return this.#lines.byteLength + this.#held.byteLength + 8 * numbers;
  }

  /** State of a line of a page that is held. */
  get(place: number, line: number): number {
    return this.#states[this.#lines[this.#base(place) + line]!]!;
  }

  /** Where the lines of a page are that is held, or would be. */
  #base(place: number): number {
    return countBitsBelow(this.#held, 0, place) * LINES_PER_PAGE;
  }

  /** Starts holding a page of lines of one state, but for some of another: see {@link applyLines}. */
  add(
    place: number,
    state: number,
    lines: Uint8Array,
    from: number,
    to: number,
    other: number,
  ): void {
    const base = this.#base(place);
    const end = this.#pages * LINES_PER_PAGE;
    if (end === this.#lines.length) {
      const larger = new Uint16Array(end * 2);
      larger.set(this.#lines);
      this.#lines = larger;
    }
    this.#lines.copyWithin(base + LINES_PER_PAGE, base, end);
    setBit(this.#held, 0, place);
    this.#pages++;
    const outer = this.#indexOf(state);
    const inner = this.#indexOf(other);
    this.#counts[outer]! += LINES_PER_PAGE - (to - from);
    this.#counts[inner]! += to - from;
    this.#lines.fill(outer, base, base + LINES_PER_PAGE);
    for (let i = from; i < to; i++) this.#lines[base + lines[i]!] = inner;
  }

  /** Changes those lines of a page that is held which are listed from index `from` to `to`. */
  applyLines(
    place: number,
    lines: Uint8Array,
    from: number,
    to: number,
    tally: Tally,
    settled: Settled,
  ): void {
    try {
      this.#pass(place, lines, from, to, tally);
    } finally {
      this.#count(tally);
    }
    this.#settle(place, settled);
  }

  /** Changes all lines of some pages that are held. */
  applyPages(pages: Uint32Array, at: number, tally: Tally, settled: Settled): void {
    if (countBits(pages, at) === this.pages) return this.#applyAll(pages, at, tally, settled);
    try {
      forEachBit(pages, at, 0, (place) => this.#pass(place, EVERY_LINE, 0, LINES_PER_PAGE, tally));
    } finally {
      this.#count(tally);
    }
    // The last ones first, so that there is little to move up.
    for (let place = BLOCK_FRAMES - 1; place >= 0; place--) {
      if (hasBit(pages, at, place)) this.#settle(place, settled);
    }
  }

  /** Calls back with the states in some pages that are held and how many lines have each. */
  forEachState(
    pages: Uint32Array,
    at: number,
    visit: (state: number, lines: number) => void,
  ): void {
    let counts = this.#counts;
    if (countBits(pages, at) < this.pages) {
      counts = counts.map(() => 0);
      forEachBit(pages, at, 0, (place) => {
        for (const index of this.#linesOf(place)) counts[index]!++;
      });
    }
    counts.forEach((lines, index) => lines > 0 && visit(this.#states[index]!, lines));
  }

  /** Which of some pages that are held have a line in a wanted state. */
  pagesWith(pages: Uint32Array, at: number, wanted: (state: number) => boolean): Uint32Array {
    const indices: number[] = [];
    this.#counts.forEach((lines, index) => {
      if (lines > 0 && wanted(this.#states[index]!)) indices.push(index);
    });
    return this.#pagesOf(pages, at, indices);
  }

  /** Changes lines of a page; {@link #count} must follow. */
  #pass(place: number, lines: Uint8Array, from: number, to: number, tally: Tally): void {
    const indices = this.#lines;
    const base = this.#base(place);
    let machineCheck = 0;
    for (let i = from; i < to; i++) {
      const at = base + lines[i]!;
      const index = indices[at]!;
      if (met[index] === 0) this.#meet(index, tally);
      met[index]!++;
      machineCheck |= checked[index]!;
      indices[at] = next[index]!;
    }
    if (machineCheck !== 0) tally.machineCheckPages++;
  }

  /** Finds out what becomes of lines with a palette index. */
  #meet(index: number, tally: Tally): void {
    const { next: to, machineCheck } = tally.transition(this.#states[index]!);
    next[index] = this.#indexOf(to);
    checked[index] = Number(machineCheck);
    seen.push(index);
  }

  /** Counts the lines that passes have met. */
  #count(tally: Tally): void {
    for (const index of seen) {
      const lines = met[index]!;
      met[index] = 0;
      tally.step(this.#states[index]!, lines);
      this.#counts[index]! -= lines;
      this.#counts[next[index]!]! += lines;
    }
    for (const index of seen) if (this.#counts[index] === 0) this.#drop(index);
    seen.length = 0;
    this.#known = null;
  }

  /** Changes all lines of all pages, by the palette. */
  #applyAll(pages: Uint32Array, at: number, tally: Tally, settled: Settled): void {
    const machineChecks: number[] = [];
    let first = UNUSED;
    let uniform = true;
    for (let index = 0; index < this.#states.length; index++) {
      const state = this.#states[index]!;
      if (state === UNUSED) continue;
      const { next, machineCheck } = tally.step(state, this.#counts[index]!);
      this.#states[index] = next;
      if (machineCheck) machineChecks.push(index);
      if (first === UNUSED) first = next;
      else if (next !== first) uniform = false;
    }
    if (machineChecks.length > 0) {
      tally.machineCheckPages += countBits(this.#pagesOf(pages, at, machineChecks), 0);
    }
    if (uniform) {
      this.#clear();
      settled.addAll(first, pages, at);
    }
  }

  /** Which of some pages have a line with one of the palette indices. */
  #pagesOf(pages: Uint32Array, at: number, indices: readonly number[]): Uint32Array {
    const found = new Uint32Array(BLOCK_WORDS);
    if (indices.length === 0) return found;
    const wanted = new Uint8Array(this.#states.length);
    for (const index of indices) wanted[index] = 1;
    forEachBit(pages, at, 0, (place) => {
      const base = this.#base(place);
      let line = 0;
      while (line < LINES_PER_PAGE && wanted[this.#lines[base + line]!] === 0) line++;
      if (line < LINES_PER_PAGE) setBit(found, 0, place);
    });
    return found;
  }

  /** The palette index of a state, in an entry that was unused or new if need be. */
  #indexOf(state: number): number {
    if (seen.length > FEW) {
      this.#known ??= new Map(this.#states.map((state, index) => [state, index]));
    }
    let index = this.#known === null ? this.#states.indexOf(state) : this.#known.get(state) ?? -1;
    if (index < 0) {
      index = this.#unused.pop() ?? this.#states.length;
      this.#states[index] = state;
      this.#counts[index] = 0;
      this.#known?.set(state, index);
    }
    return index;
  }

  /** Takes an entry that no line uses any more out of the palette. */
  #drop(index: number): void {
    this.#states[index] = UNUSED;
    this.#unused.push(index);
  }

  /** Lets go of a page if all its lines have one state. */
  #settle(place: number, settled: Settled): void {
    const base = this.#base(place);
    const state = this.#states[this.#lines[base]!]!;
    for (let line = 1; line < LINES_PER_PAGE; line++) {
      if (this.#states[this.#lines[base + line]!] !== state) return;
    }
    for (const index of this.#linesOf(place)) {
      if (--this.#counts[index]! === 0) this.#drop(index);
    }
    this.#lines.copyWithin(base, base + LINES_PER_PAGE, this.#pages * LINES_PER_PAGE);
    clearBit(this.#held, 0, place);
    this.#pages--;
    settled.add(state, place);
  }

  /** Lets go of all pages. */
  #clear(): void {
    this.#held.fill(0);
    this.#pages = 0;
    this.#unused.length = 0;
    this.#states = [];
    this.#counts = [];
  }

  /** Palette indices of a page. */
  #linesOf(place: number): Uint16Array {
    const base = this.#base(place);
    return this.#lines.subarray(base, base + LINES_PER_PAGE);
  }
}

import { BLOCK_FRAMES, BLOCK_WORDS, countBits, forEachBit, setBit } from "./frame_bits.ts";
import type { Tally } from "./tally.ts";
import { LINES_PER_PAGE } from "../units.ts";

/** Bitmaps of the pages that became uniform, by the state of their lines. */
export type Settled = Map<number, Uint32Array>;

/** State of a palette entry that no line uses. */
const UNUSED = -1;

/**
 * The pages of one 2 MiB block whose lines differ, line by line.
 *
 * Lines hold an index into a palette of states that the block shares, so an operation on all pages
 * changes the palette and touches no line. Two entries may come to hold one state; a page that has
 * become uniform by that is let go when it is next touched by itself. Pages are told by their
 * place in the block, sets of pages by a bitmap of the block as in a {@link FrameChunk}.
 */
export class MixedBlock {
  /** State and line count by palette index. */
  #states: number[] = [];
  #counts: number[] = [];
  /** The palette index used last: neighbouring lines mostly go to the same state. */
  #recent = 0;
  /** Palette indices, 64 a page, in page slots. */
  #lines: Uint16Array = new Uint16Array(4 * LINES_PER_PAGE);
  /** Slot of the page at each place, or -1. */
  readonly #slots: Int16Array = new Int16Array(BLOCK_FRAMES).fill(-1);
  readonly #free: number[] = [];
  #used = 0;

  /** Pages held. */
  get pages(): number {
    return this.#used - this.#free.length;
  }

  /** Memory held, in bytes; 8 for a number in a list. */
  get bytes(): number {
    const numbers = this.#states.length + this.#counts.length + this.#free.length;
    return this.#lines.byteLength + this.#slots.byteLength + 8 * numbers;
  }

  /** State of a line of a page that is held. */
  get(place: number, line: number): number {
    return this.#states[this.#lines[this.#slots[place]! * LINES_PER_PAGE + line]!]!;
  }

  /** Starts holding a page of lines of one state, but for those `from` .. `to` of another. */
  add(place: number, state: number, from: number, to: number, other: number): void {
    const slot = this.#free.pop() ?? this.#used++;
    const base = slot * LINES_PER_PAGE;
    if (base === this.#lines.length) {
      const larger = new Uint16Array(this.#lines.length * 2);
      larger.set(this.#lines);
      this.#lines = larger;
    }
    this.#slots[place] = slot;
    const outer = this.#use(state, LINES_PER_PAGE - (to - from));
    const inner = this.#use(other, to - from);
    this.#lines.fill(outer, base, base + LINES_PER_PAGE).fill(inner, base + from, base + to);
  }

  /** Changes lines of a page that is held. */
  applyLines(place: number, from: number, to: number, tally: Tally): Settled {
    const settled: Settled = new Map();
    this.#applyLines(place, from, to, tally, settled);
    return settled;
  }

  /** Changes all lines of some pages that are held. */
  applyPages(pages: Uint32Array, tally: Tally): Settled {
    if (countBits(pages, 0) === this.pages) return this.#applyAll(pages, tally);
    const settled: Settled = new Map();
    forEachBit(pages, 0, 0, (place) => this.#applyLines(place, 0, LINES_PER_PAGE, tally, settled));
    return settled;
  }

  /** Calls back with the states in some pages that are held and how many lines have each. */
  forEachState(pages: Uint32Array, visit: (state: number, lines: number) => void): void {
    let counts = this.#counts;
    if (countBits(pages, 0) < this.pages) {
      counts = counts.map(() => 0);
      forEachBit(pages, 0, 0, (place) => {
        for (const index of this.#linesOf(place)) counts[index]!++;
      });
    }
    counts.forEach((lines, index) => lines > 0 && visit(this.#states[index]!, lines));
  }

  /** Which of some pages that are held have a line in a wanted state. */
  pagesWith(pages: Uint32Array, wanted: (state: number) => boolean): Uint32Array {
    const indices: number[] = [];
    this.#counts.forEach((lines, index) => {
      if (lines > 0 && wanted(this.#states[index]!)) indices.push(index);
    });
    return this.#pagesOf(pages, indices);
  }

  #applyLines(place: number, from: number, to: number, tally: Tally, settled: Settled): void {
    const base = this.#slots[place]! * LINES_PER_PAGE;
    let machineCheck = false;
    for (let at = base + from; at < base + to; at++) {
      const index = this.#lines[at]!;
      const state = this.#states[index]!;
      const transition = tally.step(state, 1);
      machineCheck ||= transition.machineCheck;
      if (transition.next === state) continue;
      this.#drop(index, 1);
      this.#lines[at] = this.#use(transition.next, 1);
    }
    if (machineCheck) tally.machineCheckPages++;
    this.#settle(place, settled);
  }

  /** Changes all lines of all pages, by the palette. */
  #applyAll(pages: Uint32Array, tally: Tally): Settled {
    const machineChecks: number[] = [];
    let entries = 0;
    let first = UNUSED;
    let uniform = true;
    for (let index = 0; index < this.#states.length; index++) {
      const state = this.#states[index]!;
      if (state === UNUSED) continue;
      const { next, machineCheck } = tally.step(state, this.#counts[index]!);
      this.#states[index] = next;
      if (machineCheck) machineChecks.push(index);
      if (entries++ === 0) first = next;
      else if (next !== first) uniform = false;
    }
    if (machineChecks.length > 0) {
      tally.machineCheckPages += countBits(this.#pagesOf(pages, machineChecks), 0);
    }
    const settled: Settled = new Map();
    if (uniform && entries > 0) {
      this.#clear();
      settled.set(first, pages);
    }
    return settled;
  }

  /** Which of some pages have a line with one of the palette indices. */
  #pagesOf(pages: Uint32Array, indices: readonly number[]): Uint32Array {
    const found = new Uint32Array(BLOCK_WORDS);
    if (indices.length === 0) return found;
    const wanted = new Set(indices);
    forEachBit(pages, 0, 0, (place) => {
      if (this.#linesOf(place).some((index) => wanted.has(index))) setBit(found, 0, place);
    });
    return found;
  }

  /** Counts lines of a state and gives its palette index, in an entry that was unused if need be. */
  #use(state: number, lines: number): number {
    let index = this.#recent;
    if (this.#states[index] !== state) {
      index = this.#states.indexOf(state);
      if (index < 0) index = this.#states.indexOf(UNUSED);
      if (index < 0) index = this.#states.length;
      this.#recent = index;
    }
    this.#states[index] = state;
    this.#counts[index] = (this.#counts[index] ?? 0) + lines;
    return index;
  }

  /** Takes back what {@link #use} counted. */
  #drop(index: number, lines: number): void {
    this.#counts[index]! -= lines;
    if (this.#counts[index] === 0) this.#states[index] = UNUSED;
  }

  /** Lets go of a page if all its lines have one state. */
  #settle(place: number, settled: Settled): void {
    const base = this.#slots[place]! * LINES_PER_PAGE;
    const state = this.#states[this.#lines[base]!]!;
    for (let line = 1; line < LINES_PER_PAGE; line++) {
      if (this.#states[this.#lines[base + line]!] !== state) return;
    }
    for (const index of this.#linesOf(place)) this.#drop(index, 1);
    this.#free.push(this.#slots[place]!);
    this.#slots[place] = -1;
    let pages = settled.get(state);
    if (pages === undefined) settled.set(state, pages = new Uint32Array(BLOCK_WORDS));
    setBit(pages, 0, place);
  }

  /** Lets go of all pages. */
  #clear(): void {
    this.#slots.fill(-1);
    this.#free.length = 0;
    this.#used = 0;
    this.#states = [];
    this.#counts = [];
  }

  /** Palette indices of a page. */
  #linesOf(place: number): Uint16Array {
    const base = this.#slots[place]! * LINES_PER_PAGE;
    return this.#lines.subarray(base, base + LINES_PER_PAGE);
  }
}

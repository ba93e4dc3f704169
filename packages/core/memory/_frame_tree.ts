import { BLOCK_FRAMES, countBits, setBitRange } from "./frame_bits.ts";
import type { FrameChange, FrameChunk } from "./frame_chunk.ts";
import { changed, FramePartitions, type Scratch, Walk } from "./_frame_partition.ts";

/** 2 MiB blocks in a 1 GiB region. */
const REGION_BLOCKS = 512;
const REGION_FRAMES = REGION_BLOCKS * BLOCK_FRAMES;

/**
 * The storage of a map and the walks over it; its callers have checked every argument.
 *
 * A region has an entry: the value if all its frames have it, else the negated id of a table with
 * an entry per block; for those see {@link FramePartitions}. Only what differs is stored below an
 * entry, so equal content has equal shape. Places are frame numbers within a region.
 */
export class FrameTree {
  readonly #frames: number;
  readonly #regions: Int32Array;
  /** Regions that are known to have one value, from one to below another. */
  #alikeFrom = 0;
  #alikeTo = 0;
  /** By id; id 0 is never used, a value of 0 could not be told from it. */
  readonly #tables: Int32Array[] = [new Int32Array(0)];
  readonly #freeTables: number[] = [];
  readonly #blocks = new FramePartitions();
  /** What the callbacks of updates get. */
  readonly #walk = new Walk();
  /** What visits work with that are not going on. */
  readonly #idle: Walk[] = [];

  constructor(frames: number, value: number) {
    this.#frames = frames;
    this.#regions = new Int32Array(Math.ceil(frames / REGION_FRAMES)).fill(value);
  }

  stats(): { tables: number; records: number; bytes: number } {
    const made = this.#tables.length - 1;
    const tableBytes = made * REGION_BLOCKS * Int32Array.BYTES_PER_ELEMENT;
    return {
      tables: made - this.#freeTables.length,
      records: this.#blocks.records,
      bytes: this.#regions.byteLength + tableBytes + this.#blocks.bytes,
    };
  }

  get(frame: number): number {
    const region = Math.floor(frame / REGION_FRAMES);
    const top = this.#regions[region]!;
    if (top >= 0) return top;
    const place = frame - region * REGION_FRAMES;
    const entry = this.#tables[-top]![Math.floor(place / BLOCK_FRAMES)]!;
    return entry >= 0 ? entry : this.#blocks.get(entry, place % BLOCK_FRAMES);
  }

  update(start: number, end: number, change: FrameChange): void {
    while (start < end) {
      const region = Math.floor(start / REGION_FRAMES);
      const top = this.#regions[region]!;
      const stop = this.#endOfRegions(region, end);
      if (top >= 0) {
        const to = changed(change, run(this.#walk.chunk, start, stop, top));
        if (to !== top) this.#fillRegions(start, stop, top, to);
      } else {
        try {
          this.#updateTable(region, start, stop, change);
        } finally {
          this.#settle(region);
        }
      }
      start = stop;
    }
  }

  /** Changes the frames of a block that a bitmap selects, at least one. */
  updateBitmap(
    frame: number,
    words: Uint32Array,
    at: number,
    lasting: boolean,
    change: FrameChange,
  ): void {
    const region = Math.floor(frame / REGION_FRAMES);
    const block = (frame - region * REGION_FRAMES) / BLOCK_FRAMES;
    const top = this.#regions[region]!;
    const old = top >= 0 ? top : this.#tables[-top]![block]!;
    const { chunk } = this.#walk;
    chunk.frame = frame;
    let entry: number;
    if (old < 0) {
      entry = this.#blocks.update(
        old,
        this.#blockSize(frame),
        words,
        at,
        this.#walk,
        change,
      );
    } else {
      chunk.count = countBits(words, at);
      chunk.value = old;
      chunk.words = words;
      chunk.at = at;
      chunk.blocks = 1;
      chunk.lasting = lasting;
      const count = chunk.count;
      const to = changed(change, chunk);
      const size = this.#blockSize(frame);
      entry = this.#blocks.split(old, size, words, at, lasting, count, to);
    }
    if (entry === old) return;
    (top >= 0 ? this.#open(region) : this.#tables[-top]!)[block] = entry;
    if (entry >= 0) this.#settle(region);
  }

  forEach(
    start: number,
    end: number,
    visit: (chunk: FrameChunk) => void,
    wanted: (value: number) => boolean,
  ): void {
    // A callback may walk this map again.
    const walk = this.#idle.pop() ?? new Walk();
    const visitClass = () => visit(walk.chunk);
    while (start < end) {
      const region = Math.floor(start / REGION_FRAMES);
      const top = this.#regions[region]!;
      const stop = this.#endOfRegions(region, end);
      if (top < 0) this.#visitTable(region, start, stop, walk, visitClass, wanted);
      else if (wanted(top)) visit(run(walk.chunk, start, stop, top));
      start = stop;
    }
    this.#idle.push(walk);
  }

  #updateTable(region: number, first: number, end: number, change: FrameChange): void {
    const base = region * REGION_FRAMES;
    const table = this.#tables[-this.#regions[region]!]!;
    for (let start = first - base, stop = start; start < end - base; start = stop) {
      const block = Math.floor(start / BLOCK_FRAMES);
      const old = table[block]!;
      stop = endOfPiece(table, block, BLOCK_FRAMES, end - base);
      if (old >= 0) {
        const to = changed(change, run(this.#walk.chunk, base + start, base + stop, old));
        if (to !== old) this.#fillBlocks(region, start, stop, old, to);
      } else {
        const frame = base + block * BLOCK_FRAMES;
        const size = this.#blockSize(frame);
        const part = stop - start === size ? null : select(this.#walk.part, block, start, stop);
        this.#walk.chunk.frame = frame;
        table[block] = this.#blocks.update(old, size, part, 0, this.#walk, change);
      }
    }
  }

  #visitTable(
    region: number,
    first: number,
    end: number,
    walk: Walk,
    visit: () => void,
    wanted: (value: number) => boolean,
  ): void {
    const base = region * REGION_FRAMES;
    const table = this.#tables[-this.#regions[region]!]!;
    for (let start = first - base, stop = start; start < end - base; start = stop) {
      const block = Math.floor(start / BLOCK_FRAMES);
      const entry = table[block]!;
      stop = endOfPiece(table, block, BLOCK_FRAMES, end - base);
      if (entry >= 0) {
        if (!wanted(entry)) continue;
        run(walk.chunk, base + start, base + stop, entry);
        visit();
      } else {
        const frame = base + block * BLOCK_FRAMES;
        const size = this.#blockSize(frame);
        const part = stop - start === size ? null : select(walk.part, block, start, stop);
        walk.chunk.frame = frame;
        this.#blocks.forEach(entry, size, part, walk, visit, wanted);
      }
    }
  }

  /** Where the piece that begins in a region ends. */
  #endOfRegions(region: number, end: number): number {
    const isKnown = region >= this.#alikeFrom && region < this.#alikeTo;
    const from = isKnown ? this.#alikeTo - 1 : region;
    const stop = endOfPiece(this.#regions, from, REGION_FRAMES, end);
    if (!isKnown) this.#alikeFrom = region;
    this.#alikeTo = Math.max(from + 1, Math.floor(stop / REGION_FRAMES));
    return stop;
  }

  /** Changes frames in regions that all have the value `from`. */
  #fillRegions(start: number, end: number, from: number, to: number): void {
    while (start < end) {
      const region = Math.floor(start / REGION_FRAMES);
      const base = region * REGION_FRAMES;
      const whole = end === this.#frames ? this.#regions.length : Math.floor(end / REGION_FRAMES);
      if (start === base && whole > region) {
        this.#regions.fill(to, region, whole);
        [this.#alikeFrom, this.#alikeTo] = [region, whole];
        start = whole * REGION_FRAMES;
        continue;
      }
      const stop = Math.min(end, base + REGION_FRAMES);
      this.#open(region);
      this.#fillBlocks(region, start - base, stop - base, from, to);
      start = stop;
    }
  }

  /** Changes the places from `start` to `end`, in blocks that all have the value `from`. */
  #fillBlocks(region: number, start: number, end: number, from: number, to: number): void {
    const table = this.#tables[-this.#regions[region]!]!;
    const whole = Math.floor(end / BLOCK_FRAMES);
    while (start < end) {
      const block = Math.floor(start / BLOCK_FRAMES);
      if (start === block * BLOCK_FRAMES && whole > block) {
        table.fill(to, block, whole);
        start = whole * BLOCK_FRAMES;
        continue;
      }
      const stop = Math.min(end, (block + 1) * BLOCK_FRAMES);
      const size = this.#blockSize(region * REGION_FRAMES + block * BLOCK_FRAMES);
      const part = select(this.#walk.part, block, start, stop);
      table[block] = this.#blocks.split(from, size, part, 0, false, stop - start, to);
      start = stop;
    }
  }

  /** Gives a region of one value a table, which must then come to differ, and returns it. */
  #open(region: number): Int32Array {
    const id = this.#freeTables.pop() ?? this.#tables.push(new Int32Array(REGION_BLOCKS)) - 1;
    const table = this.#tables[id]!.fill(this.#regions[region]!);
    this.#set(region, -id);
    return table;
  }

  /** Takes the table from a region whose blocks have come to have one value. */
  #settle(region: number): void {
    const id = -this.#regions[region]!;
    const table = this.#tables[id]!;
    const blocks = Math.ceil(this.#regionSize(region) / BLOCK_FRAMES);
    const value = table[0]!;
    // The last entry first: while a region is filled from its start, it alone tells.
    if (value < 0 || table[blocks - 1] !== value) return;
    for (let block = 1; block < blocks; block++) if (table[block] !== value) return;
    this.#set(region, value);
    this.#freeTables.push(id);
  }

  #set(region: number, entry: number): void {
    this.#regions[region] = entry;
    if (region >= this.#alikeFrom && region < this.#alikeTo) this.#alikeTo = region;
  }

  #regionSize(region: number): number {
    return Math.min(this.#frames - region * REGION_FRAMES, REGION_FRAMES);
  }

  #blockSize(first: number): number {
    return Math.min(this.#frames - first, BLOCK_FRAMES);
  }
}

/** Where the piece that begins at an entry ends: neighbours of one value are one piece. */
function endOfPiece(entries: Int32Array, first: number, span: number, end: number): number {
  const entry = entries[first]!;
  let next = first + 1;
  if (entry >= 0) { while (next * span < end && entries[next] === entry) next++; }
  return Math.min(next * span, end);
}

/** Makes the chunk a contiguous run. */
function run(chunk: Scratch, start: number, end: number, value: number): Scratch {
  chunk.frame = start;
  chunk.count = end - start;
  chunk.value = value;
  chunk.words = null;
  chunk.at = 0;
  chunk.blocks = 0;
  chunk.lasting = false;
  return chunk;
}

/** Makes a bitmap of the places from `start` to `end` of a block. */
function select(words: Uint32Array, block: number, start: number, end: number): Uint32Array {
  setBitRange(words, 0, start - block * BLOCK_FRAMES, end - block * BLOCK_FRAMES);
  return words;
}

import {
  BLOCK_FRAMES,
  firstFrame,
  type FrameChunk,
  FrameMap,
  PAGE_BYTES,
  rankOf,
  runOf,
  splitChunk,
} from "@tdx/core";
import { PamtPairs } from "./_pamt_pairs.ts";
import type { PageLevel, PageType } from "./page_type.ts";
import type { MemoryRange } from "./tdmr.ts";

/**
 * What the Secure EPT says of the one page that its leaf maps. `pending-blocked` is a page that was
 * blocked before the guest accepted it.
 */
export type MappingState = "pending" | "mapped" | "blocked" | "pending-blocked";

/** What the PAMT says of a page. */
export interface PamtEntry {
  /** What the page is used for. */
  readonly type: PageType;
  /**
   * Address of the TDR of the TD that owns it, in bytes; `null` for RSVD, PAMT and a TDR. A free page
   * shows the owner that it was reclaimed from last, if any (M12).
   */
  readonly owner: number | null;
  /** Its size. */
  readonly level: PageLevel;
  /**
   * State of the Secure EPT entry that points at it; `null` for other pages, and for a Secure EPT
   * page that is not blocked.
   */
  readonly mapping: MappingState | null;
  /** The TD's epoch when it was blocked; `null` unless it is. */
  readonly epoch: number | null;
}

/** The frames at the beginning of a chunk that share a PAMT entry. */
export interface Piece {
  /** The entry; `undefined` outside every TDMR. */
  readonly entry: PamtEntry | undefined;
  readonly pages: FrameChunk;
  /** What follows in the chunk. */
  readonly rest: FrameChunk | null;
}

interface Slot {
  readonly entry: PamtEntry;
  readonly id: number;
  /** How many frames have it; a slot without frames is taken for the next entry. */
  frames: number;
}

/** Frames that no TDMR covers. */
const OUTSIDE = 0;

const NDA = noGuestPage("NDA");
const RSVD = noGuestPage("RSVD");

/** Whether an entry points at something that is blocked. */
export function isBlocked({ mapping }: Pick<PamtEntry, "mapping">): boolean {
  return mapping === "blocked" || mapping === "pending-blocked";
}

/** The entry of a 4 KiB page that is not a guest page. */
export function noGuestPage(
  type: Exclude<PageType, "REG">,
  owner: number | null = null,
): PamtEntry {
  return { type, owner, level: 0, mapping: null, epoch: null };
}

/** The physical address metadata table: one small number per 4 KiB frame, equal entries shared. */
export class Pamt {
  readonly frames: number;
  readonly #map: FrameMap;
  readonly #slots: (Slot | undefined)[] = [undefined];
  /** Slots in use, by a number that few of them share. */
  readonly #bySum = new Map<number, Slot[]>();
  readonly #free: number[] = [];
  /** The pairs of Dynamic PAMT; `null` where all of the PAMT is there from the start. */
  readonly pairs: PamtPairs | null;
  /** What the last change was from and to, for changes come in rows. */
  #recent: readonly Slot[] = [];

  constructor(
    bytes: number,
    tdmrs: readonly MemoryRange[],
    reserved: readonly MemoryRange[],
    dynamic: boolean = false,
  ) {
    this.pairs = dynamic ? new PamtPairs() : null;
    this.frames = bytes / PAGE_BYTES;
    this.#map = new FrameMap(this.frames, OUTSIDE);
    const fill = ({ base, size }: MemoryRange, entry: PamtEntry) =>
      this.use(runOf(base / PAGE_BYTES, size / PAGE_BYTES), entry);
    for (const range of tdmrs) fill(range, NDA);
    for (const range of reserved) fill(range, RSVD);
  }

  /** The entry of a frame, whatever number that is; `undefined` outside every TDMR. */
  entry(frame: number): PamtEntry | undefined {
    return frame >= 0 && frame < this.frames ? this.#slots[this.#map.get(frame)]?.entry : undefined;
  }

  /** The frames at the beginning of a chunk that share an entry. */
  piece(chunk: FrameChunk): Piece {
    const first = firstFrame(chunk);
    const id = this.#map.get(first);
    const count = chunk.words === null
      ? this.#sameInRun(first, chunk.count, id)
      : this.#sameInBitmap(chunk, id);
    const [pages, rest] = splitChunk(chunk, count);
    return { entry: this.#slots[id]?.entry, pages, rest };
  }

  /** Gives frames that all have the entry `from` another one. */
  change(pages: FrameChunk, from: PamtEntry, to: PamtEntry): void {
    const source = this.#slot(from);
    const target = this.#slot(to);
    if (source === target) return;
    this.#recent = [source, target];
    this.#map.updateChunk(pages, () => target.id);
    target.frames += pages.count;
    source.frames -= pages.count;
    if (source.frames === 0) this.#release(source);
  }

  /**
   * How many frames at the beginning of a chunk lie where pages of `span` frames can be: those of
   * 4 KiB need a pair, larger ones none.
   */
  fit(chunk: FrameChunk, span: number): number {
    return this.pairs?.alike(chunk, span === 1) ?? chunk.count;
  }

  /**
   * How many frames at the beginning of a chunk can be pages of `span` frames now: free ones, whatever
   * owners they show (M12). No more are looked at than one such page needs.
   */
  freeFrames(chunk: FrameChunk, span: number): number {
    let count = 0;
    for (let rest: FrameChunk | null = chunk; rest !== null && count < span;) {
      const piece: Piece = this.piece(rest);
      const fit = piece.entry?.type === "NDA" ? this.fit(piece.pages, span) : 0;
      count += fit;
      rest = fit < piece.pages.count ? null : piece.rest;
    }
    return count;
  }

  /** Gives frames an entry, whatever theirs are: free ones may show different owners (M12). */
  use(pages: FrameChunk, to: PamtEntry): void {
    const target = this.#slot(to);
    const sources = new Set<Slot>();
    this.#map.updateChunk(pages, (id, { count }) => {
      const source = this.#slots[id];
      if (source !== undefined) {
        source.frames -= count;
        sources.add(source);
      }
      target.frames += count;
      return target.id;
    });
    for (const source of sources) if (source.frames === 0) this.#release(source);
  }

  /** Frees frames; a reclaim clears no more than the type, so the owner still shows (M12). */
  free(pages: FrameChunk, from: PamtEntry, shownOwner: number | null = null): void {
    this.change(pages, from, shownOwner === null ? NDA : { ...NDA, owner: shownOwner });
  }

  /** Visits contiguous pages of a TDMR whose entry is wanted; chunks are reused scratch. */
  forEach(
    frame: number,
    count: number,
    visit: (entry: PamtEntry, chunk: FrameChunk) => void,
    wanted: (entry: PamtEntry) => boolean = () => true,
  ): void {
    this.#map.forEach(
      frame,
      count,
      (chunk) => visit(this.#slots[chunk.value]!.entry, chunk),
      (id) => this.#slots[id] !== undefined && wanted(this.#slots[id].entry),
    );
  }

  /** How many different entries are in use. */
  get entries(): number {
    return this.#slots.length - 1 - this.#free.length;
  }

  #sameInRun(first: number, count: number, id: number): number {
    let length = 1;
    // Looks twice as far each time, so what is visited stays in proportion to what is found.
    for (let window = BLOCK_FRAMES; length < count; window *= 2) {
      const look = Math.min(window, count - length);
      const start = first + length;
      let end = look;
      this.#map.forEach(start, look, (chunk) => {
        if (chunk.value !== id) end = Math.min(end, firstFrame(chunk) - start);
      });
      length += end;
      if (end < look) break;
    }
    return length;
  }

  #sameInBitmap(chunk: FrameChunk, id: number): number {
    let end = Infinity;
    // A change to the same value is a visit.
    this.#map.updateChunk(chunk, (value, part) => {
      if (value !== id) end = Math.min(end, firstFrame(part));
      return value;
    });
    return end === Infinity ? chunk.count : rankOf(chunk, end);
  }

  #slot(entry: PamtEntry): Slot {
    for (const slot of this.#recent) if (isSame(slot.entry, entry)) return slot;
    const sum = sumOf(entry);
    const alike = this.#bySum.get(sum) ?? [];
    const known = alike.find((slot) => isSame(slot.entry, entry));
    if (known !== undefined) return known;
    const slot = { entry, id: this.#free.pop() ?? this.#slots.length, frames: 0 };
    this.#slots[slot.id] = slot;
    this.#bySum.set(sum, [...alike, slot]);
    return slot;
  }

  /** Forgets an entry that no frame has, so that the epochs of a long teardown do not pile up. */
  #release(slot: Slot): void {
    const sum = sumOf(slot.entry);
    const left = this.#bySum.get(sum)!.filter((other) => other !== slot);
    if (left.length === 0) this.#bySum.delete(sum);
    else this.#bySum.set(sum, left);
    this.#recent = [];
    this.#slots[slot.id] = undefined;
    this.#free.push(slot.id);
  }
}

function isSame(a: PamtEntry, b: PamtEntry): boolean {
  return a === b || (a.type === b.type && a.owner === b.owner && a.level === b.level &&
    a.mapping === b.mapping && a.epoch === b.epoch);
}

/** Found sooner than a text of all that is in an entry, which a removal makes for each page. */
function sumOf({ owner, epoch }: PamtEntry): number {
  return (owner ?? 0) + (epoch ?? 0);
}

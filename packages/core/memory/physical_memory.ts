import { requireOptions, requireWhole } from "../arguments.ts";
import { BLOCK_FRAMES, BLOCK_WORDS, countBits, setBitRange } from "./frame_bits.ts";
import { type FrameChunk, runOf } from "./frame_chunk.ts";
import { FrameMap } from "./frame_map.ts";
import type { Key } from "../key.ts";
import type { KeyIdSpace } from "../key_id_space.ts";
import { LineAutomaton, type Transition } from "../line/line_automaton.ts";
import type { LineState } from "../line/line_state.ts";
import { Bitmaps, EVERY_LINE, MixedBlock, Settled } from "./_mixed_block.ts";
import type { Operation, OperationKind } from "../line/operation.ts";
import { type Platform, requirePlatform } from "../platform.ts";
import type { Mode } from "../line/rules.ts";
import { type Counts, countsOf, Tally } from "./tally.ts";
import { LINE_BYTES, LINES_PER_PAGE, PAGE_BYTES } from "../units.ts";

const BLOCK_BYTES = BLOCK_FRAMES * PAGE_BYTES;

/** Value of a frame whose lines differ; its {@link MixedBlock} knows the lines. */
const MIXED = 2 ** 30 - 1;

/** What a {@link PhysicalMemory} is made of. */
export interface PhysicalMemoryOptions {
  /** Size in bytes, a multiple of 4 KiB that the KeyID space leaves room for. */
  readonly bytes: number;
  /** The platform whose memory controller it hangs on. */
  readonly platform: Platform;
  /** The KeyIDs of the machine. */
  readonly keyIds: KeyIdSpace;
  /** Integrity mode; default `Ci`. */
  readonly mode?: Mode;
}

const OPTIONS: readonly (keyof PhysicalMemoryOptions)[] = ["bytes", "platform", "keyIds", "mode"];

/**
 * The physical memory of a machine, line by line exact at any size.
 *
 * It starts zeroed by the host. Equal neighbours are one number, shaped like a page table, so an
 * operation costs what the variety under it costs, not its size.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 4 * TiB, platform: gnr, keyIds });
 * const td = keyIds.key(33);
 * memory.apply({ kind: "movdir64b", by: "module", key: td, data: "secret" }, 0, TiB);
 *
 * const read = memory.step({ kind: "load", by: "host", key: keyIds.key(0) }, 0x1000);
 * assertEquals([read.data, read.rules], ["zeros", ["K1", "C8"]]);
 * ```
 */
export class PhysicalMemory {
  /** Size in bytes. */
  readonly bytes: number;
  /** The platform whose rules the lines follow. */
  readonly platform: Platform;
  /** The KeyIDs of the machine. */
  readonly keyIds: KeyIdSpace;
  /** The line automaton: states and transitions that this memory walks on. */
  readonly line: LineAutomaton;
  readonly #frames: FrameMap;
  readonly #blocks = new Map<number, MixedBlock>();
  /** What an operation on pages leaves to be done line by line. */
  readonly #mixed = new Bitmaps();
  readonly #settled = new Settled();
  readonly #fresh: number;
  /** What every operation has met until now, by its id in the automaton. */
  readonly #tallies = new Map<number, Tally>();
  /** Ids of the operations that were found to be possible here. */
  readonly #checked = new WeakMap<Operation, number>();

  /**
   * Makes a memory that the host has zeroed.
   *
   * @param options Size, platform, KeyIDs and mode.
   * @throws {TypeError} If an option is not known, or the platform not from `definePlatform`.
   * @throws {RangeError} If the platform was made for another contract, or the size is not a
   * positive multiple of 4 KiB, or over what the addresses without KeyID bits reach.
   */
  constructor(options: PhysicalMemoryOptions) {
    requireOptions("options", options, OPTIONS);
    const { bytes, platform, keyIds, mode = "Ci" } = options;
    requirePlatform("platform", platform);
    if (!Number.isInteger(bytes) || bytes <= 0 || bytes % PAGE_BYTES !== 0) {
      throw new RangeError(`Expected bytes to be a positive multiple of 4096, got ${bytes}`);
    }
    if (bytes > keyIds.addressLimit) {
      throw new RangeError(
        `Expected at most ${keyIds.addressLimit} bytes, what MAXPA ${keyIds.maxPa} less ` +
          `${keyIds.keyIdBits} KeyID bits can address, got ${bytes}`,
      );
    }
    this.bytes = bytes;
    this.platform = platform;
    this.keyIds = keyIds;
    this.line = new LineAutomaton({
      mode,
      partialWriteToOwnedLine: platform.memory.partialWriteToOwnedLine,
    });
    this.#fresh = this.line.intern(LineAutomaton.fresh(keyIds.key(0)));
    this.#frames = new FrameMap(bytes / PAGE_BYTES, this.#fresh);
  }

  /** Integrity mode of the machine. */
  get mode(): Mode {
    return this.line.environment.mode;
  }

  /** Everything that happened until now; a page with machine checks counts once in each call. */
  get counts(): Counts {
    return countsOf(this.#tallies.values());
  }

  /**
   * The state of one line.
   *
   * @param pa Physical address in bytes without KeyID bits; any byte of the line.
   * @returns The state, frozen.
   * @throws {RangeError} If the address is outside the memory.
   */
  state(pa: number): LineState {
    return this.line.state(this.#stateId(pa));
  }

  /**
   * Operates on one line and says what was observed.
   *
   * @param operation What happens.
   * @param pa Physical address in bytes without KeyID bits; any byte of the line.
   * @returns Data, rules and machine check of that line.
   * @throws {RangeError} If the address is outside, the machine has no such key, or no rule
   * covers the operation; the memory is as before then.
   */
  step(operation: Operation, pa: number): Transition {
    const before = this.#stateId(pa);
    this.apply(operation, pa - pa % LINE_BYTES, LINE_BYTES);
    return this.line.step(before, this.line.operation(operation));
  }

  /**
   * Operates on every line of a range.
   *
   * @param operation What happens.
   * @param pa First byte, without KeyID bits, a multiple of 64.
   * @param bytes Length, a multiple of 64.
   * @returns Counts over the lines of this call.
   * @throws {RangeError} If the range is not whole lines inside the memory, the machine has no
   * such key, or no rule covers the operation; the memory is as before then.
   */
  apply(operation: Operation, pa: number, bytes: number): Counts {
    this.#requireRange(pa, bytes);
    if (pa % LINE_BYTES !== 0 || bytes % LINE_BYTES !== 0) {
      throw new RangeError(`Expected whole 64-byte lines, got ${bytes} bytes at ${pa}`);
    }
    return this.#run(operation, (tally) => {
      const end = pa + bytes;
      const firstWhole = Math.ceil(pa / PAGE_BYTES);
      const endWhole = Math.floor(end / PAGE_BYTES);
      if (firstWhole > endWhole) return this.#applyLines(pa, end, tally);
      this.#applyLines(pa, firstWhole * PAGE_BYTES, tally);
      if (firstWhole < endWhole) {
        this.#applyPages(runOf(firstWhole, endWhole - firstWhole), tally);
      }
      this.#applyLines(endWhole * PAGE_BYTES, end, tally);
    });
  }

  /**
   * Operates on every line of the frames that another map picked.
   *
   * @param operation What happens.
   * @param chunk The frames, as a {@link FrameMap} hands them out.
   * @returns Counts over the lines of this call.
   * @throws {RangeError} If a frame is outside the memory, the machine has no such key, or no
   * rule covers the operation; the memory is as before then.
   */
  applyChunk(operation: Operation, chunk: FrameChunk): Counts {
    return this.#run(operation, (tally) => this.#applyPages(chunk, tally));
  }

  /**
   * Operates on single lines.
   *
   * @param operation What happens.
   * @param lines Their physical addresses without KeyID bits, multiples of 64, ascending.
   * @returns Counts over the lines of this call.
   * @throws {RangeError} If an address is outside the memory, not that of a line or out of order, the
   * machine has no such key, or no rule covers the operation; the memory is as before then.
   */
  applyLines(operation: Operation, lines: ArrayLike<number>): Counts {
    this.#requireLines(lines);
    return this.#run(operation, (tally) => this.#applySingles(lines, tally));
  }

  /**
   * Injects uncorrectable hardware errors: the memory cells of lines become poisoned, and nobody has
   * noticed yet. Cached copies are evicted before (K3), so that the next read meets the poison.
   *
   * @param lines Physical address without KeyID bits of a line, or of several, ascending.
   * @param options `stuck` is whether the cell stays broken: a full write clears transient poison
   * (W1 to W3), and a stuck cell is poisoned again; default `false`.
   * @throws {TypeError} If an option is not known.
   * @throws {RangeError} If an address is outside the memory, not that of a line or out of order; the
   * memory is as before then.
   *
   * @example
   * ```ts
   * import { GiB, KeyIdSpace, PhysicalMemory } from "@tdx/core";
   * import { gnr } from "@tdx/platform-gnr";
   * import { assertEquals } from "@std/assert";
   *
   * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
   * const memory = new PhysicalMemory({ bytes: GiB, platform: gnr, keyIds });
   * memory.poison(0x1000);
   * memory.poison([0x2000, 0x2040], { stuck: true });
   *
   * const host = { by: "host", key: keyIds.key(0) } as const;
   * memory.apply({ kind: "movdir64b", ...host }, 0, GiB);
   * assertEquals(memory.apply({ kind: "load", ...host }, 0, GiB).machineChecks, 2);
   * ```
   */
  poison(lines: number | ArrayLike<number>, options: { readonly stuck?: boolean } = {}): void {
    requireOptions("options", options, ["stuck"]);
    const at = typeof lines === "number" ? [lines] : lines;
    this.#requireLines(at);
    const apply = (kind: OperationKind, keyId: number) =>
      this.#run(
        { kind, by: "cache", key: this.keyIds.key(keyId) },
        (tally) => this.#applySingles(at, tally),
      );
    for (const keyId of this.#cachedKeyIds(at)) apply("evict", keyId);
    apply(options.stuck === true ? "poison-stuck" : "poison", 0);
  }

  /**
   * Counts the lines of a range whose state is as wanted.
   *
   * @param wanted Asked once for each state that occurs.
   * @param pa First byte, a multiple of 4 KiB; default the whole memory.
   * @param bytes Length, a multiple of 4 KiB; default all from there on.
   * @returns How many lines.
   * @throws {RangeError} If the range is not whole pages inside the memory.
   */
  countLines(
    wanted: (state: LineState) => boolean,
    pa: number = 0,
    bytes: number = this.bytes - pa,
  ): number {
    this.#requireRange(pa, bytes);
    if (pa % PAGE_BYTES !== 0 || bytes % PAGE_BYTES !== 0) {
      throw new RangeError(`Expected whole 4 KiB pages, got ${bytes} bytes at ${pa}`);
    }
    const counts = new Map<number, number>();
    const add = (state: number, lines: number) =>
      counts.set(state, (counts.get(state) ?? 0) + lines);
    this.#frames.forEach(pa / PAGE_BYTES, bytes / PAGE_BYTES, (chunk) => {
      if (chunk.value === MIXED) {
        forEachBlock(chunk, (first, words, at) => this.#block(first).forEachState(words, at, add));
      } else add(chunk.value, chunk.count * LINES_PER_PAGE);
    });
    let sum = 0;
    counts.forEach((lines, state) => sum += wanted(this.line.state(state)) ? lines : 0);
    return sum;
  }

  /**
   * Visits the pages that have a line whose state is as wanted, ascending by 2 MiB blocks; what it
   * costs is what the variety in memory costs, not its size.
   *
   * @param wanted Asked once for each state that occurs.
   * @param visit Called with chunks of such pages, each valid during the call only; it must not
   * change this memory.
   * @param within Where to look, as a {@link FrameMap} hands frames out; default the whole memory.
   * @throws {RangeError} If a frame to look at is outside the memory.
   */
  forEachPagesWith(
    wanted: (state: LineState) => boolean,
    visit: (pages: FrameChunk) => void,
    within?: FrameChunk,
  ): void {
    const answers = new Map<number, boolean>();
    const isWanted = (state: number): boolean => {
      let answer = answers.get(state);
      if (answer === undefined) answers.set(state, answer = wanted(this.line.state(state)));
      return answer;
    };
    const look = (chunk: FrameChunk) => {
      if (chunk.value !== MIXED) return visit(chunk);
      forEachBlock(chunk, (frame, pages, at) => {
        const words = this.#block(frame).pagesWith(pages, at, isWanted);
        const count = countBits(words, 0);
        if (count > 0) {
          visit({ ...runOf(frame, count), value: MIXED, words, blocks: 1 });
        }
      });
    };
    const isLookedAt = (value: number) => value === MIXED || isWanted(value);
    if (within === undefined) {
      return this.#frames.forEach(0, this.#frames.frames, look, isLookedAt);
    }
    this.#frames.updateChunk(within, (value, chunk) => {
      if (isLookedAt(value)) look(chunk);
      return value;
    });
  }

  /** What this object takes to know every line, in bytes; the states themselves not counted. */
  get footprintBytes(): number {
    let bytes = this.#frames.stats().bytes;
    for (const block of this.#blocks.values()) bytes += block.bytes;
    return bytes;
  }

  #run(operation: Operation, work: (tally: Tally) => void): Counts {
    const id = this.#checked.get(operation) ?? this.#check(operation);
    const transition = (state: number) => this.line.step(state, id);
    const tally = new Tally(transition);
    work(tally);
    let total = this.#tallies.get(id);
    if (total === undefined) this.#tallies.set(id, total = new Tally(transition));
    total.add(tally);
    return tally.counts();
  }

  /** Gives an operation its id; one that is not possible here throws before anything changes. */
  #check(operation: Operation): number {
    const id = this.line.operation(operation);
    this.#requireKey(operation.key);
    this.line.step(this.#fresh, id);
    this.#checked.set(operation, id);
    return id;
  }

  /** Whole pages; the frame map may not change within its own callback, so mixed ones come last. */
  #applyPages(chunk: FrameChunk, tally: Tally): void {
    const mixed: number[] = [];
    const bitmaps = this.#mixed;
    bitmaps.length = 0;
    this.#frames.updateChunk(chunk, (value, part) => {
      if (value === MIXED) {
        forEachBlock(part, (first, words, at) => {
          mixed.push(first);
          bitmaps.push(words, at);
        });
        return value;
      }
      const transition = tally.step(value, part.count * LINES_PER_PAGE);
      if (transition.machineCheck) tally.machineCheckPages += part.count;
      return transition.next;
    });
    mixed.forEach((first, i) => {
      this.#block(first).applyPages(bitmaps.words, i * BLOCK_WORDS, tally, this.#settled);
      this.#settle(first);
    });
  }

  /** Lines from `start` to `end`, both in one page. */
  #applyLines(start: number, end: number, tally: Tally): void {
    if (start >= end) return;
    const frame = Math.floor(start / PAGE_BYTES);
    const from = (start % PAGE_BYTES) / LINE_BYTES;
    const to = from + (end - start) / LINE_BYTES;
    this.#applyInPage(frame, EVERY_LINE, from, to, tally);
    this.#settle(frame - frame % BLOCK_FRAMES);
  }

  /** Lines by their addresses, ascending, block by block. */
  #applySingles(lines: ArrayLike<number>, tally: Tally): void {
    const inPage = new Uint8Array(LINES_PER_PAGE);
    for (let i = 0; i < lines.length;) {
      const first = Math.floor(lines[i]! / BLOCK_BYTES) * BLOCK_FRAMES;
      try {
        while (i < lines.length && lines[i]! < (first + BLOCK_FRAMES) * PAGE_BYTES) {
          const frame = Math.floor(lines[i]! / PAGE_BYTES);
          let count = 0;
          for (; i < lines.length && lines[i]! < (frame + 1) * PAGE_BYTES; i++) {
            inPage[count++] = (lines[i]! - frame * PAGE_BYTES) / LINE_BYTES;
          }
          this.#applyInPage(frame, inPage, 0, count, tally);
        }
      } finally {
        this.#settle(first);
      }
    }
  }

  /** Lines of a page that are listed from index `from` to `to`; notes what the page becomes. */
  #applyInPage(
    frame: number,
    lines: Uint8Array,
    from: number,
    to: number,
    tally: Tally,
  ): void {
    const place = frame % BLOCK_FRAMES;
    const value = this.#frames.get(frame);
    if (value === MIXED) {
      return this.#block(frame).applyLines(place, lines, from, to, tally, this.#settled);
    }
    const { next, machineCheck } = tally.step(value, to - from);
    if (machineCheck) tally.machineCheckPages++;
    if (next === value) return;
    const isWhole = to - from === LINES_PER_PAGE;
    if (!isWhole) this.#block(frame).add(place, value, lines, from, to, next);
    this.#settled.add(isWhole ? next : MIXED, place);
  }

  /** Tells the frame map what pages of a block have become: uniform, or mixed. */
  #settle(first: number): void {
    if (this.#settled.isEmpty) return;
    this.#settled.take((value, words, at) => {
      const pages = { ...runOf(first, countBits(words, at)), value, words, at, blocks: 1 };
      this.#frames.updateChunk(pages, () => value);
    });
    const number = first / BLOCK_FRAMES;
    if (this.#blocks.get(number)?.pages === 0) this.#blocks.delete(number);
  }

  #block(frame: number): MixedBlock {
    const number = Math.floor(frame / BLOCK_FRAMES);
    let block = this.#blocks.get(number);
    if (block === undefined) this.#blocks.set(number, block = new MixedBlock());
    return block;
  }

  /** The KeyIDs under which some of the lines have a copy in a cache. */
  #cachedKeyIds(lines: ArrayLike<number>): Set<number> {
    const keyIds = new Set<number>();
    let known = -1;
    for (let i = 0, frame = -1, value = MIXED; i < lines.length; i++) {
      const pa = lines[i]!;
      // Lines of a page come together, and mostly are alike.
      if (pa >= (frame + 1) * PAGE_BYTES) {
        frame = Math.floor(pa / PAGE_BYTES);
        value = this.#frames.get(frame);
      }
      const state = value === MIXED ? this.#stateId(pa) : value;
      if (state === known) continue;
      known = state;
      for (const { keyId } of this.line.state(state).copies) keyIds.add(keyId);
    }
    return keyIds;
  }

  #stateId(pa: number): number {
    this.#requireRange(pa, 1);
    const frame = Math.floor(pa / PAGE_BYTES);
    const value = this.#frames.get(frame);
    if (value !== MIXED) return value;
    const line = Math.floor((pa % PAGE_BYTES) / LINE_BYTES);
    return this.#block(frame).get(frame % BLOCK_FRAMES, line);
  }

  #requireKey({ keyId, generation, access, integrity }: Key): void {
    const key = this.keyIds.key(keyId, { generation, integrity });
    if (access !== key.access) {
      throw new RangeError(`Expected the ${key.access} KeyID ${keyId}, got it as ${access}`);
    }
  }

  #requireLines(lines: ArrayLike<number>): void {
    for (let i = 0, before = -1; i < lines.length; before = lines[i++]!) {
      const pa = lines[i]!;
      if (pa > before && pa < this.bytes && pa % LINE_BYTES === 0) continue;
      throw new RangeError(
        `Expected addresses of lines below ${this.bytes}, ascending, got ${pa} after ${before}`,
      );
    }
  }

  #requireRange(pa: number, bytes: number): void {
    requireWhole("pa", pa, 0);
    requireWhole("bytes", bytes, 0);
    if (pa + bytes <= this.bytes) return;
    throw new RangeError(
      `Expected a range inside the memory of ${this.bytes} bytes and without KeyID bits, ` +
        `got ${bytes} bytes at 0x${pa.toString(16)}`,
    );
  }
}

/** Calls back with the first frame of every block of a chunk, and the bitmap of its frames there. */
function forEachBlock(
  { frame, count, words, at }: FrameChunk,
  visit: (first: number, words: Uint32Array, at: number) => void,
): void {
  if (words !== null) return visit(frame, words, at);
  const end = frame + count;
  for (let from = frame; from < end;) {
    const first = Math.floor(from / BLOCK_FRAMES) * BLOCK_FRAMES;
    const to = Math.min(first + BLOCK_FRAMES, end);
    const pages = new Uint32Array(BLOCK_WORDS);
    setBitRange(pages, 0, from - first, to - first);
    visit(first, pages, 0);
    from = to;
  }
}
